namespace FastMlp.Tests.Reference;

/// <summary>The oracle: a multilayer perceptron in double, one row after the other, straight from the formulas.</summary>
internal sealed class ReferenceNetwork(params ReferenceLayer[] layers)
{
    public IReadOnlyList<ReferenceLayer> Layers => layers;

    /// <summary>The outputs of each row.</summary>
    public double[][] Predict(double[][] x) => Array.ConvertAll(x, row => Activations(row)[^1]);

    /// <summary>The outputs of every layer for one row; the row itself comes first.</summary>
    public List<double[]> Activations(double[] row)
    {
        List<double[]> activations = [row];
        foreach (ReferenceLayer layer in layers)
        {
            activations.Add(layer.Activation.Value(layer.PreActivations(activations[^1])));
        }

        return activations;
    }

    /// <summary>The mean loss over the rows, which count alike or by their weights.</summary>
    public double Loss(double[][] x, double[][] y, ReferenceLoss loss, double[]? weights = null)
    {
        double sum = 0;
        for (int row = 0; row < x.Length; row++)
        {
            sum += (weights?[row] ?? 1) * loss.Value(Activations(x[row])[^1], y[row]);
        }

        return sum / Total(y, loss, weights);
    }

    /// <summary>Fills the gradients of the mean loss over the rows, and returns that loss.</summary>
    public double ComputeGradients(double[][] x, double[][] y, ReferenceLoss loss, double[]? weights = null)
    {
        double total = Total(y, loss, weights);
        foreach (ReferenceLayer layer in layers)
        {
            layer.ClearGradients();
        }

        for (int row = 0; row < x.Length; row++)
        {
            List<double[]> a = Activations(x[row]);
            double[] gradient = Array.ConvertAll(loss.Gradient(a[^1], y[row]), g => g * (weights?[row] ?? 1) / total);
            for (int l = layers.Length - 1; l >= 0; l--)
            {
                gradient = layers[l].Backward(a[l], gradient);
            }
        }

        return Loss(x, y, loss, weights);
    }

    /// <summary>What all rows together count for.</summary>
    private static double Total(double[][] y, ReferenceLoss loss, double[]? weights) =>
        y.Select((targets, row) => loss.RowWeight(targets) * (weights?[row] ?? 1)).Sum();

    /// <summary>How near a z comes to a kink of its activation: how far central differences may step.</summary>
    public double DistanceToKink(double[][] x)
    {
        double distance = double.PositiveInfinity;
        foreach (double[] row in x)
        {
            List<double[]> a = Activations(row);
            for (int l = 0; l < layers.Length; l++)
            {
                foreach (double kink in layers[l].Activation.Kinks)
                {
                    distance = Math.Min(distance, layers[l].PreActivations(a[l]).Min(z => Math.Abs(z - kink)));
                }
            }
        }

        return distance;
    }
}
