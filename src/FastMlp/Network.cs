using CommunityToolkit.HighPerformance;
using CommunityToolkit.HighPerformance.Buffers;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Serialization;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// A multilayer perceptron: dense layers a = g(x W^T + b), one after the other, with what may stand between them. Everything is
/// float32, row-major, batch-first: x is [rows, inputSize], weights are [out, in].
/// </summary>
/// <remarks>
/// <see cref="Predict(ReadOnlySpan{float}, Span{float})"/> may run on any number of threads at once, without a lock; training and
/// setting parameters must not run beside it (take a <see cref="Freeze"/>d copy to serve a network that goes on training).
/// A row gives the same bits alone and in any batch.
/// </remarks>
public sealed unsafe class Network : IDisposable
{
    // Another thread may dispose the network at any time. So a method that works on the parameters takes the block once and ends with
    // GC.KeepAlive of that block: the collector frees it behind the last call that holds it.
    private readonly ForwardPass pass;

    internal Network(int inputSize, ReadOnlySpan<LayerSpec> layers)
        : this(new LayerStack(inputSize, layers))
    {
    }

    private Network(LayerStack stack)
    {
        Stack = stack;
        pass = new ForwardPass(stack, new AlignedBuffer(stack.ParameterLength), nameof(Network));
    }

    /// <summary>Features in a row.</summary>
    public int InputSize => Stack.InputSize;

    /// <summary>Outputs in a row.</summary>
    public int OutputSize => Stack.OutputSize;

    /// <summary>g of the last layer, which is always dense.</summary>
    public Activation OutputActivation => Stack.Output.Spec.Activation;

    /// <summary>Trainable numbers: weights, biases, learnable activation constants, scales and shifts of normalizations.</summary>
    public int ParameterCount => Stack.ParameterCount;

    /// <summary>Dense layers: those whose tensors are named <c>layers.0.</c>, <c>layers.1.</c> and so on.</summary>
    public int LayerCount => Stack.Dense.Length;

    /// <summary>The layers as they were described; a residual block is one of them.</summary>
    public IReadOnlyList<LayerSpec> Specification => Array.AsReadOnly(Stack.Specs);

    /// <summary>Every layer in order of computation, with what it takes; a residual block is those of its body, perhaps a dense one around it, and a sum.</summary>
    public IReadOnlyList<NetworkLayer> Layers => field ??= Array.AsReadOnly(Array.ConvertAll(Stack.Layers, Describe));

    /// <summary>The parameters and running statistics by their names in the model's file: <c>Tensors["layers.0.weight"]</c>.</summary>
    public TensorList<Tensor> Tensors => field ??= new(Stack.Tensors.Select(place => new Tensor(this, place)));

    /// <summary>Facts that travel with the model in its file: class names, preprocessing, provenance.</summary>
    public IDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>The seed that the first weights were drawn from.</summary>
    public int Seed { get; private set; }

    internal LayerStack Stack { get; }

    /// <inheritdoc cref="ForwardPass.Parameters"/>
    internal AlignedBuffer Parameters => pass.Parameters;

    /// <summary>Starts a description: the number of features in a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="inputSize"/> is below 1.</exception>
    public static NetworkBuilder Input(int inputSize) => new(inputSize);

    /// <summary>y [rows, outputSize] &lt;- the network's outputs for x [rows, inputSize]: any number of rows, on the caller's thread, 0 bytes allocated.</summary>
    /// <remarks>
    /// Arithmetic only: a row with NaN or infinity in it, or weights that overflow, give NaN or infinity in the outputs of that row and no exception,
    /// so check outputs that go on to people. Other rows are not touched.
    /// </remarks>
    /// <exception cref="ArgumentException">x is not a whole number of rows, y has not room for as many, or x and y overlap.</exception>
    public void Predict(ReadOnlySpan<float> x, Span<float> y) => pass.Run(x, y);

    /// <summary>The same for matrices with gaps between their rows, such as a window into a larger array.</summary>
    /// <exception cref="ArgumentException">x is not [rows, inputSize] or y not [rows, outputSize].</exception>
    public void Predict(ReadOnlySpan2D<float> x, Span2D<float> y) => pass.Run(x, y);

    /// <summary>The outputs for x [rows, inputSize] in a new array [rows, outputSize].</summary>
    /// <exception cref="ArgumentException">x is not a whole number of rows.</exception>
    public float[] Predict(ReadOnlySpan<float> x)
    {
        float[] y = new float[Shapes.Outputs(x.Length, InputSize, OutputSize, nameof(x))];
        Predict(x, y);
        return y;
    }

    /// <summary>The outputs for x [rows, inputSize] in memory from the array pool; dispose it to give it back.</summary>
    /// <exception cref="ArgumentException">x is not a whole number of rows.</exception>
    public MemoryOwner<float> PredictPooled(ReadOnlySpan<float> x)
    {
        MemoryOwner<float> y = MemoryOwner<float>.Allocate(Shapes.Outputs(x.Length, InputSize, OutputSize, nameof(x)));
        Predict(x, y.Span);
        return y;
    }

