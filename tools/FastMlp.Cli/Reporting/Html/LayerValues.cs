namespace FastMlp.Cli.Reporting.Html;

/// <summary>What each layer holds and what it puts out for some rows.</summary>
internal static class LayerValues
{
    /// <summary>The outputs of every layer, [rows, units] each: the network taken apart into networks of one layer.</summary>
    public static IEnumerable<float[]> Outputs(Network network, float[] features)
    {
        float[] values = features;
        for (int i = 0; i < network.LayerCount; i++)
        {
            LayerInfo layer = network.GetLayer(i);
            using Network alone = Network.Input(layer.InputSize).Dense(layer.OutputSize, layer.Activation, layer.Bias).Build();
            alone.SetWeight(0, Weights(network, i));
            float[] bias = new float[layer.BiasLength];
            network.GetBias(i, bias);
            alone.SetBias(0, bias);
            float[] constants = new float[layer.ActivationParameterCount];
            network.GetActivationParameters(i, constants);
            alone.SetActivationParameters(0, constants);
            values = alone.Predict(values);
            yield return values;
        }
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
