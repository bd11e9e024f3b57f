namespace FastMlp.Tests.Reference;

/// <summary>The oracle for networks that are more than dense layers: whole batches in double, for batch normalization couples rows.</summary>
internal sealed class ReferenceGraph(params ReferenceStage[] stages)
{
    public IReadOnlyList<ReferenceStage> Stages => stages;

    /// <summary>The outputs of a batch in training.</summary>
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
