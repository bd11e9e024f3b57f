namespace FastMlp.Tests.Reference;

/// <summary>The oracle for networks that are more than dense layers: whole batches in double, for batch normalization couples rows.</summary>
internal sealed class ReferenceGraph(params ReferenceStage[] stages)
{
    public IReadOnlyList<ReferenceStage> Stages => stages;

    /// <summary>What is trained, in the order of the engine: dense layers first, then normalizations.</summary>
    public IEnumerable<(string Name, double[] Values, double[] Gradient)> Parameters()
    {
        ReferenceStage[] all = [.. stages.SelectMany(Flat)];
        return [.. all.OfType<ReferenceDense>().SelectMany(stage => stage.Parameters()), .. all.OfType<ReferenceNorm>().SelectMany(stage => stage.Parameters())];

        static IEnumerable<ReferenceStage> Flat(ReferenceStage stage) => stage is ReferenceResidual block ? block.Inner.SelectMany(Flat) : [stage];
    }

    /// <summary>The outputs of a batch.</summary>
    public double[][] Forward(double[][] x) => Run(stages, x)[^1];

    public double Loss(double[][] x, double[][] y, ReferenceLoss loss)
    {
        double[][] a = Forward(x);
        return a.Select((row, i) => loss.Value(row, y[i])).Sum() / Total(y, loss);
    }

    /// <summary>Fills the gradients of the mean loss over the rows, and returns that loss.</summary>
    public double ComputeGradients(double[][] x, double[][] y, ReferenceLoss loss)
    {
        double total = Total(y, loss);
        List<double[][]> a = Run(stages, x);
        double[][] gradient = [.. a[^1].Select((row, i) => Array.ConvertAll(loss.Gradient(row, y[i]), g => g / total))];
        Backward(stages, a, gradient);
        return Loss(x, y, loss);
    }

    /// <summary>The batch itself and the outputs of every stage.</summary>
    public static List<double[][]> Run(IEnumerable<ReferenceStage> stages, double[][] x)
    {
        List<double[][]> a = [x];
        foreach (ReferenceStage stage in stages)
        {
            a.Add(stage.Forward(a[^1]));
        }

        return a;
    }

    /// <summary>From dL/da of the last stage to dL/dx of the first.</summary>
    public static double[][] Backward(IReadOnlyList<ReferenceStage> stages, List<double[][]> a, double[][] gradient)
    {
        for (int i = stages.Count - 1; i >= 0; i--)
        {
            gradient = stages[i].Backward(a[i], gradient);
        }

        return gradient;
    }

    private static double Total(double[][] y, ReferenceLoss loss) => y.Sum(loss.RowWeight);
}

/// <summary>a = f(x) over a batch.</summary>
internal abstract class ReferenceStage
{
    public abstract double[][] Forward(double[][] x);

    /// <summary>Sets the gradients of the parameters from dL/da, and returns dL/dx.</summary>
    public abstract double[][] Backward(double[][] x, double[][] gradient);

    /// <summary>What is trained, with its gradients, in the order of the engine.</summary>
    public virtual IEnumerable<(string Name, double[] Values, double[] Gradient)> Parameters() => [];
}

/// <summary>A dense layer, row by row.</summary>
internal sealed class ReferenceDense(ReferenceLayer layer) : ReferenceStage
{
    public override double[][] Forward(double[][] x) => Array.ConvertAll(x, row => layer.Activation.Value(layer.PreActivations(row)));

    public override double[][] Backward(double[][] x, double[][] gradient)
    {
        layer.ClearGradients();
        return [.. x.Select((row, i) => layer.Backward(row, gradient[i]))];
    }

    public override IEnumerable<(string Name, double[] Values, double[] Gradient)> Parameters() =>
        layer.Parameters().Select((pair, i) => (i switch { 0 => "W", 1 => "b", _ => "constants" }, pair.Values, pair.Gradient));
}

/// <summary>a = f x with given factors.</summary>
internal sealed class ReferenceDropout(double[][] factors) : ReferenceStage
{
    public override double[][] Forward(double[][] x) => Times(x);

    public override double[][] Backward(double[][] x, double[][] gradient) => Times(gradient);

    private double[][] Times(double[][] x) => [.. x.Select((row, i) => row.Select((value, j) => value * factors[i][j]).ToArray())];
}

/// <summary>a = g(x).</summary>
internal sealed class ReferenceAlone(ReferenceActivation activation) : ReferenceStage
{
    public override double[][] Forward(double[][] x) => Array.ConvertAll(x, activation.Value);

    public override double[][] Backward(double[][] x, double[][] gradient) =>
        [.. x.Select((row, i) =>
        {
            double[,] jacobian = activation.Jacobian(row);
            return row.Select((_, j) => Enumerable.Range(0, row.Length).Sum(k => gradient[i][k] * jacobian[k, j])).ToArray();
        })];
}

/// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta over groups of numbers: the columns of a batch, or the numbers of each row.</summary>
internal abstract class ReferenceNorm(double[] gamma, double[] beta, double epsilon) : ReferenceStage
{
    /// <summary>The stage of a specification, with numbers by the ends of their names; null of what is none of these.</summary>
    public static ReferenceNorm? Of(LayerSpec spec, Func<string, double[]> numbers, bool predicts) => spec switch
    {
        AffineSpec => new ReferenceAffine(numbers("weight"), numbers("bias")),
        LayerNormSpec layer => new ReferenceLayerNorm(numbers("weight"), numbers("bias"), layer.Epsilon),
        BatchNormSpec batch => new ReferenceBatchNorm(
            numbers("weight"), numbers("bias"), batch.Epsilon, predicts ? numbers("running_mean") : null, predicts ? numbers("running_var") : null),
        _ => null,
    };

