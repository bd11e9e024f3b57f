namespace FastMlp;

/// <summary>What a stage of a network does.</summary>
public enum LayerKind
{
    /// <summary>a = g(x W^T + b).</summary>
    Dense,

    /// <summary>a = f x in training, each f 0 or 1 / (1 - rate) at random; a = x at prediction.</summary>
    Dropout,

    /// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta, with statistics of columns: those of the batch in training, running averages at prediction.</summary>
    BatchNorm,

    /// <summary>The same with statistics of each row.</summary>
    LayerNorm,

    /// <summary>a = g(x).</summary>
    Activation,

    /// <summary>a = x + y, the end of a residual block.</summary>
    Sum,
}
