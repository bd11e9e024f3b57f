namespace FastMlp.Measuring;

/// <summary>Floating-point operations of a network's matrix products; activations, biases and updates are not counted.</summary>
public static class Flops
{
    /// <summary>2 m n k, summed over the layers: the forward pass of m rows.</summary>
    /// <param name="sizes">Inputs, then the units of each layer: 784, 128, 10.</param>
    /// <param name="rows">m.</param>
    public static double Forward(ReadOnlySpan<int> sizes, int rows)
    {
        double total = 0;
        for (int layer = 1; layer < sizes.Length; layer++)
        {
            total += 2.0 * rows * sizes[layer] * sizes[layer - 1];
        }

        return total;
    }

    /// <summary>
    /// Forward, dW of every layer and dX of all but the first: 3 x forward, less the first layer's share.
    /// </summary>
    /// <param name="sizes">Inputs, then the units of each layer.</param>
    /// <param name="rows">m.</param>
    public static double TrainingStep(ReadOnlySpan<int> sizes, int rows) =>
        sizes.Length < 2 ? 0 : (3 * Forward(sizes, rows)) - Forward(sizes[..2], rows);
}
