using FastMlp.Layers;

namespace FastMlp.Training;

/// <summary>
/// Forward pass and loss of a network of dense layers in double precision, written from the formulas alone and sharing nothing with the
/// kernels: what differences of the loss are taken from. Slow, and only for checks.
/// </summary>
internal sealed class DoublePass
{
    private readonly DenseLayer[] layers;
    private readonly Loss loss;
    private readonly double[][] rows;
    private readonly double[][] targets;
    private readonly double[] rowWeights;

    /// <param name="stack">A network for which <see cref="Knows"/> holds.</param>
    /// <param name="loss">What is differentiated.</param>
    /// <param name="x">[rows, inputSize].</param>
    /// <param name="targets">[rows, targets]; empty where there are labels.</param>
    /// <param name="labels">[rows]; empty where there are targets.</param>
    public DoublePass(LayerStack stack, Loss loss, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, ReadOnlySpan<int> labels)
    {
        layers = stack.Dense;
        this.loss = loss;
        int n = stack.OutputSize;
        int m = x.Length / stack.InputSize;
        int perTarget = loss.Levels?.Count ?? 1;
        rows = new double[m][];
        this.targets = new double[m][];
        rowWeights = new double[m];
        for (int i = 0; i < m; i++)
        {
            rows[i] = Doubles(x.Slice(i * stack.InputSize, stack.InputSize));
            double[] y = new double[n];
            for (int j = 0; j < n; j++)
            {
                y[j] = labels.IsEmpty ? targets[(i * (n / perTarget)) + (j / perTarget)]
                    : n == 1 ? labels[i]
                    : labels[i] == j ? 1 : 0;
            }

            rowWeights[i] = loss.ClassWeights is null || WeighsTerms ? 1 : loss.ClassWeights[labels[i]];
            this.targets[i] = y;
        }
    }

    /// <summary>On which side of its kinks every unit and every residual was in the last pass: two passes with the same value crossed none between them.</summary>
    public long Sides { get; private set; }

    /// <summary>Whether class weights multiply the terms of the loss and not its rows.</summary>
    private bool WeighsTerms => loss.Kind == LossKind.CrossEntropy || (loss.Kind == LossKind.BinaryCrossEntropy && layers[^1].OutputSize == 1);

    /// <summary>Whether all layers are dense.</summary>
    public static bool Knows(LayerStack stack) => stack.Layers.All(layer => layer is DenseLayer);

    /// <summary>The mean loss for these parameters of each layer.</summary>
    /// <param name="values">Every trained tensor by its name.</param>
    public double Run(IReadOnlyDictionary<string, double[]> values)
    {
        Sides = 17;
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            double[] a = rows[i];
            double[] z = a;
            for (int l = 0; l < layers.Length; l++)
            {
                string name = layers[l].Name;
                z = Linear(layers[l], values[$"{name}.weight"], values.GetValueOrDefault($"{name}.bias", []), a);
                double[] constants = [.. layers[l].Spec.Activation.LearnableNames.Select(constant => values[$"{name}.activation.{constant}"][0])];
                a = Activate(layers[l].Spec.Activation, constants, z);
            }

            sum += rowWeights[i] * RowLoss(a, z, targets[i]);
            weight += rowWeights[i] * TermWeight(targets[i]);
        }