    /// <summary>Trains on mini-batches of <paramref name="train"/> for a number of epochs.</summary>
    /// <exception cref="ArgumentException">The data do not fit the network, or the options contradict each other.</exception>
    /// <exception cref="InvalidOperationException">The network cannot be trained with this loss (a step unit in a deeper network, for one).</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite.</exception>
    /// <exception cref="ModelFormatException">No checkpoint of <see cref="FitOptions.Resume"/> can be read.</exception>
    /// <exception cref="IOException">A checkpoint cannot be read or written.</exception>
    public FitReport Fit(Dataset train, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        CheckNotDisposed();
        return FitRun.Execute(this, train, options, cancellationToken);
    }

    /// <summary>The same on a stream: rows that come batch by batch, in the stream's sizes and order.</summary>
    /// <param name="stream">The batches of each epoch.</param>
    /// <param name="options">How; <see cref="FitOptions.BatchSize"/> and <see cref="FitOptions.Shuffle"/> have no say.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="ArgumentException">A batch does not fit the network, there is none, or the options contradict each other.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite.</exception>
    public FitReport Fit(StreamedDataset stream, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        CheckNotDisposed();
        return FitRun.Execute(this, stream, options, cancellationToken);
    }

    /// <summary>Scores the network without training it, on all cores.</summary>
    /// <param name="data">Rows with their targets.</param>
    /// <param name="loss">
    /// By default the loss that matches the output activation: cross-entropy for softmax, binary cross-entropy for sigmoid, else
    /// <see cref="Loss.Quadratic"/>. Outputs without an activation that the last <see cref="Fit(Dataset, FitOptions, CancellationToken)"/> trained as logits are scored as logits.
    /// </param>
    public Evaluation Evaluate(Dataset data, Loss? loss = null) => pass.Evaluate(data, loss ?? DefaultLoss());

    /// <summary>
    /// An immutable copy for serving, safe for any number of threads, unmoved by further training. A batch normalization becomes part of a dense layer
    /// beside it, which costs nothing and moves answers by no more than the rounding of its weights. Layers of 8,192 weights or more behind the input,
    /// ReLU or step are kept twice, once as a single row wants them of which much is 0: such a row then takes up to a third less time.
    /// </summary>
    /// <param name="weights">
    /// <see cref="WeightFormat.BFloat16"/> halves the memory that a prediction reads and rounds each weight to 8 bits of precision;
    /// <see cref="Predictor.Evaluate"/> tells what that costs in accuracy.
    /// </param>
    public Predictor Freeze(WeightFormat weights = WeightFormat.Float32)
    {
        CheckNotDisposed();
        if (PredictionFolding.Applies(Stack))
        {
            ModelContents contents = Contents();
            (LayerSpec[] specs, Dictionary<string, float[]> tensors) = PredictionFolding.Fold(contents.Layers, InputSize, contents.Tensors);
            using Network folded = FromContents(contents with { Layers = specs, Tensors = tensors });
            return new Predictor(folded.Stack, folded.Parameters, weights, DefaultLoss());
        }

        return new Predictor(Stack, Parameters, weights, DefaultLoss());
    }

    /// <summary>A copy with parameters of its own.</summary>
    public Network Clone()
    {
        CheckNotDisposed();
        AlignedBuffer block = Parameters;
        Network copy = new(Stack) { Seed = Seed };
        AlignedBuffer own = copy.Parameters;
        block.Span.CopyTo(own.Span);
        GC.KeepAlive(block);
        GC.KeepAlive(own);
        foreach ((string key, string value) in Metadata)
        {
            copy.Metadata.Add(key, value);
        }

        return copy;
    }

    /// <summary>Writes a safetensors file: first under a temporary name, flushed, then renamed, so that a file of that name is always whole.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => ModelFile.Write(path, Contents());

