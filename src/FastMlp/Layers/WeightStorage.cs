namespace FastMlp.Layers;

/// <summary>How a dense layer keeps its weights.</summary>
/// <param name="Format">Of the panels.</param>
/// <param name="MayHaveRows">Whether a large layer keeps them a second time, by inputs, for rows of which much is 0: only what is never trained can.</param>
internal readonly record struct WeightStorage(WeightFormat Format, bool MayHaveRows)
{
    /// <summary>Panels in float32: what training works on.</summary>
    public static WeightStorage Trained => default;
}
