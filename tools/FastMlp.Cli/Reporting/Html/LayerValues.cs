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
        IReadOnlyList<StageInfo> stages = network.Stages;
        float[][] results = new float[stages.Count][];
        List<float[]> dense = [];
        for (int i = 0; i < stages.Count; i++)
        {
            StageInfo stage = stages[i];
            float[] input = Of(stage.Source);
            results[i] = stage.Kind switch
            {
                LayerKind.Dense => Dense(network, stage.Index, input),
                LayerKind.Dropout => input,
                LayerKind.Activation => Activated(stage.Activation, input),
                LayerKind.Sum => [.. input.Zip(Of(stage.Skip), (a, b) => a + b)],
                _ => Normalized(network, stage, input),
            };
            if (stage.Kind == LayerKind.Dense)
            {
                dense.Add(results[i]);
            }
        }

        return dense;

        float[] Of(int stage) => stage < 0 ? features : results[stage];
    }

    private static float[] Dense(Network network, int layer, float[] input)
    {
        LayerInfo info = network.GetLayer(layer);
        using Network alone = Network.Input(info.InputSize).Dense(info.OutputSize, info.Activation, info.Bias).Build();
        alone.SetWeight(0, Weights(network, layer));
        float[] bias = new float[info.BiasLength];
        network.GetBias(layer, bias);
        alone.SetBias(0, bias);
        float[] constants = new float[info.ActivationParameterCount];
        network.GetActivationParameters(layer, constants);
        alone.SetActivationParameters(0, constants);
        return alone.Predict(input);
    }

    /// <summary>Value by value: a layer of one unit whose weight is 1, and every value a row.</summary>
    private static float[] Activated(Activation activation, float[] input)
    {
        using Network alone = Network.Input(1).Dense(1, activation, Bias.None).Build();
        alone.SetWeight(0, [1]);
        return alone.Predict(input);
    }

    private static float[] Normalized(Network network, StageInfo stage, float[] input)
    {
        int size = stage.InputSize;
        float[] scale = new float[size];
        float[] shift = new float[size];
        network.GetNormScale(stage.Index, scale);
        network.GetNormShift(stage.Index, shift);
        bool ofBatch = stage.Kind == LayerKind.BatchNorm;
        float[] means = new float[ofBatch ? size : 0];
        float[] variances = new float[means.Length];
        if (ofBatch)
        {
            network.GetRunningMean(stage.Index, means);
            network.GetRunningVariance(stage.Index, variances);
        }

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
                (double center, double spread) = ofBatch ? (means[i], variances[i]) : (mean, variance);
                output[(row * size) + i] = (float)((scale[i] * (own[i] - center) / Math.Sqrt(spread + stage.Epsilon)) + shift[i]);
            }
        }

        return output;
    }

    /// <summary>[out, in].</summary>
    public static float[] Weights(Network network, int layer)
    {
        LayerInfo info = network.GetLayer(layer);
        float[] weights = new float[info.OutputSize * info.InputSize];
        network.GetWeight(layer, weights);
        return weights;
    }
}
