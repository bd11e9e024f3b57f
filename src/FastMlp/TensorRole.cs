namespace FastMlp;

/// <summary>What the numbers of a tensor are for in their layer.</summary>
public enum TensorRole
{
    /// <summary>W of a dense layer, [out, in]: what weight decay shrinks.</summary>
    Weight,

    /// <summary>b of a dense layer: [out], or [1] where all units share it.</summary>
    Bias,

    /// <summary>gamma of a normalization, [features].</summary>
    Scale,

    /// <summary>beta of a normalization, [features].</summary>
    Shift,

    /// <summary>The running mean of a batch normalization, [features]; not trained.</summary>
    RunningMean,

    /// <summary>The running variance of a batch normalization, [features], at least 0; not trained.</summary>
    RunningVariance,

    /// <summary>A learnable constant of an activation, [1]: a slope, c or beta.</summary>
    ActivationConstant,
}
