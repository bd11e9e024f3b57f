using System.Globalization;
using System.Text.Json;
using FastMlp.Kernels.Activations;

namespace FastMlp;

/// <summary>The formula that a layer applies to its pre-activations z: a = g(z).</summary>
/// <remarks>
/// All but <see cref="Softmax"/> act on each element alone. Derivatives at a kink follow the classic texts:
/// ReLU has 0 at z = 0, leaky ReLU has 1.
/// </remarks>
public readonly record struct Activation
{
    /// <summary>Every formula, in the order in which they are offered. To add one see docs/extending.md.</summary>
    private static readonly Formula[] formulas =
    [
        new(ActivationKind.Relu, "relu") { Initializer = Initializer.HeNormal, IsOftenZero = true },
        new(ActivationKind.LeakyRelu, "leaky-relu", "slope") { Defaults = [0.01f], Initializer = Initializer.HeNormal },
        new(ActivationKind.PRelu, "prelu", "slope") { Defaults = [0.25f], Initializer = Initializer.HeNormal, Learns = ["slope"], IsAlwaysLearnable = true },
        new(ActivationKind.Elu, "elu", "alpha") { Defaults = [1], Initializer = Initializer.HeNormal },
        new(ActivationKind.Selu, "selu") { Initializer = Initializer.LecunNormal },
        new(ActivationKind.Gelu, "gelu") { Initializer = Initializer.HeNormal },
        new(ActivationKind.Silu, "silu") { Aliases = ["swish"], Initializer = Initializer.HeNormal },
        new(ActivationKind.Softplus, "softplus") { Initializer = Initializer.HeNormal },
        new(ActivationKind.HardSwish, "hard-swish") { Aliases = ["hard-silu"], Initializer = Initializer.HeNormal },
        new(ActivationKind.Mish, "mish") { Initializer = Initializer.HeNormal },
        new(ActivationKind.Tanh, "tanh"),
        new(ActivationKind.Sigmoid, "sigmoid"),
        new(ActivationKind.ScaledSigmoid, "scaled-sigmoid", "c,beta") { Defaults = [1, 1], Learns = ["scale", "slope"] },
        new(ActivationKind.Identity, "identity") { Aliases = ["linear"] },
        new(ActivationKind.Step, "step") { IsOftenZero = true },
        new(ActivationKind.Softmax, "softmax"),
    ];

    private Activation(ActivationKind kind, float first = 0, float second = 0, bool learnable = false)
    {
        Kind = kind;
        First = first;
        Second = second;
        IsLearnable = learnable;
    }

    internal ActivationKind Kind { get; }

    /// <summary>Slope, alpha or c, by kind.</summary>
    internal float First { get; }

    /// <summary>beta of the scaled sigmoid.</summary>
    internal float Second { get; }

    /// <summary>Whether training also fits the constants of the formula, one set for each layer.</summary>
    public bool IsLearnable { get; }

    /// <summary>a = z.</summary>
    public static Activation Identity => default;

    /// <summary>a = 1 if z &gt; 0, else 0. Trains only as a single layer, by the perceptron rule.</summary>
    public static Activation Step => new(ActivationKind.Step);

    /// <summary>a = 1 / (1 + e^-z).</summary>
    public static Activation Sigmoid => new(ActivationKind.Sigmoid);

    /// <summary>a = tanh z.</summary>
    public static Activation Tanh => new(ActivationKind.Tanh);

    /// <summary>a = max(0, z).</summary>
    public static Activation Relu => new(ActivationKind.Relu);

    /// <summary>a_k = e^(z_k) / sum over j of e^(z_j), over the units of the layer.</summary>
    public static Activation Softmax => new(ActivationKind.Softmax);

    /// <summary>a = lambda (z if z &gt; 0, else alpha (e^z - 1)), with the self-normalizing constants of Klambauer et al. (2017).</summary>
    public static Activation Selu => new(ActivationKind.Selu);

    /// <summary>a = z Phi(z), Phi the standard normal distribution function (the exact form, by erf).</summary>
    public static Activation Gelu => new(ActivationKind.Gelu);

    /// <summary>a = z / (1 + e^-z), also known as swish.</summary>
    public static Activation Silu => new(ActivationKind.Silu);

    /// <summary>a = ln(1 + e^z).</summary>
    public static Activation Softplus => new(ActivationKind.Softplus);

    /// <summary>a = z tanh(ln(1 + e^z)) (Misra, 2019).</summary>
    public static Activation Mish => new(ActivationKind.Mish);

    /// <summary>a = z min(max(z + 3, 0), 6) / 6 (Howard et al., 2019), also known as hard SiLU; its derivative is 0 at -3 and 1 at 3.</summary>
    public static Activation HardSwish => new(ActivationKind.HardSwish);

    /// <summary>a = z if z &gt;= 0, else slope z.</summary>
    public static Activation LeakyRelu(float slope = 0.01f) => new(ActivationKind.LeakyRelu, Finite(slope, nameof(slope)));

    /// <summary>a = z if z &gt; 0, else alpha (e^z - 1).</summary>
    public static Activation Elu(float alpha = 1) => new(ActivationKind.Elu, Finite(alpha, nameof(alpha)));

    /// <summary>a = c / (1 + e^(-beta z)): <paramref name="scale"/> is c, <paramref name="slope"/> is beta.</summary>
    /// <param name="scale">c, the upper limit of a; not 0.</param>
    /// <param name="slope">beta, how steep the rise is.</param>
    /// <param name="learnable">Whether training fits c and beta, one pair for the layer.</param>
    public static Activation ScaledSigmoid(float scale, float slope, bool learnable = false)
    {
        ArgumentOutOfRangeException.ThrowIfZero(scale);
        return new(ActivationKind.ScaledSigmoid, Finite(scale, nameof(scale)), Finite(slope, nameof(slope)), learnable);
    }

    /// <summary>a = z if z &gt;= 0, else s z, with one slope s for the layer that training fits.</summary>
    public static Activation PRelu(float initialSlope = 0.25f) =>
        new(ActivationKind.PRelu, Finite(initialSlope, nameof(initialSlope)), learnable: true);

    /// <summary>How each formula is spelt for <see cref="TryParse"/>, with its constants: <c>relu</c>, <c>leaky-relu[:slope]</c>.</summary>
    public static IReadOnlyList<string> Spellings { get; } = Array.AsReadOnly(Array.ConvertAll(formulas, formula => formula.Spelling));

    /// <summary>The name of the formula without its constants, as model files have it: <c>LeakyRelu</c>.</summary>
    public string Name => Kind.ToString();

    /// <summary>The constants of the formula in the order of its factory's parameters: slope, alpha, or c and beta; empty for most. Training moves learnable ones away from these.</summary>
    public IReadOnlyList<float> Constants => ConstantCount(Kind) switch
    {
        0 => [],
        1 => [First],
        _ => [First, Second],
    };

    /// <summary>Constants that training fits: c and beta, or the slope.</summary>
    internal int ParameterCount => LearnableNames.Count;

    /// <summary>What model files call them.</summary>
    internal IReadOnlyList<string> LearnableNames => IsLearnable ? Of(Kind).Learns : [];

    /// <summary>Whether it makes zeros of many inputs.</summary>
    internal bool IsOftenZero => Of(Kind).IsOftenZero;

    /// <summary>How a dense layer draws its weights where nothing is said.</summary>
    internal Initializer DefaultInitializer => Of(Kind).Initializer;

    /// <summary>Reads an activation with its constants after a colon: <c>relu</c>, <c>leaky-relu:0.1</c>, <c>scaled-sigmoid:1,2,learnable</c>. Case, hyphens and underscores do not count.</summary>
    /// <returns>Whether the text is one of <see cref="Spellings"/>, or of the names that other libraries have for them.</returns>
    public static bool TryParse(string? text, out Activation activation)
    {
        activation = default;
        string[] parts = text?.Split(':') ?? [];
        if (parts.Length is < 1 or > 2 || Array.Find(formulas, formula => formula.IsNamed(parts[0])) is not { } found)
        {
            return false;
        }

        string[] constants = parts.Length == 1 ? [] : parts[1].Split(',');
        bool learnable = found.Learns.Length > 0 && constants.Length == found.Defaults.Length + 1 && constants[^1] == "learnable";
        constants = learnable ? constants[..^1] : constants;
        if (parts.Length == 2 && (constants.Length == 0 || constants.Length != found.Defaults.Length))
        {
            return false;
        }

        float[] values = [.. found.Defaults];
        for (int i = 0; i < constants.Length; i++)
        {
            if (!float.TryParse(constants[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !float.IsFinite(values[i]))
            {
                return false;
            }
        }

        activation = new(found.Kind, values.Length > 0 ? values[0] : 0, values.Length > 1 ? values[1] : 0, learnable || found.IsAlwaysLearnable);
        return found.Kind != ActivationKind.ScaledSigmoid || activation.First != 0;
    }

    /// <summary>The name with its constants, for people: <c>LeakyRelu(0.01)</c>.</summary>
    public override string ToString() => ConstantCount(Kind) switch
    {
        0 => Name,
        1 => string.Create(CultureInfo.InvariantCulture, $"{Kind}({First})"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Kind}({First}, {Second}{(IsLearnable ? ", learnable" : "")})"),
    };

    /// <summary>How many constants a formula has: slope or alpha; c and beta.</summary>
    internal static int ConstantCount(ActivationKind kind) => Of(kind).Defaults.Length;

    /// <summary>Writes the members of a specification: the name, then what constants there are.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("activation", Name);

        // The writer gives the shortest text that reads back as the same float.
        int constants = Constants.Count;
        if (constants >= 1)
        {
            json.WriteNumber("first", First);
        }

        if (constants >= 2)
        {
            json.WriteNumber("second", Second);
            json.WriteBoolean("learnable", IsLearnable);
        }
    }

    /// <summary>The activation of a stored specification; learnable constants come from its tensors.</summary>
    internal static Activation FromKind(ActivationKind kind, float first, float second, bool learnable) =>
        new(kind, first, second, learnable);

    /// <summary>Makes something of the formula as a type: the only switch over formulas. Softmax is none that looks at one element alone.</summary>
    internal TResult Make<TResult, TMaker>(TMaker maker)
        where TMaker : struct, IActivationMaker<TResult> => Kind switch
        {
            ActivationKind.Identity => maker.Make(default(IdentityActivation)),
            ActivationKind.Step => maker.Make(default(StepActivation)),
            ActivationKind.Sigmoid => maker.Make(default(SigmoidActivation)),
            ActivationKind.Tanh => maker.Make(default(TanhActivation)),
            ActivationKind.Relu => maker.Make(default(ReluActivation)),
            ActivationKind.Selu => maker.Make(default(SeluActivation)),
            ActivationKind.Gelu => maker.Make(default(GeluActivation)),
            ActivationKind.Silu => maker.Make(default(SiluActivation)),
            ActivationKind.Softplus => maker.Make(default(SoftplusActivation)),
            ActivationKind.HardSwish => maker.Make(default(HardSwishActivation)),
            ActivationKind.Mish => maker.Make(default(MishActivation)),
            ActivationKind.LeakyRelu or ActivationKind.PRelu => maker.Make(new LeakyReluActivation(First)),
            ActivationKind.Elu => maker.Make(new EluActivation(First)),
            ActivationKind.ScaledSigmoid => maker.Make(new ScaledSigmoidActivation(First, Second)),
            _ => throw new InvalidOperationException($"{Kind} is no formula of one element alone."),
        };

    private static Formula Of(ActivationKind kind) => Array.Find(formulas, formula => formula.Kind == kind)
        ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such activation.");

    private static float Finite(float value, string name) => float.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "An activation's constant must be a finite number.");

    /// <summary>What is known of a formula beside the formula.</summary>
    /// <param name="Kind">Which.</param>
    /// <param name="Text">How it is spelt.</param>
    /// <param name="Constants">What its constants are called, for people.</param>
    private sealed record Formula(ActivationKind Kind, string Text, string Constants = "")
    {
        /// <summary>What other libraries call it.</summary>
        public string[] Aliases { get; init; } = [];

        /// <summary>Its constants where none are given.</summary>
        public float[] Defaults { get; init; } = [];

        /// <summary>The names in a model file of constants that training can fit.</summary>
        public string[] Learns { get; init; } = [];

        public bool IsAlwaysLearnable { get; init; }

        public bool IsOftenZero { get; init; }

        public Initializer Initializer { get; init; } = Initializer.GlorotUniform;

        public string Spelling => Defaults.Length == 0 ? Text : $"{Text}[:{Constants}{(Learns.Length > 0 && !IsAlwaysLearnable ? "[,learnable]" : "")}]";

        public bool IsNamed(string name) => name.Length > 0 && Array.Exists([Text, .. Aliases], known => Bare(known) == Bare(name));

        private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
    }
}

/// <summary>The names under which activations are stored in model files; never renamed or renumbered.</summary>
internal enum ActivationKind
{
    Identity,
    Step,
    Sigmoid,
    Tanh,
    Relu,
    Softmax,
    Selu,
    Gelu,
    Silu,
    Softplus,
    LeakyRelu,
    Elu,
    ScaledSigmoid,
    PRelu,
    Mish,
    HardSwish,
}
