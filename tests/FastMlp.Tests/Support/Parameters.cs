namespace FastMlp.Tests.Support;

/// <summary>All parameters of a network, or all gradients of a trainer, in one array, in the order of the file.</summary>
internal static class Parameters
{
    public static float[] Of(Network network) => Collect(network.Tensors.Where(tensor => tensor.IsTrained));

    public static float[] GradientsOf(Trainer trainer) => Collect(trainer.Gradients);

    /// <summary>Running means and variances, norm by norm.</summary>
    public static float[] StatisticsOf(Network network) => Collect(network.Tensors.Where(tensor => !tensor.IsTrained));

    /// <summary>Sets all but activation constants to seeded numbers, so that biases do not stay 0.</summary>
    public static Network Fill(this Network network, int seed)
    {
        int count = 0;
        foreach (Tensor tensor in network.Tensors)
        {
            (float low, float high) = tensor.Role switch
            {
                TensorRole.Weight => (-1.5f / MathF.Sqrt(tensor.Shape[1]), 1.5f / MathF.Sqrt(tensor.Shape[1])),
                TensorRole.Scale => (0.5f, 1.5f),
                TensorRole.RunningVariance => (0.2f, 1.5f),
                TensorRole.ActivationConstant => (0, 0),
                _ => (-0.3f, 0.3f),
            };
            if (low < high)
            {
                tensor.CopyFrom(Numbers.Uniform(seed + count++, tensor.Length, low, high));
            }
        }

        return network;
    }

    private static float[] Collect(IEnumerable<ReadOnlyTensor> tensors)
    {
        List<float> all = [];
        foreach (ReadOnlyTensor tensor in tensors)
        {
            // A NaN that is left shows a reader that does not fill its span.
            float[] values = new float[tensor.Length];
            Array.Fill(values, float.NaN);
            tensor.CopyTo(values);
            all.AddRange(values);
        }

        return [.. all];
    }
}
