namespace FastMlp.Tests.Reference;

/// <summary>The losses that the oracle knows.</summary>
internal enum ReferenceLoss
{
    Quadratic,
    MeanSquaredError,
    CrossEntropy,
    BinaryCrossEntropy,
}

/// <summary>Loss of one row, and its gradient with respect to that row's outputs; the mean over rows is taken by the network.</summary>
internal static class ReferenceLossFormulas
{
    public static double Value(this ReferenceLoss loss, double[] a, double[] y)
    {
        double sum = 0;
        for (int j = 0; j < a.Length; j++)
        {
            double difference = a[j] - y[j];
            sum += loss switch
            {
                ReferenceLoss.Quadratic => difference * difference / 2,
                ReferenceLoss.MeanSquaredError => difference * difference / a.Length,
                ReferenceLoss.CrossEntropy => -Product(y[j], Math.Log(a[j])),
                _ => -Product(y[j], Math.Log(a[j])) - Product(1 - y[j], Math.Log(1 - a[j])),
            };
        }

        return sum;
    }

    public static double[] Gradient(this ReferenceLoss loss, double[] a, double[] y)
    {
        double[] gradient = new double[a.Length];
        for (int j = 0; j < a.Length; j++)
        {
            double difference = a[j] - y[j];
            gradient[j] = loss switch
            {
                ReferenceLoss.Quadratic => difference,
                ReferenceLoss.MeanSquaredError => 2 * difference / a.Length,
                ReferenceLoss.CrossEntropy => -y[j] / a[j],
                _ => difference / (a[j] * (1 - a[j])),
            };
        }

        return gradient;
    }

    /// <summary>0 log 0 = 0, the limit.</summary>
    private static double Product(double weight, double log) => weight == 0 ? 0 : weight * log;
}
