namespace FastMlp.Optimizers;

/// <summary>The numbers of one step of Adam: both corrections are factors of the step, taken in double, for 1 - b^t loses digits in float for b near 1.</summary>
internal readonly struct AdamConstants(float beta1, float beta2, float epsilon, float learningRate, long step)
{
    public float Beta1 => beta1;

    public float Beta2 => beta2;

    public float Epsilon => epsilon;

    /// <summary>eta / (1 - b1^t).</summary>
    public float Rate { get; } = (float)(learningRate / (1 - Math.Pow(beta1, step)));

    /// <summary>1 / sqrt(1 - b2^t).</summary>
    public float RootFactor { get; } = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step)));
}
