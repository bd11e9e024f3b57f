namespace FastMlp.Data;

/// <summary>How a NumPy file becomes rows.</summary>
public sealed record NumpyOptions
{
    /// <summary>
    /// The targets: in an npz file the name of an array, by default y, labels, targets or target; in an npy file the column from 0,
    /// by default the last.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>The features of an npz file: the name of an array, by default x, X, features or data.</summary>
    public string? Features { get; init; }

    /// <summary>What the targets are; null (the default) takes whole numbers with at most 20 distinct values for classes.</summary>
    public DataTask? Task { get; init; }
}