    private readonly double[] gammaGradient = new double[gamma.Length];
    private readonly double[] betaGradient = new double[beta.Length];

    public override double[][] Forward(double[][] x) =>
        [.. Normalized(x).Select(row => row.Select((value, j) => (gamma[j] * value) + beta[j]).ToArray())];

    public override double[][] Backward(double[][] x, double[][] gradient)
    {
        double[][] normal = Normalized(x);
        for (int j = 0; j < gamma.Length; j++)
        {
            gammaGradient[j] = gradient.Select((row, i) => row[j] * normal[i][j]).Sum();
            betaGradient[j] = gradient.Sum(row => row[j]);
        }

        return InputGradient(x, [.. gradient.Select(row => row.Select((value, j) => value * gamma[j]).ToArray())]);
    }

    public override IEnumerable<(string Name, double[] Values, double[] Gradient)> Parameters() => [("gamma", gamma, gammaGradient), ("beta", beta, betaGradient)];

    /// <summary>The normalized numbers.</summary>
    protected abstract double[][] Normalized(double[][] x);

    /// <summary>dL/dx from the gradient with respect to the normalized numbers.</summary>
    protected abstract double[][] InputGradient(double[][] x, double[][] gradient);

    protected double[] Normalize(double[] group)
    {
        double mean = group.Average();
        double variance = group.Average(value => (value - mean) * (value - mean));
        return Array.ConvertAll(group, value => (value - mean) / Math.Sqrt(variance + epsilon));
    }

    /// <summary>The chain rule through mean and variance, each number's effect on each other one spelt out.</summary>
    protected double[] NormalizeBackward(double[] group, double[] gradient)
    {
        int n = group.Length;
        double mean = group.Average();
        double deviation = Math.Sqrt(group.Average(value => (value - mean) * (value - mean)) + epsilon);
        return [.. group.Select((value, k) => group.Select((other, i) =>
        {
            double ofCentred = (i == k ? 1.0 : 0) - (1.0 / n);
            double ofDeviation = (value - mean) / (n * deviation);
            return gradient[i] * ((ofCentred / deviation) - ((other - mean) * ofDeviation / (deviation * deviation)));
        }).Sum())];
    }

    protected static double[][] Transposed(double[][] rows) => [.. rows[0].Select((_, j) => rows.Select(row => row[j]).ToArray())];
}

/// <summary>Over columns; with given statistics, as at prediction, there is no backward pass.</summary>
internal sealed class ReferenceBatchNorm(double[] gamma, double[] beta, double epsilon, double[]? mean = null, double[]? variance = null) : ReferenceNorm(gamma, beta, epsilon)
{
    private readonly double epsilon = epsilon;

    protected override double[][] Normalized(double[][] x) => mean is null
        ? Transposed(Array.ConvertAll(Transposed(x), Normalize))
        : Array.ConvertAll(x, row => row.Select((value, j) => (value - mean[j]) / Math.Sqrt(variance![j] + epsilon)).ToArray());

    protected override double[][] InputGradient(double[][] x, double[][] gradient)
    {
        double[][] columns = Transposed(gradient);
        return Transposed([.. Transposed(x).Select((column, j) => NormalizeBackward(column, columns[j]))]);
    }
}

/// <summary>Over rows.</summary>
internal sealed class ReferenceLayerNorm(double[] gamma, double[] beta, double epsilon) : ReferenceNorm(gamma, beta, epsilon)
{
    protected override double[][] Normalized(double[][] x) => Array.ConvertAll(x, Normalize);

    protected override double[][] InputGradient(double[][] x, double[][] gradient) => [.. x.Select((row, i) => NormalizeBackward(row, gradient[i]))];
}

/// <summary>Scale and shift alone.</summary>
internal sealed class ReferenceAffine(double[] gamma, double[] beta) : ReferenceNorm(gamma, beta, epsilon: 0)
{
    protected override double[][] Normalized(double[][] x) => x;

    protected override double[][] InputGradient(double[][] x, double[][] gradient) => gradient;
}

/// <summary>a = F(x) + V x, V the identity where there is no projection.</summary>
internal sealed class ReferenceResidual(ReferenceStage[] body, ReferenceDense? projection) : ReferenceStage
{
    /// <summary>The stages of the block, in the order in which the engine counts them.</summary>
    public IEnumerable<ReferenceStage> Inner => projection is null ? body : [.. body, projection];

    public override double[][] Forward(double[][] x) => Sum(ReferenceGraph.Run(body, x)[^1], projection?.Forward(x) ?? x);

    public override double[][] Backward(double[][] x, double[][] gradient) =>
        Sum(ReferenceGraph.Backward(body, ReferenceGraph.Run(body, x), gradient), projection?.Backward(x, gradient) ?? gradient);

    private static double[][] Sum(double[][] left, double[][] right) => [.. left.Select((row, i) => row.Select((value, j) => value + right[i][j]).ToArray())];
}
