namespace FastMlp.Onnx.Import;

/// <summary>Planned layers to a network.</summary>
internal static class NetworkAssembly
{
    public static Network Build(int inputSize, IReadOnlyList<PlannedLayer> layers)
    {
        NetworkBuilder builder = Network.Input(inputSize);
        Add(builder, layers);
        Network network = builder.Build();
        int dense = 0;
        int norms = 0;
        Fill(network, layers, ref dense, ref norms);
        return network;
    }

    private static void Add(NetworkBuilder builder, IReadOnlyList<PlannedLayer> layers)
    {
        foreach (PlannedLayer layer in layers)
        {
            _ = layer switch
            {
                PlannedDense dense => builder.Dense(dense.Units, dense.Activation, BiasOf(dense)),
                PlannedActivation activation => builder.Activate(activation.Activation),
                PlannedNorm norm => builder.LayerNorm(norm.Epsilon),
                PlannedResidual residual => builder.Residual(body => Add(body, residual.Body)),
                _ => throw new InvalidOperationException($"{layer.GetType().Name} has no layer."),
            };
        }
    }

    private static Bias BiasOf(PlannedDense layer) =>
        layer.Shift.Length == 0 ? Bias.None : layer.Shift.Length == 1 && layer.Units > 1 ? Bias.Shared : Bias.PerUnit;

    /// <summary>In the order in which the network counts its layers: a projection behind the body of its block.</summary>
    private static void Fill(Network network, IReadOnlyList<PlannedLayer> layers, ref int dense, ref int norms)
    {
        foreach (PlannedLayer layer in layers)
        {
            switch (layer)
            {
                case PlannedDense planned:
                    Set(network, $"layers.{dense}.weight", layer, planned.Weight);
                    if (planned.Shift.Length > 0)
                    {
                        Set(network, $"layers.{dense}.bias", layer, planned.Shift);
                    }

                    dense++;
                    break;
                case PlannedNorm planned:
                    Set(network, $"norms.{norms}.weight", layer, Spread(planned.Gamma, planned.Width));
                    Set(network, $"norms.{norms}.bias", layer, Spread(planned.Beta, planned.Width));
                    norms++;
                    break;
                case PlannedResidual planned:
                    Fill(network, planned.Body, ref dense, ref norms);
                    if (planned.Projection is not null)
                    {
                        Set(network, $"layers.{dense}.weight", layer, planned.Projection);
                        dense++;
                    }

                    break;
            }
        }
    }

    private static double[] Spread(double[] values, int width) => values.Length == width ? values : [.. Enumerable.Repeat(values[0], width)];

    private static void Set(Network network, string name, PlannedLayer layer, double[] values)
    {
        float[] rounded = new float[values.Length];
        for (int i = 0; i < rounded.Length; i++)
        {
            rounded[i] = (float)values[i];
            if (!float.IsFinite(rounded[i]))
            {
                throw new ModelFormatException($"{layer.Node} leads to {values[i]} in {name}; numbers within the range of float32 were expected.");
            }
        }

        network.Tensors[name].CopyFrom(rounded);
    }
}
