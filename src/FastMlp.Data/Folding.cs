namespace FastMlp.Data;

/// <summary>Moves a scaling into the weights of a network, so that it takes rows, or gives answers, in the unit of the data.</summary>
internal static class Folding
{
    /// <summary>W' = W diag(scale), b' = b - W' offset in the first layer, in double precision and rounded once.</summary>
    public static Network Inputs(Network network, Scaler scaler)
    {
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
        for (int i = 0; i < network.LayerCount; i++)
        {
            LayerInfo info = network.GetLayer(i);
            builder.Dense(info.OutputSize, info.Activation, i == layer ? FastMlp.Bias.PerUnit : info.Bias);
        }

        Network copy = builder.Build(network.Seed);
        Parameters.Copy(network, copy, exceptBiasOf: layer);
        foreach ((string key, string value) in network.Metadata)
        {
            copy.Metadata[key] = value;
        }

        return copy;
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
