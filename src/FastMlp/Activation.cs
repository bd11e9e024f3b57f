using System.Globalization;
using System.Text.Json;

namespace FastMlp;

/// <summary>The formula that a layer applies to its pre-activations z: a = g(z).</summary>
/// <remarks>
/// All but <see cref="Softmax"/> act on each element alone. Derivatives at a kink follow the classic texts:
/// ReLU has 0 at z = 0, leaky ReLU has 1.
/// </remarks>
public readonly record struct Activation
{
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

    /// <summary>Constants that training fits: c and beta, or the slope.</summary>
    internal int ParameterCount => !IsLearnable ? 0 : Kind == ActivationKind.ScaledSigmoid ? 2 : 1;

    /// <summary>Whether it makes zeros of many inputs.</summary>
    internal bool IsOftenZero => Kind is ActivationKind.Relu or ActivationKind.Step;

    /// <summary>What model files call them.</summary>
    internal IReadOnlyList<string> LearnableNames => !IsLearnable ? [] : Kind == ActivationKind.ScaledSigmoid ? ["scale", "slope"] : ["slope"];

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

    /// <summary>The name of the formula without its constants, as model files have it: <c>LeakyRelu</c>.</summary>
    public string Name => Kind.ToString();

    /// <summary>The constants of the formula in the order of its factory's parameters: slope, alpha, or c and beta; empty for most. Training moves learnable ones away from these.</summary>
    public IReadOnlyList<float> Constants => ConstantCount(Kind) switch
    {
        0 => [],
        1 => [First],
        _ => [First, Second],
    };

    /// <summary>The name with its constants, for people: <c>LeakyRelu(0.01)</c>.</summary>
    public override string ToString() => ConstantCount(Kind) switch
    {
        0 => Name,
        1 => string.Create(CultureInfo.InvariantCulture, $"{Kind}({First})"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Kind}({First}, {Second}{(IsLearnable ? ", learnable" : "")})"),
    };

    /// <summary>How many constants a formula has: slope or alpha; c and beta.</summary>
    internal static int ConstantCount(ActivationKind kind) => kind switch
    {
        ActivationKind.LeakyRelu or ActivationKind.Elu or ActivationKind.PRelu => 1,
        ActivationKind.ScaledSigmoid => 2,
        _ => 0,
    };

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

    private static float Finite(float value, string name) => float.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "An activation's constant must be a finite number.");
}
