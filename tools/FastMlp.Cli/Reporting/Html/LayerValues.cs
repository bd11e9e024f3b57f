namespace FastMlp.Cli.Reporting.Html;

/// <summary>What each layer puts out for some rows.</summary>
internal static class LayerValues
{
    /// <summary>The outputs of every dense layer, [rows, units] each: the network taken apart into networks of one layer, which predict.</summary>
    public static IReadOnlyList<float[]> Outputs(Network network, float[] features)
    {
        float[][] results = new float[network.Layers.Count][];
        for (int i = 0; i < results.Length; i++)
        {
            NetworkLayer layer = network.Layers[i];
            float[] input = Of(layer.Sources[0]);

            // Only sums take several outputs.
            results[i] = layer.Sources.Count > 1 ? [.. input.Zip(Of(layer.Sources[1]), (a, b) => a + b)] : Alone(layer, input);
        }

        return [.. results.Where((_, i) => network.Layers[i].Spec is DenseSpec)];

        float[] Of(int layer) => layer < 0 ? features : results[layer];
    }

    /// <summary>A network of that layer; behind one that is not dense a product with 1, for a network ends with a dense layer.</summary>
    private static float[] Alone(NetworkLayer layer, float[] input)
    {
        NetworkBuilder builder = Network.Input(layer.InputSize).Add(layer.Spec);
        bool isDense = layer.Spec is DenseSpec;
        if (!isDense)
        {
            builder.Dense(layer.OutputSize, bias: Bias.None);
        }

        using Network alone = builder.Build();
        foreach ((Tensor to, Tensor from) in alone.Layers[0].Tensors.Zip(layer.Tensors))
        {
            to.CopyFrom(from.ToArray());
        }

        if (!isDense)
        {
            float[] identity = new float[layer.OutputSize * layer.OutputSize];
            for (int i = 0; i < identity.Length; i += layer.OutputSize + 1)
            {
                identity[i] = 1;
            }

            alone.Layers[1].Tensors.Find(TensorRole.Weight)!.CopyFrom(identity);
        }

        return alone.Predict(input);
    }
}
