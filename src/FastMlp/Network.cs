namespace FastMlp;

/// <summary>A multilayer perceptron. Everything is float32, row-major, batch-first: x is [rows, inputSize].</summary>
public sealed class Network : IDisposable
{
    internal Network(int inputSize, DenseSpec[] layers) => throw new NotImplementedException();

    /// <summary>Starts a description: the features in a row.</summary>
    public static NetworkBuilder Input(int inputSize) => new(inputSize);

    /// <summary>Features in a row.</summary>
    public int InputSize { get; }

    /// <summary>Outputs in a row.</summary>
    public int OutputSize { get; }

    /// <summary>Trainable numbers: weights, biases and learnable activation constants.</summary>
    public int ParameterCount { get; }

    /// <summary>Dense layers.</summary>
    public int LayerCount { get; }

    /// <summary>Facts that travel with the model in its file: class names, preprocessing, provenance.</summary>
    public IDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    internal int Seed { get; private set; }

    /// <summary>What a dense layer is: its sizes, activation and bias.</summary>
    public LayerInfo GetLayer(int layer) => throw new NotImplementedException();

    /// <summary>Any number of rows; on the caller's thread, allocating nothing.</summary>
    public void Predict(ReadOnlySpan<float> x, Span<float> y) => throw new NotImplementedException();

    /// <summary>Any number of rows, into a new array.</summary>
    public float[] Predict(ReadOnlySpan<float> x) => throw new NotImplementedException();

    /// <summary>Trains.</summary>
    public FitReport Fit(Dataset train, FitOptions options, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Scores without training.</summary>
    public Evaluation Evaluate(Dataset data, Loss? loss = null) => throw new NotImplementedException();

    /// <summary>W of a layer, [units, inputs].</summary>
    public void GetWeight(int layer, Span<float> destination) => throw new NotImplementedException();

    /// <summary>Sets W of a layer.</summary>
    public void SetWeight(int layer, ReadOnlySpan<float> source) => throw new NotImplementedException();

    /// <summary>b of a layer: [units], [1] where shared, [0] where there is none.</summary>
    public void GetBias(int layer, Span<float> destination) => throw new NotImplementedException();

    /// <summary>Sets b of a layer.</summary>
    public void SetBias(int layer, ReadOnlySpan<float> source) => throw new NotImplementedException();

    /// <summary>The learnable constants of a layer's activation: c and beta, or the slope; [0] where there are none.</summary>
    public void GetActivationParameters(int layer, Span<float> destination) => throw new NotImplementedException();

    /// <summary>Sets the learnable constants of a layer's activation.</summary>
    public void SetActivationParameters(int layer, ReadOnlySpan<float> source) => throw new NotImplementedException();

    /// <summary>An immutable, thread-safe copy for serving.</summary>
    public Predictor Freeze() => throw new NotImplementedException();

    /// <summary>A copy with parameters of its own.</summary>
    public Network Clone() => throw new NotImplementedException();

    /// <summary>Writes a safetensors file: first under a temporary name, then renamed.</summary>
    public void Save(string path) => throw new NotImplementedException();

    /// <summary>Writes the safetensors format.</summary>
    public void Save(Stream stream) => throw new NotImplementedException();

    /// <summary>Reads a safetensors file.</summary>
    public static Network Load(string path) => throw new NotImplementedException();

    /// <summary>Reads the safetensors format.</summary>
    public static Network Load(Stream stream) => throw new NotImplementedException();

    /// <summary>Reads a safetensors file that another framework wrote, with the activations given in layer order.</summary>
    public static Network Load(string path, params ReadOnlySpan<Activation> activations) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();

    internal void Initialize(int seed) => throw new NotImplementedException();
}

/// <summary>A dense layer as seen from outside.</summary>
/// <param name="InputSize">Inputs.</param>
/// <param name="OutputSize">Units.</param>
/// <param name="Activation">g.</param>
/// <param name="Bias">How b is shared.</param>
/// <param name="ParameterCount">Trainable numbers of the layer.</param>
public readonly record struct LayerInfo(int InputSize, int OutputSize, Activation Activation, Bias Bias, int ParameterCount)
{
    /// <summary>Values in b: the units, 1 or 0.</summary>
    public int BiasLength => Bias switch { Bias.PerUnit => OutputSize, Bias.Shared => 1, _ => 0 };

    /// <summary>Learnable constants of the activation.</summary>
    public int ActivationParameterCount => !Activation.IsLearnable ? 0 : Activation.Kind == ActivationKind.ScaledSigmoid ? 2 : 1;
}
