namespace FastMlp.Data;

/// <summary>How the learning rate of <see cref="MlpSolver.Sgd"/> moves; the other solvers pass it over.</summary>
public enum MlpLearningRate
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>LearningRateInit / (t + 1)^PowerT, t the rows seen in whole iterations.</summary>
    InvScaling,

    /// <summary>It stays while training gets on, and is divided by 5 where it would have ended; training ends at 10^-6.</summary>
    Adaptive,
}