        return sum / weight;
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] doubles = new double[values.Length];
        for (int i = 0; i < doubles.Length; i++)
        {
            doubles[i] = values[i];
        }

        return doubles;
    }

    private static double[] Linear(DenseLayer layer, double[] weight, double[] bias, double[] x)
    {
        double[] z = new double[layer.OutputSize];
        for (int j = 0; j < z.Length; j++)
        {
            double sum = bias.Length == 0 ? 0 : bias[bias.Length == 1 ? 0 : j];
            for (int p = 0; p < x.Length; p++)
            {
                sum += weight[(j * x.Length) + p] * x[p];
            }

            z[j] = sum;
        }

        return z;
    }

    private double[] Activate(Activation activation, double[] constants, double[] z)
    {
        if (activation.Kind == ActivationKind.Softmax)
        {
            double largest = z.Max();
            double sum = z.Sum(value => Math.Exp(value - largest));
            return Array.ConvertAll(z, value => Math.Exp(value - largest) / sum);
        }

        double first = constants.Length > 0 ? constants[0] : activation.First;
        double second = constants.Length > 1 ? constants[1] : activation.Second;
        bool hasKink = activation.Kind is ActivationKind.Relu or ActivationKind.LeakyRelu or ActivationKind.PRelu or ActivationKind.Elu or ActivationKind.Selu;
        double[] a = new double[z.Length];
        for (int j = 0; j < z.Length; j++)
        {
            Note(hasKink && z[j] > 0);
            a[j] = Activate(activation.Kind, first, second, z[j]);
        }

        return a;
    }

    private static double Activate(ActivationKind kind, double first, double second, double z) => kind switch
    {
        ActivationKind.Identity => z,
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-z)),
        ActivationKind.Tanh => Math.Tanh(z),
        ActivationKind.Relu => Math.Max(0, z),
        ActivationKind.LeakyRelu or ActivationKind.PRelu => z > 0 ? z : first * z,
        ActivationKind.Elu => z > 0 ? z : first * double.ExpM1(z),
        ActivationKind.Selu => 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * double.ExpM1(z)),
        ActivationKind.Gelu => 0.5 * z * (1 + Erf(z / Math.Sqrt(2))),
        ActivationKind.Silu => z / (1 + Math.Exp(-z)),
        ActivationKind.Softplus => Softplus(z),
        ActivationKind.ScaledSigmoid => first / (1 + Math.Exp(-second * z)),
        _ => throw new InvalidOperationException($"{kind} has no derivative to check."),
    };

    private static double Softplus(double z) => Math.Max(0, z) + double.LogP1(Math.Exp(-Math.Abs(z)));

    /// <summary>erf x = 2 / sqrt(pi) e^(-x^2) sum of 2^k x^(2k+1) / (2k+1)!!: all terms have one sign, so none cancels.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        double term = x;
        double sum = x;
        for (int k = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); k++)
        {
            term *= 2 * x * x / ((2 * k) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>The loss of a row, before the division by the weight of all rows.</summary>
    private double RowLoss(double[] a, double[] z, double[] y)
    {
        int n = a.Length;
        ActivationKind output = layers[^1].Spec.Activation.Kind;
        double sum = 0;
        switch (loss.Kind)
        {
            case LossKind.CrossEntropy:
                double largest = z.Max();
                double logSum = largest + Math.Log(z.Sum(value => Math.Exp(value - largest)));
                for (int j = 0; j < n; j++)
                {
                    double logarithm = output is ActivationKind.Softmax or ActivationKind.Identity ? z[j] - logSum : Math.Log(a[j]);
                    double soft = (y[j] * (1 - (double)loss.LabelSmoothing)) + ((double)loss.LabelSmoothing / n);
                    sum -= (loss.ClassWeights?[j] ?? 1) * soft * logarithm;
                }

                return sum;
            case LossKind.BinaryCrossEntropy:
                for (int j = 0; j < n; j++)
                {
                    double soft = (y[j] * (1 - (double)loss.LabelSmoothing)) + ((double)loss.LabelSmoothing / 2);
                    bool isSigmoid = output is ActivationKind.Sigmoid or ActivationKind.Identity;
                    double yes = isSigmoid ? -Softplus(-z[j]) : Math.Log(a[j]);
                    double no = isSigmoid ? -Softplus(z[j]) : double.LogP1(-a[j]);
                    double p = loss.PositiveWeights is { } w ? w[w.Count == 1 ? 0 : j] : 1;
                    bool weighs = loss.ClassWeights is not null && WeighsTerms;
                    sum -= ((weighs ? loss.ClassWeights![1] : 1) * p * soft * yes) + ((weighs ? loss.ClassWeights![0] : 1) * (1 - soft) * no);
                }

                return sum;
            default:
                for (int j = 0; j < n; j++)
                {
                    sum += Element(a[j], y[j], j);
                }

                return sum / (loss.Kind == LossKind.Quadratic ? 2 : n);
        }
    }

    private double Element(double a, double y, int output)
    {
        double d = a - y;
        switch (loss.Kind)
        {
            case LossKind.MeanAbsoluteError:
                Note(d > 0);
                return Math.Abs(d);
            case LossKind.Huber:
                double delta = loss.Delta;
                return Math.Abs(d) <= delta ? d * d / 2 : delta * (Math.Abs(d) - (delta / 2));
            case LossKind.Poisson:
                return a - (y * Math.Log(a));
            case LossKind.LogPoisson:
                return Math.Exp(a) - (y * a);
            case LossKind.Quantile:
                Note(d > 0);
                double tau = loss.Levels![output % loss.Levels.Count];
                return Math.Max(tau * -d, (tau - 1) * -d);
            default:
                return d * d;
        }
    }

    /// <summary>What a row counts for in the mean, beside its own weight: the weight of its class where that multiplies terms.</summary>
    private double TermWeight(double[] y)
    {
        if (loss.ClassWeights is not { } weights || !WeighsTerms)
        {
            return 1;
        }

        return y.Length == 1 ? (weights[1] * y[0]) + (weights[0] * (1 - y[0])) : y.Select((value, j) => weights[j] * value).Sum();
    }

    private void Note(bool isAbove) => Sides = unchecked((Sides * 1_000_003) + (isAbove ? 1 : 2));
}
