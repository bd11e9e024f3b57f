namespace FastMlp.Data;

/// <summary>How libsvm text is read.</summary>
public sealed record LibsvmOptions
{
    /// <summary>Features in a row; null (the default) is the highest index of the file.</summary>
    public int? FeatureCount { get; init; }

    /// <summary>Whether the first feature has the index 0, not 1.</summary>
    public bool ZeroBased { get; init; }

    /// <summary>What the targets are; null (the default) takes whole numbers with at most 20 distinct values for classes.</summary>
    public DataTask? Task { get; init; }
}
