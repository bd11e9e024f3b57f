namespace FastMlp.Data;

/// <summary>How the features are scaled before they reach the network.</summary>
public enum Scaling
{
    /// <summary>Each column to zero mean and unit variance: <see cref="Scaler.Standard(Dataset)"/>.</summary>
    Standard,

    /// <summary>Each column from its least and greatest value to [0, 1]: <see cref="Scaler.MinMax(Dataset, float, float)"/>.</summary>
    MinMax,

    /// <summary>Every value divided by 255, for bytes of an image: <see cref="Scaler.Pixels(int)"/>.</summary>
    Pixels,

    /// <summary>As they are.</summary>
    None,
}
