namespace FastMlp.Data;

/// <summary>Moves a scaling into the weights of a network, so that it takes rows, or gives answers, in the unit of the data.</summary>
internal static class Folding
{
    /// <summary>W' = W diag(scale), b' = b - W' offset in the first layer, in double precision and rounded once.</summary>
    public static Network Inputs(Network network, Scaler scaler)
    {
        // Dropout may stand between: a prediction does not know it.
        IReadOnlyList<NetworkLayer> layers = network.Layers;
        NetworkLayer[] takers = [.. layers.Where(layer => layer.Spec is not DropoutSpec && layer.Sources.Any(IsInput))];
        if (takers is not [{ Spec: DenseSpec } first])
        {
            throw new ArgumentException("A scaling folds into a dense layer that alone takes the network's input; here a normalization, an activation or a residual block takes it. Keep the scaling before the network.", nameof(network));
        }

        float[] weight = Weight(first);
        double[] bias = Bias(first);
        for (int unit = 0; unit < first.OutputSize; unit++)
        {
            double shift = 0;
            for (int c = 0; c < first.InputSize; c++)
            {
                int i = (unit * first.InputSize) + c;
                double scaled = (double)weight[i] * scaler.Scales[c];
                shift -= scaled * scaler.Offsets[c];
                weight[i] = Rounded(scaled, "weight");
            }

            bias[unit] += shift;
        }

        return With(network, first, weight, bias);

        bool IsInput(int source) => source < 0 || (layers[source].Spec is DropoutSpec && IsInput(layers[source].Sources[0]));
    }

    /// <summary>W' = diag(1 / scale) W, b' = b / scale + offset in the last layer, whose activation is the identity.</summary>
    public static Network Outputs(Network network, Scaler scaler)
    {
        NetworkLayer last = network.Layers[^1];
        float[] weight = Weight(last);
        double[] bias = Bias(last);
        for (int unit = 0; unit < last.OutputSize; unit++)
        {
            foreach (ref float value in weight.AsSpan(unit * last.InputSize, last.InputSize))
            {
                value = Rounded(value / (double)scaler.Scales[unit], "weight");
            }

            bias[unit] = (bias[unit] / scaler.Scales[unit]) + scaler.Offsets[unit];
        }

        return With(network, last, weight, bias);
    }

    /// <summary>A copy in which one dense layer has other weights, and a bias of its own for each unit.</summary>
    private static Network With(Network network, NetworkLayer layer, float[] weight, double[] bias)
    {
        // The layer stands in no residual block: the first one takes the network's input alone, and the last one is always outside.
        DenseSpec dense = (DenseSpec)layer.Spec;
        NetworkBuilder builder = Network.Input(network.InputSize);
        foreach (LayerSpec spec in network.Specification)
        {
            builder.Add(ReferenceEquals(spec, dense) ? dense with { Bias = FastMlp.Bias.PerUnit } : spec);
        }

        Network copy = builder.Build(network.Seed);
        Parameters.Copy(network, copy);
        foreach ((string key, string value) in network.Metadata)
        {
            copy.Metadata[key] = value;
        }

        copy.Tensors[$"{layer.Name}.weight"].CopyFrom(weight);
        copy.Tensors[$"{layer.Name}.bias"].CopyFrom([.. bias.Select(value => Rounded(value, "bias"))]);
        return copy;
    }

    private static float[] Weight(NetworkLayer layer) => layer.Tensors.Find(TensorRole.Weight)!.ToArray();

    private static double[] Bias(NetworkLayer layer)
    {
        float[] bias = layer.Tensors.Find(TensorRole.Bias)?.ToArray() ?? [0];
        return [.. Enumerable.Range(0, layer.OutputSize).Select(unit => (double)bias[Math.Min(unit, bias.Length - 1)])];
    }

    private static float Rounded(double value, string what) => float.IsFinite((float)value)
        ? (float)value
        : throw new ArgumentException($"A {what} of {value} is beyond the range of float32: this scaling cannot be folded into the network.");
}
