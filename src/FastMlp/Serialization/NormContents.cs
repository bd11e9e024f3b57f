namespace FastMlp.Serialization;

/// <summary>What a normalization has learnt.</summary>
/// <param name="Scale">gamma, [features].</param>
/// <param name="Shift">beta, [features].</param>
/// <param name="Mean">The running mean of a batch normalization; [0] of a layer normalization.</param>
/// <param name="Variance">The running variance, alike.</param>
internal sealed record NormContents(float[] Scale, float[] Shift, float[] Mean, float[] Variance);
