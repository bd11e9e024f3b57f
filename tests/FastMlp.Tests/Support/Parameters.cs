namespace FastMlp.Tests.Support;

/// <summary>All parameters of a network, or all gradients of a trainer, in one array: W, b and activation constants, layer by layer, then scale and shift of each norm.</summary>
internal static class Parameters
{
    public static float[] Of(Network network) =>
        Collect(network, network.GetWeight, network.GetBias, network.GetActivationParameters, network.GetNormScale, network.GetNormShift);

    public static float[] GradientsOf(Trainer trainer, Network network) =>
        Collect(network, trainer.GetWeightGradient, trainer.GetBiasGradient, trainer.GetActivationGradient, trainer.GetNormScaleGradient, trainer.GetNormShiftGradient);

    /// <summary>Running means and variances, norm by norm.</summary>
    public static float[] StatisticsOf(Network network)
    {
        List<float> all = [];
        for (int i = 0; i < network.NormCount; i++)
        {
            int size = network.Stack.Norms[i].StatisticLength;
            Append(all, network.GetRunningMean, i, size);
            Append(all, network.GetRunningVariance, i, size);
        }

        return [.. all];
    }

    /// <summary>Sets W and b of every layer and all of every norm to seeded numbers, so that biases do not stay 0.</summary>
    public static Network Fill(this Network network, int seed)
    {
        for (int l = 0; l < network.LayerCount; l++)
        {
            LayerInfo layer = network.GetLayer(l);
            float limit = 1.5f / MathF.Sqrt(layer.InputSize);
            network.SetWeight(l, Numbers.Uniform(seed + (2 * l), layer.InputSize * layer.OutputSize, -limit, limit));
            network.SetBias(l, Numbers.Uniform(seed + (2 * l) + 1, layer.BiasLength, -0.3f, 0.3f));
        }

        for (int i = 0; i < network.NormCount; i++)
        {
            int size = network.Stack.Norms[i].OutputSize;
            int statistics = network.Stack.Norms[i].StatisticLength;
            network.SetNormScale(i, Numbers.Uniform(seed + (4 * i) + 50, size, 0.5f, 1.5f));
            network.SetNormShift(i, Numbers.Uniform(seed + (4 * i) + 51, size, -0.3f, 0.3f));
            network.SetRunningMean(i, Numbers.Uniform(seed + (4 * i) + 52, statistics, -0.3f, 0.3f));
            network.SetRunningVariance(i, Numbers.Uniform(seed + (4 * i) + 53, statistics, 0.2f, 1.5f));
        }

        return network;
    }

    private static float[] Collect(Network network, Reader weight, Reader bias, Reader constants, Reader scale, Reader shift)
    {
        List<float> all = [];
        for (int l = 0; l < network.LayerCount; l++)
        {
            LayerInfo layer = network.GetLayer(l);
            Append(all, weight, l, layer.InputSize * layer.OutputSize);
            Append(all, bias, l, layer.BiasLength);
            Append(all, constants, l, layer.ActivationParameterCount);
        }

        for (int i = 0; i < network.NormCount; i++)
        {
            Append(all, scale, i, network.Stack.Norms[i].OutputSize);
            Append(all, shift, i, network.Stack.Norms[i].OutputSize);
        }

        return [.. all];
    }

    private static void Append(List<float> all, Reader read, int layer, int count)
    {
        // A NaN that is left shows a reader that does not fill its span.
        float[] values = new float[count];
        Array.Fill(values, float.NaN);
        read(layer, values);
        all.AddRange(values);
    }

    private delegate void Reader(int layer, Span<float> destination);
}
