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
    // GC.KeepAlive(this) ends every method that works on the parameters: they are native memory, which the collector frees
    // with their owner, and without it a call may outlive the last use of its network.
    private readonly ForwardPass pass;

    internal Network(int inputSize, ReadOnlySpan<LayerSpec> layers)
        : this(new LayerStack(inputSize, layers))
    {
    }

    private Network(LayerStack stack)
    {
        Stack = stack;
        Parameters = new AlignedBuffer(stack.ParameterLength);
        pass = new ForwardPass(stack, Parameters);
    }

    /// <summary>Features in a row.</summary>
    public int InputSize => Stack.InputSize;

    /// <summary>Outputs in a row.</summary>
    public int OutputSize => Stack.OutputSize;

    /// <summary>Trainable numbers: weights, biases, learnable activation constants, scales and shifts of normalizations.</summary>
    public int ParameterCount => Stack.ParameterCount;

    /// <summary>Dense layers.</summary>
    public int LayerCount => Stack.Layers.Length;

    /// <summary>Batch and layer normalizations.</summary>
    public int NormCount => Stack.Norms.Length;

    /// <summary>Every step of the computation in order: dense layers, and what stands between them.</summary>
    public IReadOnlyList<StageInfo> Stages => Array.ConvertAll(Stack.Stages, Describe);

    /// <summary>Facts that travel with the model in its file: class names, preprocessing, provenance.</summary>
    public IDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>The seed that the first weights were drawn from.</summary>
    public int Seed { get; private set; }

    internal LayerStack Stack { get; }

    internal AlignedBuffer Parameters { get; }

    /// <summary>Starts a description: the number of features in a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="inputSize"/> is below 1.</exception>
    public static NetworkBuilder Input(int inputSize) => new(inputSize);

    /// <summary>What a layer is: its sizes, activation and bias.</summary>
    public LayerInfo GetLayer(int layer)
    {
        DenseLayer dense = Layer(layer);
        Activation activation = dense.Spec.Activation;
        return new LayerInfo(dense.InputSize, dense.OutputSize, activation, dense.Spec.Bias, dense.ParameterCount);
    }

    /// <summary>y [rows, outputSize] &lt;- the network's outputs for x [rows, inputSize]: any number of rows, on the caller's thread, 0 bytes allocated.</summary>
    /// <exception cref="ArgumentException">x is not a whole number of rows, or y has not room for as many.</exception>
    public void Predict(ReadOnlySpan<float> x, Span<float> y) => pass.Run(x, y);

    /// <summary>The same between matrices whose rows need not follow each other closely: a window into a larger array, for one.</summary>
    /// <exception cref="ArgumentException">x is not [rows, inputSize] or y not [rows, outputSize].</exception>
    public void Predict(ReadOnlySpan2D<float> x, Span2D<float> y) => pass.Run(x, y);

    /// <summary>The outputs for x [rows, inputSize] in a new array [rows, outputSize].</summary>
    /// <exception cref="ArgumentException">x is not a whole number of rows.</exception>
    public float[] Predict(ReadOnlySpan<float> x)
    {
        float[] y = new float[Shapes.Rows(x.Length, InputSize, "features", nameof(x)) * OutputSize];
        Predict(x, y);
        return y;
    }

    /// <summary>The outputs for x [rows, inputSize] in memory from the array pool; dispose it to give it back.</summary>
    /// <exception cref="ArgumentException">x is not a whole number of rows.</exception>
    public MemoryOwner<float> PredictPooled(ReadOnlySpan<float> x)
    {
        MemoryOwner<float> y = MemoryOwner<float>.Allocate(Shapes.Rows(x.Length, InputSize, "features", nameof(x)) * OutputSize);
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

    /// <summary>Scores the network without training it, on all cores.</summary>
    /// <param name="data">Rows with their targets.</param>
    /// <param name="loss">By default the loss that matches the output activation.</param>
    public Evaluation Evaluate(Dataset data, Loss? loss = null) => pass.Evaluate(data, loss);

    /// <summary>Copies W of a layer, [units, inputs].</summary>
    public void GetWeight(int layer, Span<float> destination)
    {
        DenseLayer dense = Layer(layer);
        CheckLength(destination.Length, dense.OutputSize * dense.InputSize, $"The weight of layer {layer} is [{dense.OutputSize}, {dense.InputSize}]", nameof(destination));
        fixed (float* to = destination)
        {
            dense.GetWeight(Parameters.Pointer, to);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Sets W of a layer, [units, inputs].</summary>
    public void SetWeight(int layer, ReadOnlySpan<float> source)
    {
        DenseLayer dense = Layer(layer);
        CheckLength(source.Length, dense.OutputSize * dense.InputSize, $"The weight of layer {layer} is [{dense.OutputSize}, {dense.InputSize}]", nameof(source));
        CheckFinite(source, nameof(source));
        fixed (float* from = source)
        {
            dense.SetWeight(Parameters.Pointer, from);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Copies b of a layer: [units], [1] where it is shared, [0] where there is none.</summary>
    public void GetBias(int layer, Span<float> destination)
    {
        DenseLayer dense = Layer(layer);
        CheckLength(destination.Length, dense.BiasLength, $"The bias of layer {layer} is [{dense.BiasLength}]", nameof(destination));
        dense.GetBias(Parameters.Pointer, destination);
        GC.KeepAlive(this);
    }

    /// <summary>Sets b of a layer: [units], [1] where it is shared, [0] where there is none.</summary>
    public void SetBias(int layer, ReadOnlySpan<float> source)
    {
        DenseLayer dense = Layer(layer);
        CheckLength(source.Length, dense.BiasLength, $"The bias of layer {layer} is [{dense.BiasLength}]", nameof(source));
        CheckFinite(source, nameof(source));
        dense.SetBias(Parameters.Pointer, source);
        GC.KeepAlive(this);
    }

    /// <summary>Copies the learnable constants of a layer's activation: (c, beta) of a scaled sigmoid, the slope of a PReLU, [0] elsewhere.</summary>
    public void GetActivationParameters(int layer, Span<float> destination)
    {
        Span<float> constants = Layer(layer).ActivationParameters(Parameters.Pointer);
        CheckLength(destination.Length, constants.Length, $"Layer {layer} has {constants.Length} learnable activation constants", nameof(destination));
        constants.CopyTo(destination);
        GC.KeepAlive(this);
    }

    /// <summary>Sets the learnable constants of a layer's activation.</summary>
    public void SetActivationParameters(int layer, ReadOnlySpan<float> source)
    {
        Span<float> constants = Layer(layer).ActivationParameters(Parameters.Pointer);
        CheckLength(source.Length, constants.Length, $"Layer {layer} has {constants.Length} learnable activation constants", nameof(source));
        CheckFinite(source, nameof(source));
        source.CopyTo(constants);
        GC.KeepAlive(this);
    }

    /// <summary>Copies gamma of a normalization, [features]; tensor <c>norms.N.weight</c> of the file.</summary>
    public void GetNormScale(int norm, Span<float> destination) => Read(Norm(norm).Scale(Parameters.Pointer), destination, norm, "scale");

    /// <summary>Sets gamma of a normalization, [features].</summary>
    public void SetNormScale(int norm, ReadOnlySpan<float> source) => Write(source, Norm(norm).Scale(Parameters.Pointer), norm, "scale");

    /// <summary>Copies beta of a normalization, [features]; tensor <c>norms.N.bias</c> of the file.</summary>
    public void GetNormShift(int norm, Span<float> destination) => Read(Norm(norm).Shift(Parameters.Pointer), destination, norm, "shift");

    /// <summary>Sets beta of a normalization, [features].</summary>
    public void SetNormShift(int norm, ReadOnlySpan<float> source) => Write(source, Norm(norm).Shift(Parameters.Pointer), norm, "shift");

    /// <summary>Copies the running mean of a batch normalization, [features]; [0] of a layer normalization.</summary>
    public void GetRunningMean(int norm, Span<float> destination) => Read(Norm(norm).RunningMean(Parameters.Pointer), destination, norm, "running mean");

    /// <summary>Sets the running mean of a batch normalization, [features].</summary>
    public void SetRunningMean(int norm, ReadOnlySpan<float> source) => Write(source, Norm(norm).RunningMean(Parameters.Pointer), norm, "running mean");

    /// <summary>Copies the running variance of a batch normalization, [features]; [0] of a layer normalization.</summary>
    public void GetRunningVariance(int norm, Span<float> destination) => Read(Norm(norm).RunningVariance(Parameters.Pointer), destination, norm, "running variance");

    /// <summary>Sets the running variance of a batch normalization, [features].</summary>
    /// <exception cref="ArgumentException">A value is negative or not finite.</exception>
    public void SetRunningVariance(int norm, ReadOnlySpan<float> source)
    {
        int bad = source.IndexOfAnyExceptInRange(0, float.MaxValue);
        if (bad >= 0)
        {
            throw new ArgumentException($"Value {bad} is {source[bad]}; a variance is a finite number of at least 0.", nameof(source));
        }

        Write(source, Norm(norm).RunningVariance(Parameters.Pointer), norm, "running variance");
    }

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
            using Network folded = FromContents(PredictionFolding.Fold(Contents(Parameters.Span)));
            return new Predictor(folded.Stack, folded.Parameters, weights);
        }

        Predictor predictor = new(Stack, Parameters, weights);
        GC.KeepAlive(this);
        return predictor;
    }

    /// <summary>A copy with parameters of its own.</summary>
    public Network Clone()
    {
        CheckNotDisposed();
        Network copy = new(Stack) { Seed = Seed };
        Parameters.Span.CopyTo(copy.Parameters.Span);
        foreach ((string key, string value) in Metadata)
        {
            copy.Metadata.Add(key, value);
        }

        GC.KeepAlive(this);
        return copy;
    }

    /// <summary>Writes a safetensors file: first under a temporary name, flushed, then renamed, so that a file of that name is always whole.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => ModelFile.Write(path, Contents(Parameters.Span));

    /// <summary>Writes the safetensors format to a stream.</summary>
    public void Save(Stream stream) => ModelFile.Write(stream, Contents(Parameters.Span));

    /// <summary>Reads a model that <see cref="Save(string)"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The file is torn, malformed or of another kind; the message says where.</exception>
    public static Network Load(string path) => FromContents(ModelFile.Read(path));

    /// <summary>Reads a model that <see cref="Save(Stream)"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The data are torn, malformed or of another kind; the message says where.</exception>
    public static Network Load(Stream stream) => FromContents(ModelFile.Read(stream));

    /// <summary>Reads a safetensors file of another framework (tensors named like <c>fc1.weight</c>), with the activation of each layer given in order.</summary>
    /// <exception cref="ModelFormatException">The file is malformed, or its tensors are not a chain of dense layers.</exception>
    public static Network Load(string path, params ReadOnlySpan<Activation> activations) => FromContents(ModelFile.Read(path, activations));

    /// <summary>The same from a stream, which is read to its end.</summary>
    /// <exception cref="ModelFormatException">The data are malformed, or the tensors are not a chain of dense layers.</exception>
    public static Network Load(Stream stream, params ReadOnlySpan<Activation> activations) => FromContents(ModelFile.Read(stream, activations));

    /// <summary>Frees the parameters. Nothing may be predicting or training on the network at that time.</summary>
    public void Dispose()
    {
        Parameters.Dispose();
        pass.Dispose();
    }

    internal void Initialize(int seed)
    {
        Seed = seed;
        Initialization.Run(Stack, Parameters.Pointer, seed);
        GC.KeepAlive(this);
    }

    internal void CheckNotDisposed() => ObjectDisposedException.ThrowIf(Parameters.IsClosed, this);

    private static void CheckLength(int length, int wanted, string what, string name)
    {
        if (length != wanted)
        {
            throw new ArgumentException($"{what}, {wanted} values, not {length}.", name);
        }
    }

    private static void CheckFinite(ReadOnlySpan<float> values, string name)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException($"Value {i} is {values[i]}; parameters must be finite numbers.", name);
            }
        }
    }

    private static Network FromContents(ModelContents contents)
    {
        Network network = new(contents.InputSize, contents.Layers) { Seed = contents.Seed };
        network.Restore(contents, network.Parameters.Span);
        foreach ((string key, string value) in contents.Metadata)
        {
            network.Metadata.Add(key, value);
        }

        return network;
    }

    /// <summary>A block laid out like the parameters as a file holds it: they themselves, or what an optimizer keeps for each of them.</summary>
    internal ModelContents Contents(ReadOnlySpan<float> block)
    {
        CheckNotDisposed();
        float[][] weights = new float[LayerCount][];
        float[][] biases = new float[LayerCount][];
        float[][] constants = new float[LayerCount][];
        NormContents[] norms = new NormContents[NormCount];

        // A block of an optimizer's may end where training does.
        bool hasStatistics = block.Length >= Stack.ParameterLength;
        fixed (float* from = block)
        {
            for (int i = 0; i < LayerCount; i++)
            {
                DenseLayer layer = Stack.Layers[i];
                fixed (float* weight = weights[i] = new float[layer.OutputSize * layer.InputSize])
                {
                    layer.GetWeight(from, weight);
                }

                layer.GetBias(from, biases[i] = new float[layer.BiasLength]);
                constants[i] = layer.ActivationParameters(from).ToArray();
            }

            for (int i = 0; i < norms.Length; i++)
            {
                NormLayer norm = Stack.Norms[i];
                norms[i] = new(
                    norm.Scale(from).ToArray(),
                    norm.Shift(from).ToArray(),
                    hasStatistics ? norm.RunningMean(from).ToArray() : new float[norm.StatisticLength],
                    hasStatistics ? norm.RunningVariance(from).ToArray() : new float[norm.StatisticLength]);
            }
        }

        GC.KeepAlive(this);
        return new ModelContents(InputSize, Stack.Specs, weights, biases, constants, new Dictionary<string, string>(Metadata), Seed) { Norms = norms };
    }

    /// <summary>The other way: sets a block of this network's layout from what a file holds.</summary>
    internal void Restore(ModelContents contents, Span<float> block)
    {
        CheckNotDisposed();
        bool hasStatistics = block.Length >= Stack.ParameterLength;
        fixed (float* to = block)
        {
            for (int i = 0; i < LayerCount; i++)
            {
                DenseLayer layer = Stack.Layers[i];
                fixed (float* weight = contents.Weights[i])
                {
                    layer.SetWeight(to, weight);
                }

                layer.SetBias(to, contents.Biases[i]);
                contents.ActivationParameters[i].CopyTo(layer.ActivationParameters(to));
            }

            for (int i = 0; i < NormCount; i++)
            {
                NormLayer norm = Stack.Norms[i];
                contents.Norms[i].Scale.CopyTo(norm.Scale(to));
                contents.Norms[i].Shift.CopyTo(norm.Shift(to));
                if (hasStatistics)
                {
                    contents.Norms[i].Mean.CopyTo(norm.RunningMean(to));
                    contents.Norms[i].Variance.CopyTo(norm.RunningVariance(to));
                }
            }
        }

        GC.KeepAlive(this);
    }

    private static StageInfo Describe(Layer layer)
    {
        LayerKind kind = layer switch
        {
            DenseLayer => LayerKind.Dense,
            DropoutLayer => LayerKind.Dropout,
            BatchNormLayer => LayerKind.BatchNorm,
            LayerNormLayer => LayerKind.LayerNorm,
            ActivationLayer => LayerKind.Activation,
            _ => LayerKind.Sum,
        };
        int index = layer is DenseLayer ? layer.Number : layer is NormLayer norm ? norm.Index : -1;
        return new StageInfo(kind, index, layer.Source, layer.InputSize, layer.OutputSize, layer.ParameterCount)
        {
            Skip = layer is SumLayer sum ? sum.Skip : -1,
            Activation = layer is DenseLayer dense ? dense.Spec.Activation : layer is ActivationLayer alone ? alone.Spec.Activation : default,
            Rate = layer is DropoutLayer dropout ? dropout.Spec.Rate : 0,
            Epsilon = layer is NormLayer any ? any.Epsilon : 0,
            Momentum = layer is BatchNormLayer batch ? batch.Spec.Momentum : 0,
        };
    }

    private void Read(ReadOnlySpan<float> values, Span<float> destination, int norm, string what)
    {
        CheckLength(destination.Length, values.Length, $"The {what} of normalization {norm} is [{values.Length}]", nameof(destination));
        values.CopyTo(destination);
        GC.KeepAlive(this);
    }

    private void Write(ReadOnlySpan<float> source, Span<float> values, int norm, string what)
    {
        CheckLength(source.Length, values.Length, $"The {what} of normalization {norm} is [{values.Length}]", nameof(source));
        CheckFinite(source, nameof(source));
        source.CopyTo(values);
        GC.KeepAlive(this);
    }

    private NormLayer Norm(int norm)
    {
        CheckNotDisposed();
        if ((uint)norm >= (uint)NormCount)
        {
            throw new ArgumentOutOfRangeException(nameof(norm), norm, NormCount == 0 ? "The network has no normalization." : $"Normalizations run from 0 to {NormCount - 1}.");
        }

        return Stack.Norms[norm];
    }

    private DenseLayer Layer(int layer)
    {
        CheckNotDisposed();
        if ((uint)layer >= (uint)LayerCount)
        {
            throw new ArgumentOutOfRangeException(nameof(layer), layer, $"Layers run from 0 to {LayerCount - 1}.");
        }

        return Stack.Layers[layer];
    }
}
