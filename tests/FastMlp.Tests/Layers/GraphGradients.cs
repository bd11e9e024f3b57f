using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Layers;

/// <summary>The gradients of a network against the oracle's, and the oracle's against central differences.</summary>
internal static class GraphGradients
{
    public static void Assert(Network network, Loss loss, int rows, int seed = 0)
    {
        int n = network.OutputSize;
        float[] x = Numbers.Uniform(11, rows * network.InputSize);
        float[] y = loss.Kind == LossKind.CrossEntropy ? Numbers.Distributions(12, rows, n) : Numbers.Uniform(12, rows * n);
        double[][] xRows = ReferenceBridge.ToRows(x, network.InputSize);
        double[][] yRows = ReferenceBridge.ToRows(y, n);
        ReferenceGraph graph = ReferenceBridge.GraphFrom(network, rows, seed);
        ReferenceLoss function = ReferenceBridge.From(loss);
        double expected = graph.ComputeGradients(xRows, yRows, function);
        (string Name, double[] Values, double[] Gradient)[] all = [.. graph.Parameters()];
        double[][] gradients = [.. all.Select(p => p.Gradient.ToArray())];
        AssertCentralDifferences(all, gradients, () => graph.Loss(xRows, yRows, function));

        using Trainer trainer = new(network, new TrainerOptions { Loss = loss, Seed = seed });
        float actual = trainer.ComputeGradients(x, y);
        Near.Equal(expected, actual, 1e-5 * Math.Max(1, expected), "loss");
        double largest = gradients.Max(g => Near.Largest(g));
        float[] got = Parameters.GradientsOf(trainer);

        // float32 sums of some hundred terms through a few layers: a wrong term would be off by far more.
        Near.Equal(gradients.SelectMany(g => g).ToArray(), got, 5e-5 * Math.Max(largest, 0.1), "gradient");
    }

    /// <summary>A few numbers of each parameter.</summary>
    private static void AssertCentralDifferences((string Name, double[] Values, double[] Gradient)[] all, double[][] gradients, Func<double> loss)
    {
        // Two rows behind a batch normalization bend sharply, so the term of h^2 is taken out: (4 D(h / 2) - D(h)) / 3.
        const double step = 1e-6;
        for (int p = 0; p < all.Length; p++)
        {
            double[] values = all[p].Values;
            for (int i = 0; i < values.Length; i += Math.Max(1, values.Length / 5))
            {
                double difference = ((4 * ReferenceTests.CentralDifference(values, i, step / 2, loss)) - ReferenceTests.CentralDifference(values, i, step, loss)) / 3;
                Near.Equal(difference, gradients[p][i], 1e-7 * Math.Max(1, Near.Largest(gradients[p])), $"{all[p].Name}[{i}] of parameter {p}");
            }
        }
    }
}
