namespace FastMlp.Tests.Support;

/// <summary>All parameters of a network, or all gradients of a trainer, in one array: W, b and activation constants, layer by layer.</summary>
internal static class Parameters
{
    public static float[] Of(Network network) => Collect(network, network.GetWeight, network.GetBias, network.GetActivationParameters);

    public static float[] GradientsOf(Trainer trainer, Network network) =>
        Collect(network, trainer.GetWeightGradient, trainer.GetBiasGradient, trainer.GetActivationGradient);

    /// <summary>Sets W and b of every layer to seeded numbers, so that biases do not stay 0.</summary>
    public static Network Fill(this Network network, int seed)
    {
        for (int l = 0; l < network.LayerCount; l++)
        {
            LayerInfo layer = network.GetLayer(l);
            float limit = 1.5f / MathF.Sqrt(layer.InputSize);
            network.SetWeight(l, Numbers.Uniform(seed + (2 * l), layer.InputSize * layer.OutputSize, -limit, limit));
            network.SetBias(l, Numbers.Uniform(seed + (2 * l) + 1, layer.BiasLength, -0.3f, 0.3f));
        }

        return network;
    }

    private static float[] Collect(Network network, Reader weight, Reader bias, Reader constants)
    {
        List<float> all = [];
        for (int l = 0; l < network.LayerCount; l++)
        {
            LayerInfo layer = network.GetLayer(l);
            Append(all, weight, l, layer.InputSize * layer.OutputSize);
            Append(all, bias, l, layer.BiasLength);
            Append(all, constants, l, layer.ActivationParameterCount);
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
