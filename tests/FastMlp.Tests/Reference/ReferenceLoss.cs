namespace FastMlp.Tests.Reference;

/// <summary>Loss of one row, and its gradient with respect to that row's outputs; the mean over rows is taken by the network.</summary>
internal sealed record ReferenceLoss(string Name)
{
    /// <summary>The losses of single elements beside the quadratic ones, with constants that are not their defaults.</summary>
    public static IReadOnlyDictionary<string, Loss> Cases { get; } = new Dictionary<string, Loss>
    {
        ["MeanAbsoluteError"] = Loss.MeanAbsoluteError,
        ["Huber"] = Loss.Huber(0.3f),
        ["LogCosh"] = Loss.LogCosh,
        ["Poisson"] = Loss.Poisson(logOutputs: false),
        ["LogPoisson"] = Loss.Poisson(),
        ["Quantile"] = Loss.Quantile(0.1f, 0.5f, 0.9f),
        ["Median"] = Loss.Quantile(0.5f),
    };

    public static ReferenceLoss Quadratic => new("Quadratic");

    public static ReferenceLoss MeanSquaredError => new("MeanSquaredError");

    public static ReferenceLoss CrossEntropy => new("CrossEntropy");

    public static ReferenceLoss BinaryCrossEntropy => new("BinaryCrossEntropy");

    public double Delta { get; init; } = 1;

    /// <summary>One quantile for each output of a target.</summary>
    public double[] Levels { get; init; } = [];

    public double Smoothing { get; init; }

    public double[] ClassWeights { get; init; } = [];

    public double[] PositiveWeights { get; init; } = [];

    public double Value(double[] a, double[] y)
    {
        double sum = 0;
        for (int j = 0; j < a.Length; j++)
        {
            double target = Target(y, j, a.Length);
            double d = a[j] - target;
            sum += Name switch
            {
                "Quadratic" => d * d / 2,
                "MeanSquaredError" => d * d / a.Length,
                "MeanAbsoluteError" => Math.Abs(d) / a.Length,
                "Huber" => (Math.Abs(d) <= Delta ? d * d / 2 : Delta * (Math.Abs(d) - (Delta / 2))) / a.Length,
                "LogCosh" => Math.Log(Math.Cosh(d)) / a.Length,
                "Poisson" => (a[j] - Product(target, Math.Log(a[j]))) / a.Length,
                "LogPoisson" => (Math.Exp(a[j]) - (target * a[j])) / a.Length,
                "Quantile" => Math.Max(-Level(j) * d, (1 - Level(j)) * d) / a.Length,
                "CrossEntropy" => -Class(j) * Product(target, Math.Log(a[j])),
                "BinaryCrossEntropy" => (-Positive(j, a.Length) * Product(target, Math.Log(a[j]))) - (Negative(a.Length) * Product(1 - target, Math.Log(1 - a[j]))),
                _ => throw new InvalidOperationException(Name),
            };
        }

        return sum * RowFactor(y);
    }

    public double[] Gradient(double[] a, double[] y)
    {
        double[] gradient = new double[a.Length];
        for (int j = 0; j < a.Length; j++)
        {
            double target = Target(y, j, a.Length);
            double d = a[j] - target;
            gradient[j] = RowFactor(y) * Name switch
            {
                "Quadratic" => d,
                "MeanSquaredError" => 2 * d / a.Length,
                "MeanAbsoluteError" => Math.Sign(d) / (double)a.Length,
                "Huber" => Math.Clamp(d, -Delta, Delta) / a.Length,
                "LogCosh" => Math.Tanh(d) / a.Length,
                "Poisson" => (1 - (target / a[j])) / a.Length,
                "LogPoisson" => (Math.Exp(a[j]) - target) / a.Length,
                "Quantile" => (d < 0 ? -Level(j) : d > 0 ? 1 - Level(j) : 0) / a.Length,
                "CrossEntropy" => -Class(j) * target / a[j],
                "BinaryCrossEntropy" => (-Positive(j, a.Length) * target / a[j]) + (Negative(a.Length) * (1 - target) / (1 - a[j])),
                _ => throw new InvalidOperationException(Name),
            };
        }

        return gradient;
    }

    /// <summary>What a row counts for in the divisor of the mean.</summary>
    public double RowWeight(double[] y)
    {
        if (ClassWeights.Length == 0)
        {
            return 1;
        }

        return y.Length == 1 ? (ClassWeights[1] * y[0]) + (ClassWeights[0] * (1 - y[0])) : y.Zip(ClassWeights, (target, w) => target * w).Sum();
    }

    /// <summary>0 log 0 = 0, the limit.</summary>
    private static double Product(double weight, double log) => weight == 0 ? 0 : weight * log;

    /// <summary>Class weights stand before the terms of a loss that has a term for each class, elsewhere before the row.</summary>
    private bool WeighsTerms(int outputs) => ClassWeights.Length > 0 && (Name == "CrossEntropy" || (Name == "BinaryCrossEntropy" && outputs == 1));

    private double RowFactor(double[] y) => WeighsTerms(y.Length) ? 1 : RowWeight(y);

    private double Target(double[] y, int output, int outputs) => Name switch
    {
        "Quantile" => y[output / Levels.Length],
        "CrossEntropy" => ((1 - Smoothing) * y[output]) + (Smoothing / outputs),
        "BinaryCrossEntropy" => ((1 - Smoothing) * y[output]) + (Smoothing / 2),
        _ => y[output],
    };

    private double Level(int output) => Levels[output % Levels.Length];

    private double Class(int index) => ClassWeights.Length == 0 ? 1 : ClassWeights[index];

    private double Negative(int outputs) => WeighsTerms(outputs) ? ClassWeights[0] : 1;

    private double Positive(int output, int outputs) => (WeighsTerms(outputs) ? ClassWeights[1] : 1) * (PositiveWeights.Length switch { 0 => 1, 1 => PositiveWeights[0], _ => PositiveWeights[output] });
}
