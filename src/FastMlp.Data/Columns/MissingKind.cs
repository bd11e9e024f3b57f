namespace FastMlp.Data;

/// <summary>The ways to treat a missing value: see <see cref="Missing"/>.</summary>
public enum MissingKind
{
    /// <summary>It is refused.</summary>
    Error,

    /// <summary>The mean of the training rows takes its place.</summary>
    Mean,

    /// <summary>The median of the training rows takes its place.</summary>
    Median,

    /// <summary>A value given takes its place.</summary>
    Constant,

    /// <summary>The mean takes its place, and a feature of its own says that it was missing.</summary>
    Indicator,
}
