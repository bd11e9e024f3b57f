namespace FastMlp;

/// <summary>One step of a <see cref="LearningRateRange"/>.</summary>
/// <param name="LearningRate">The rate of the step.</param>
/// <param name="Loss">The loss of its batch before the update.</param>
/// <param name="SmoothedLoss">The mean of the losses so far, later ones counting more.</param>
public readonly record struct LearningRatePoint(float LearningRate, float Loss, float SmoothedLoss);
