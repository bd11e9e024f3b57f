namespace FastMlp.Data;

/// <summary>Moves a scaling into the weights of a network, so that it takes rows, or gives answers, in the unit of the data.</summary>
internal static class Folding
{
    /// <summary>W' = W diag(scale), b' = b - W' offset in the first layer, in double precision and rounded once.</summary>
    public static Network Inputs(Network network, Scaler scaler)
    {
        // Dropout may stand between: a prediction does not know it.
        IReadOnlyList<StageInfo> stages = network.Stages;
        StageInfo[] takers = [.. stages.Where(stage => stage.Kind != LayerKind.Dropout && TakesInput(stages, stage))];
        if (takers is not [{ Kind: LayerKind.Dense }])
        {
            throw new ArgumentException("A scaling folds into a dense layer that alone takes the network's input; here a normalization, an activation or a residual block takes it. Keep the scaling before the network.", nameof(network));
        }

        LayerInfo first = network.GetLayer(0);
        float[] weight = new float[first.InputSize * first.OutputSize];
        network.GetWeight(0, weight);
        double[] shifts = new double[first.OutputSize];
        for (int unit = 0; unit < first.OutputSize; unit++)
        {
            for (int c = 0; c < first.InputSize; c++)
            {
                int i = (unit * first.InputSize) + c;
                double scaled = (double)weight[i] * scaler.Scales[c];
                shifts[unit] -= scaled * scaler.Offsets[c];
                weight[i] = Rounded(scaled, "weight");
            }
        }

        return With(network, 0, weight, shifts, 1);
    }

    /// <summary>W' = diag(1 / scale) W, b' = b / scale + offset in the last layer, whose activation is the identity.</summary>
    public static Network Outputs(Network network, Scaler scaler)
    {
        int layer = network.LayerCount - 1;
        LayerInfo last = network.GetLayer(layer);
        float[] weight = new float[last.InputSize * last.OutputSize];
        network.GetWeight(layer, weight);
        double[] bias = Bias(network, layer);
        for (int unit = 0; unit < last.OutputSize; unit++)
        {
            foreach (ref float value in weight.AsSpan(unit * last.InputSize, last.InputSize))
            {
                value = Rounded(value / (double)scaler.Scales[unit], "weight");
            }

            bias[unit] = (bias[unit] / scaler.Scales[unit]) + scaler.Offsets[unit];
        }

        return With(network, layer, weight, bias, 0);
    }

    /// <summary>A copy in which one layer has other weights, and <paramref name="keep"/> times its old bias and a shift.</summary>
    private static Network With(Network network, int layer, float[] weight, double[] shifts, int keep)
    {
        double[] old = Bias(network, layer);
        float[] bias = [.. shifts.Select((shift, unit) => Rounded((keep * old[unit]) + shift, "bias"))];
        Network copy = network.GetLayer(layer).Bias == FastMlp.Bias.PerUnit ? network.Clone() : WithBiases(network, layer);
        copy.SetWeight(layer, weight);
        copy.SetBias(layer, bias);
        return copy;
    }

    /// <summary>The same network built anew with a bias for each unit of a layer, which had none or one for all.</summary>
    private static Network WithBiases(Network network, int layer)
    {
        NetworkBuilder builder = Network.Input(network.InputSize);
        foreach (StageInfo stage in network.Stages)
        {
            _ = stage.Kind switch
            {
                LayerKind.Dense => builder.Dense(stage.OutputSize, stage.Activation, stage.Index == layer ? FastMlp.Bias.PerUnit : network.GetLayer(stage.Index).Bias),
                LayerKind.Dropout => builder.Dropout(stage.Rate),
                LayerKind.BatchNorm => builder.BatchNorm(stage.Momentum, stage.Epsilon),
                LayerKind.LayerNorm => builder.LayerNorm(stage.Epsilon),
                LayerKind.Activation => builder.Activate(stage.Activation),
                _ => throw new ArgumentException($"Layer {layer} has no bias for each unit, and the network has residual blocks: build it with Bias.PerUnit to fold a scaling into that layer.", nameof(network)),
            };
        }

        Network copy = builder.Build(network.Seed);
        Parameters.Copy(network, copy, exceptBiasOf: layer);
        foreach ((string key, string value) in network.Metadata)
        {
            copy.Metadata[key] = value;
        }

        return copy;
    }

    /// <summary>Whether a stage takes the network's input, if need be through dropout.</summary>
    private static bool TakesInput(IReadOnlyList<StageInfo> stages, StageInfo stage)
    {
        return IsInput(stage.Source) || (stage.Kind == LayerKind.Sum && IsInput(stage.Skip));

        bool IsInput(int source) => source < 0 || (stages[source].Kind == LayerKind.Dropout && IsInput(stages[source].Source));
    }

    private static double[] Bias(Network network, int layer)
    {
        LayerInfo info = network.GetLayer(layer);
        float[] bias = new float[info.BiasLength];
        network.GetBias(layer, bias);
        return [.. Enumerable.Range(0, info.OutputSize).Select(unit => bias.Length == 0 ? 0.0 : bias[Math.Min(unit, bias.Length - 1)])];
    }

    private static float Rounded(double value, string what) => float.IsFinite((float)value)
        ? (float)value
        : throw new ArgumentException($"A {what} of {value} is beyond the range of float32: this scaling cannot be folded into the network.");
}