    /// <summary>Writes the safetensors format to a stream.</summary>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ModelFile.Write(stream, Contents());
    }

    /// <summary>Reads a model that <see cref="Save(string)"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The file is torn, malformed or of another kind; the message says where.</exception>
    public static Network Load(string path) => FromContents(ModelFile.Read(path));

    /// <summary>Reads a model that <see cref="Save(Stream)"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The data are torn, malformed or of another kind; the message says where.</exception>
    public static Network Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return FromContents(ModelFile.Read(stream));
    }

    /// <summary>
    /// Reads a safetensors file of another framework (tensors named like <c>fc1.weight</c>), with the activation of each layer given in order. Numbers in
    /// the names decide the order of the layers, or the shapes where exactly one order fits.
    /// </summary>
    /// <exception cref="ModelFormatException">The file is malformed, its tensors are not a chain of dense layers, or their order is not certain.</exception>
    public static Network Load(string path, params ReadOnlySpan<Activation> activations) => Load(path, order: [], activations);

    /// <summary>The same with the order of the layers given by name, such as <c>["encoder", "decoder"]</c> for the tensor <c>encoder.weight</c> and its kin.</summary>
    /// <exception cref="ModelFormatException">The file is malformed, its tensors are not a chain of dense layers, or the order does not name each layer once.</exception>
    public static Network Load(string path, IReadOnlyList<string> order, params ReadOnlySpan<Activation> activations)
    {
        ArgumentNullException.ThrowIfNull(order);
        return FromContents(ModelFile.Read(path, activations, order));
    }

    /// <summary>The same from a stream, which is read to its end.</summary>
    /// <exception cref="ModelFormatException">The data are malformed, the tensors are not a chain of dense layers, or their order is not certain.</exception>
    public static Network Load(Stream stream, params ReadOnlySpan<Activation> activations) => Load(stream, order: [], activations);

    /// <summary>The same from a stream with the order of the layers given by name.</summary>
    /// <exception cref="ModelFormatException">The data are malformed, the tensors are not a chain of dense layers, or the order does not name each layer once.</exception>
    public static Network Load(Stream stream, IReadOnlyList<string> order, params ReadOnlySpan<Activation> activations)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(order);
        return FromContents(ModelFile.Read(stream, activations, order));
    }

    /// <summary>
    /// Lets go of the parameters. Predictions that are under way on other threads end with their answers; later calls, and training at its
    /// next batch, end with an <see cref="ObjectDisposedException"/>. The memory goes back with the next collection after the last of them.
    /// </summary>
    public void Dispose() => pass.Dispose();

    internal void Initialize(int seed)
    {
        Seed = seed;
        AlignedBuffer block = Parameters;
        block.Span.Clear();
        foreach (Layer layer in Stack.Layers)
        {
            layer.Initialize(block.Pointer, seed);
        }

        GC.KeepAlive(block);
    }

    internal bool IsDisposed => pass.IsDisposed;

    internal void CheckNotDisposed() => ObjectDisposedException.ThrowIf(pass.IsDisposed, this);

    internal void Read(ParameterTensor tensor, Span<float> values)
    {
        AlignedBuffer block = Parameters;
        tensor.Read(block.Pointer, values);
        GC.KeepAlive(block);
    }

    internal void Write(ParameterTensor tensor, ReadOnlySpan<float> values)
    {
        AlignedBuffer block = Parameters;
        tensor.Write(block.Pointer, values);
        GC.KeepAlive(block);
    }

    /// <summary>The loss to score by where none is named.</summary>
    private Loss DefaultLoss()
    {
        string trained = OutputActivation.Kind == ActivationKind.Identity && FitRecord.From(this) is { } record ? record.Options.GetValueOrDefault("loss", "") : "";
        return trained.StartsWith(nameof(LossKind.CrossEntropy), StringComparison.Ordinal) ? Loss.CrossEntropy
            : trained.StartsWith(nameof(LossKind.BinaryCrossEntropy), StringComparison.Ordinal) ? Loss.BinaryCrossEntropy
            : LossFunction.DefaultFor(OutputActivation);
    }

    private static Network FromContents(ModelContents contents)
    {
        Network network = new(contents.InputSize, contents.Layers) { Seed = contents.Seed };
        AlignedBuffer block = network.Parameters;
        network.Restore(contents, block.Span);
        GC.KeepAlive(block);
        foreach ((string key, string value) in contents.Metadata)
        {
            network.Metadata.Add(key, value);
        }

        return network;
    }

    /// <summary>The parameters as a file holds them.</summary>
    internal ModelContents Contents()
    {
        AlignedBuffer block = Parameters;
        ModelContents contents = Contents(block.Span);
        GC.KeepAlive(block);
        return contents;
    }

    /// <summary>A block laid out like the parameters as a file holds it: they themselves, or what an optimizer keeps for each of them.</summary>
    internal ModelContents Contents(ReadOnlySpan<float> block)
    {
        CheckNotDisposed();
        Dictionary<string, float[]> tensors = [];

        // A block of an optimizer's may end where training does: it has nothing for running statistics.
        bool hasStatistics = block.Length >= Stack.ParameterLength;
        fixed (float* from = block)
        {
            foreach (ParameterTensor tensor in Stack.Tensors)
            {
                float[] values = new float[tensor.Length];
                if (tensor.IsTrained || hasStatistics)
                {
                    tensor.Read(from, values);
                }

                tensors.Add(tensor.Name, values);
            }
        }

        return new ModelContents(InputSize, Stack.Specs, tensors, new Dictionary<string, string>(Metadata), Seed);
    }

    /// <summary>The reverse: sets a block of this network's layout from the content of a file.</summary>
    internal void Restore(ModelContents contents, Span<float> block)
    {
        CheckNotDisposed();
        bool hasStatistics = block.Length >= Stack.ParameterLength;
        fixed (float* to = block)
        {
            foreach (ParameterTensor tensor in Stack.Tensors)
            {
                if (tensor.IsTrained || hasStatistics)
                {
                    tensor.Write(to, contents.Tensors[tensor.Name]);
                }
            }
        }
    }

    private NetworkLayer Describe(Layer layer) => new(
        layer.Name, layer.Spec, Array.AsReadOnly(layer.Sources), layer.InputSize, layer.OutputSize, layer.ParameterCount, new(layer.Tensors.Select(place => Tensors[place.Name])));
}
