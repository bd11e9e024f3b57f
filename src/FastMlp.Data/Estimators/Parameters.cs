namespace FastMlp.Data;

/// <summary>All that a network has learnt.</summary>
internal static class Parameters
{
    /// <summary>Copies them between networks of the same layers; the bias of one layer may differ in kind and is then left as it is.</summary>
    public static void Copy(Network from, Network to, int exceptBiasOf = -1)
    {
        for (int i = 0; i < to.LayerCount; i++)
        {
            LayerInfo layer = from.GetLayer(i);
            float[] weight = new float[layer.InputSize * layer.OutputSize];
            float[] constants = new float[layer.ActivationParameterCount];
            from.GetWeight(i, weight);
            from.GetActivationParameters(i, constants);
            to.SetWeight(i, weight);
            to.SetActivationParameters(i, constants);
            if (i != exceptBiasOf)
            {
                float[] bias = new float[layer.BiasLength];
                from.GetBias(i, bias);
                to.SetBias(i, bias);
            }
        }

        foreach (StageInfo stage in to.Stages.Where(stage => stage.Kind is LayerKind.BatchNorm or LayerKind.LayerNorm))
        {
            float[] values = new float[stage.OutputSize];
            from.GetNormScale(stage.Index, values);
            to.SetNormScale(stage.Index, values);
            from.GetNormShift(stage.Index, values);
            to.SetNormShift(stage.Index, values);
            if (stage.Kind == LayerKind.BatchNorm)
            {
                from.GetRunningMean(stage.Index, values);
                to.SetRunningMean(stage.Index, values);
                from.GetRunningVariance(stage.Index, values);
                to.SetRunningVariance(stage.Index, values);
            }
        }
    }
}
