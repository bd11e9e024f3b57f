namespace FastMlp;

/// <summary>What <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/> did.</summary>
/// <param name="Epochs">One report for each finished epoch, in order; the last may be of a part of one that <see cref="FitOptions.MaxDuration"/> cut short and that was scored. Those before a resumed checkpoint are included.</param>
/// <param name="BestEpoch">The epoch (from 1) that was best by <see cref="FitOptions.Watch"/>; without validation rows the last, and 0 if none was finished.</param>
/// <param name="SamplesPerSecond">Training rows per second of training time, validation not counted.</param>
/// <param name="WallTime">From the start of the call to its end, with the time that went into a resumed checkpoint.</param>
/// <param name="StopReason">Why training ended.</param>
public sealed record FitReport(
    IReadOnlyList<EpochReport> Epochs,
    int BestEpoch,
    double SamplesPerSecond,
    TimeSpan WallTime,
    StopReason StopReason)
{
    /// <summary>The epoch whose parameters the network has: <see cref="BestEpoch"/> where the best are put back, else the last that was finished.</summary>
    public int KeptEpoch { get; init; }

    /// <summary>Where the run went on from; null where it began at the beginning.</summary>
    public ResumePoint? Resumed { get; init; }
}

/// <summary>One epoch of training.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="TrainLoss">The mean loss over the epoch's rows, each taken before its batch's update.</param>
/// <param name="TrainMetric">Accuracy for classes (and for float targets of binary cross-entropy, over rows and outputs), root mean squared error for other values, over the same rows.</param>
/// <param name="ValidationLoss">The loss on the validation rows after the epoch; null without a validation set.</param>
/// <param name="ValidationMetric">The same on the validation rows.</param>
/// <param name="SamplesPerSecond">Training rows per second in this epoch.</param>
/// <param name="Elapsed">Since the start of training.</param>
public readonly record struct EpochReport(
    int Epoch,
    float TrainLoss,
    float TrainMetric,
    float? ValidationLoss,
    float? ValidationMetric,
    double SamplesPerSecond,
    TimeSpan Elapsed)
{
    /// <summary><see cref="FitOptions.Watch"/> of the validation rows; null without a validation set.</summary>
    public float? Watched { get; init; }

    /// <summary>The learning rate of the epoch's first update.</summary>
    public float LearningRate { get; init; }
}

/// <summary>Why training ended.</summary>
public enum StopReason
{
    /// <summary>All epochs were done.</summary>
    EpochsDone,

    /// <summary>What was watched had stopped getting better.</summary>
    EarlyStopping,

    /// <summary>The caller cancelled; the batch under way was finished first.</summary>
    Cancelled,

    /// <summary>There is nothing left to learn: a perceptron made no mistake in a whole epoch, L-BFGS found its gradient flat, or an adaptive schedule came to its least rate.</summary>
    Converged,

    /// <summary>A callback asked for it; the batch under way was finished first.</summary>
    Stopped,

    /// <summary><see cref="FitOptions.MaxDuration"/> had passed.</summary>
    TimeIsUp,
}

/// <summary>Where a run went on from.</summary>
/// <param name="Path">The checkpoint.</param>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Batch">Batches done in it.</param>
/// <param name="Skipped">Why newer checkpoints could not be used: a message for each, newest first.</param>
public sealed record ResumePoint(string Path, int Epoch, int Batch, IReadOnlyList<string> Skipped);
