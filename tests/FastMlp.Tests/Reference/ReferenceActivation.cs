namespace FastMlp.Tests.Reference;

/// <summary>a = g(z) for one row of a layer, with the whole Jacobian, in double and without a thought for speed.</summary>
/// <param name="function">The formula.</param>
/// <param name="learnable">Whether training fits the constants.</param>
/// <param name="constants">Slope; alpha; or c and beta, by function.</param>
internal sealed class ReferenceActivation(ReferenceFunction function, bool learnable, params double[] constants)
{
    // Klambauer et al. (2017), equation 14.
    private const double SeluLambda = 1.0507009873554804934193349852946;
    private const double SeluAlpha = 1.6732632423543772848170429916717;

    public ReferenceActivation(ReferenceFunction function)
        : this(function, learnable: false)
    {
    }

    public ReferenceFunction Function => function;

    public bool IsLearnable => learnable;

    public double[] Constants => constants;

    /// <summary>The gradient of the loss with respect to <see cref="Constants"/>, summed over rows and units.</summary>
    public double[] Gradient { get; } = new double[constants.Length];

    /// <summary>The sum of the absolute values of the terms of <see cref="Gradient"/>.</summary>
    public double[] Magnitude { get; } = new double[constants.Length];

    /// <summary>Where g' jumps.</summary>
    public double[] Kinks => function == ReferenceFunction.HardSwish ? [-3, 3] : function is ReferenceFunction.Relu or ReferenceFunction.LeakyRelu or ReferenceFunction.PRelu
        or ReferenceFunction.Elu or ReferenceFunction.Selu or ReferenceFunction.Step ? [0] : [];

    /// <summary>The error function, by the series erf x = 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)), whose terms all have one sign.</summary>
    public static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        double term = x;
        double sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>a = g(z).</summary>
    public double[] Value(double[] z)
    {
        if (function != ReferenceFunction.Softmax)
        {
            return Array.ConvertAll(z, Value);
        }

        double max = z.Max();
        double sum = z.Sum(v => Math.Exp(v - max));
        return Array.ConvertAll(z, v => Math.Exp(v - max) / sum);
    }

    /// <summary>da_i / dz_j at [i, j].</summary>
    public double[,] Jacobian(double[] z)
    {
        double[] a = Value(z);
        double[,] jacobian = new double[z.Length, z.Length];
        for (int i = 0; i < z.Length; i++)
        {
            if (function != ReferenceFunction.Softmax)
            {
                jacobian[i, i] = Derivative(z[i], a[i]);
                continue;
            }

            for (int j = 0; j < z.Length; j++)
            {
                jacobian[i, j] = a[i] * ((i == j ? 1 : 0) - a[j]);
            }
        }

        return jacobian;
    }

    /// <summary>da / dconstant, for one element.</summary>
    public double ConstantDerivative(double z, int constant) => (function, constant) switch
    {
        (ReferenceFunction.ScaledSigmoid, 0) => Sigmoid(constants[1] * z),
        (ReferenceFunction.ScaledSigmoid, 1) => z * Value(z) * (1 - (Value(z) / constants[0])),
        (ReferenceFunction.PRelu, 0) => Math.Min(0, z),
        _ => throw new InvalidOperationException($"{function} has no learnable constant {constant}."),
    };

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    private static double NormalDistribution(double z) => 0.5 * (1 + Erf(z / Math.Sqrt(2)));

    private static double NormalDensity(double z) => Math.Exp(-0.5 * z * z) / Math.Sqrt(2 * Math.PI);

    private static double MishFactor(double z) => Math.Tanh(Math.Max(0, z) + Math.Log(1 + Math.Exp(-Math.Abs(z))));

    private double Value(double z) => function switch
    {
        ReferenceFunction.Identity => z,
        ReferenceFunction.Step => z > 0 ? 1 : 0,
        ReferenceFunction.Sigmoid => Sigmoid(z),
        ReferenceFunction.Tanh => Math.Tanh(z),
        ReferenceFunction.Relu => Math.Max(0, z),
        ReferenceFunction.Selu => SeluLambda * (z > 0 ? z : SeluAlpha * (Math.Exp(z) - 1)),
        ReferenceFunction.Gelu => z * NormalDistribution(z),
        ReferenceFunction.Silu => z * Sigmoid(z),
        ReferenceFunction.Softplus => Math.Max(0, z) + Math.Log(1 + Math.Exp(-Math.Abs(z))),
        ReferenceFunction.Mish => z * MishFactor(z),
        ReferenceFunction.HardSwish => z * Math.Clamp(z + 3, 0, 6) / 6,
        ReferenceFunction.LeakyRelu or ReferenceFunction.PRelu => z >= 0 ? z : constants[0] * z,
        ReferenceFunction.Elu => z > 0 ? z : constants[0] * (Math.Exp(z) - 1),
        ReferenceFunction.ScaledSigmoid => constants[0] * Sigmoid(constants[1] * z),
        _ => throw new InvalidOperationException($"{function} is not elementwise."),
    };

    private double Derivative(double z, double a) => function switch
    {
        ReferenceFunction.Identity => 1,
        ReferenceFunction.Sigmoid => a * (1 - a),
        ReferenceFunction.Tanh => 1 - (a * a),
        ReferenceFunction.Relu => z > 0 ? 1 : 0,
        ReferenceFunction.Selu => SeluLambda * (z > 0 ? 1 : SeluAlpha * Math.Exp(z)),
        ReferenceFunction.Gelu => NormalDistribution(z) + (z * NormalDensity(z)),
        ReferenceFunction.Silu => Sigmoid(z) * (1 + (z * (1 - Sigmoid(z)))),
        ReferenceFunction.Softplus => Sigmoid(z),
        ReferenceFunction.Mish => MishFactor(z) + (z * (1 - (MishFactor(z) * MishFactor(z))) * Sigmoid(z)),
        ReferenceFunction.HardSwish => z <= -3 ? 0 : z >= 3 ? 1 : (z / 3) + 0.5,
        ReferenceFunction.LeakyRelu or ReferenceFunction.PRelu => z >= 0 ? 1 : constants[0],
        ReferenceFunction.Elu => z > 0 ? 1 : constants[0] * Math.Exp(z),
        ReferenceFunction.ScaledSigmoid => constants[1] * a * (1 - (a / constants[0])),
        _ => throw new InvalidOperationException($"{function} has no elementwise derivative."),
    };
}

/// <summary>The activation formulas that the oracle knows; the names are those of FastMlp, nothing else is shared.</summary>
internal enum ReferenceFunction
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
