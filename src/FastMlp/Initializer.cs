namespace FastMlp;

/// <summary>The distribution from which a dense layer's weights are drawn; biases start at 0.</summary>
/// <remarks>fanIn is the layer's input size, fanOut its units. Numbers come from a counter-based generator, so they depend on the seed and the layer only.</remarks>
public readonly record struct Initializer
{
    private Initializer(InitializerKind kind) => Kind = kind;

    internal InitializerKind Kind { get; }

    /// <summary>N(0, 2 / fanIn); the choice for the ReLU family (He et al., 2015).</summary>
    public static Initializer HeNormal => new(InitializerKind.HeNormal);

    /// <summary>U(-r, r), r = sqrt(6 / fanIn).</summary>
    public static Initializer HeUniform => new(InitializerKind.HeUniform);

    /// <summary>N(0, 2 / (fanIn + fanOut)); (Glorot and Bengio, 2010).</summary>
    public static Initializer GlorotNormal => new(InitializerKind.GlorotNormal);

    /// <summary>U(-r, r), r = sqrt(6 / (fanIn + fanOut)); the choice for hidden layers of sigmoid, tanh and identity.</summary>
    public static Initializer GlorotUniform => new(InitializerKind.GlorotUniform);

    /// <summary>N(0, 1 / fanIn); the choice for SELU.</summary>
    public static Initializer LecunNormal => new(InitializerKind.LecunNormal);

    /// <summary>U(-r, r), r = sqrt(3 / fanIn); the choice for a last layer with sigmoid, tanh, softmax or identity: z has the scale of the layer's input.</summary>
    public static Initializer LecunUniform => new(InitializerKind.LecunUniform);

    /// <summary>All weights 0: for a perceptron, or for weights that are set afterwards.</summary>
    public static Initializer Zeros => new(InitializerKind.Zeros);

    internal static Initializer FromKind(InitializerKind kind) => new(kind);

    /// <inheritdoc/>
    public override string ToString() => Kind.ToString();
}
