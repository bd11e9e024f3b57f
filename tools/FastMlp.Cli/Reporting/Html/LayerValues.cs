namespace FastMlp.Cli.Reporting.Html;

/// <summary>What each layer holds and what it puts out for some rows.</summary>
internal static class LayerValues
{
    /// <summary>
    /// The outputs of every dense layer, [rows, units] each: the network taken apart into networks of one layer, with what stands
    /// between them as at prediction.
    /// </summary>
    public static IReadOnlyList<float[]> Outputs(Network network, float[] features)
    {
        float[][] results = new float[network.Layers.Count][];
        List<float[]> dense = [];
        for (int i = 0; i < results.Length; i++)
        {
            NetworkLayer layer = network.Layers[i];
            float[] input = Of(layer.Sources[0]);
            results[i] = layer.Spec switch
            {
                DenseSpec => Dense(layer, input),
                DropoutSpec => input,
                ActivationSpec alone => Activated(alone.Activation, input),
                SumSpec => [.. input.Zip(Of(layer.Sources[1]), (a, b) => a + b)],
                BatchNormSpec norm => Normalized(layer, norm.Epsilon, input),
                LayerNormSpec norm => Normalized(layer, norm.Epsilon, input),
                _ => throw new NotSupportedException($"There are no outputs of {layer} here."),
            };
            if (layer.Spec is DenseSpec)
            {
                dense.Add(results[i]);
            }
        }

        return dense;

        float[] Of(int layer) => layer < 0 ? features : results[layer];
    }

    private static float[] Dense(NetworkLayer layer, float[] input)
    {
        using Network alone = Network.Input(layer.InputSize).Add(layer.Spec).Build();
        foreach ((Tensor to, Tensor from) in alone.Tensors.Zip(layer.Tensors))
        {
            to.CopyFrom(from.ToArray());
        }

        return alone.Predict(input);
    }

    /// <summary>Value by value: a layer of one unit whose weight is 1, and every value a row.</summary>
    private static float[] Activated(Activation activation, float[] input)
    {
        using Network alone = Network.Input(1).Dense(1, activation, Bias.None).Build();
        alone.Tensors[0].CopyFrom([1]);
        return alone.Predict(input);
    }

    private static float[] Normalized(NetworkLayer layer, float epsilon, float[] input)
    {
        int size = layer.InputSize;
        float[] scale = layer.Tensors.Find(TensorRole.Scale)!.ToArray();
        float[] shift = layer.Tensors.Find(TensorRole.Shift)!.ToArray();
        float[]? means = layer.Tensors.Find(TensorRole.RunningMean)?.ToArray();
        float[]? variances = layer.Tensors.Find(TensorRole.RunningVariance)?.ToArray();
        float[] output = new float[input.Length];
        for (int row = 0; row < input.Length / size; row++)
        {
            ReadOnlySpan<float> own = input.AsSpan(row * size, size);
            double mean = 0;
            double variance = 0;
            foreach (float value in own)
            {
                mean += value / (double)size;
            }

            foreach (float value in own)
            {
                variance += (value - mean) * (value - mean) / size;
            }

            for (int i = 0; i < size; i++)
            {
                (double center, double spread) = means is not null && variances is not null ? (means[i], variances[i]) : (mean, variance);
                output[(row * size) + i] = (float)((scale[i] * (own[i] - center) / Math.Sqrt(spread + epsilon)) + shift[i]);
            }
        }

        return output;
    }
}
