namespace FastMlp;

/// <summary>
/// What is called while <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/> trains, on its thread; override what is of interest. The arguments are made once, so a
/// callback that allocates nothing leaves training at 0 bytes a step.
/// </summary>
/// <remarks>A callback may read the network, but not change it. It may set <see cref="TrainingProgress.LearningRate"/>. What it throws ends the training.</remarks>
public abstract class TrainingCallback
{
    /// <summary>Training begins, or goes on where <see cref="TrainingProgress.Resumed"/> is set.</summary>
    /// <param name="progress">Where training is, and the way to stop it.</param>
    public virtual void OnTrainBegin(TrainingProgress progress)
    {
    }

    /// <summary>Training has ended, the best parameters are back where that was asked for.</summary>
    /// <param name="progress">Where training is.</param>
    /// <param name="report">What was done.</param>
    public virtual void OnTrainEnd(TrainingProgress progress, FitReport report)
    {
    }

    /// <summary>An epoch begins.</summary>
    /// <param name="progress">Where training is, and the way to stop it.</param>
    public virtual void OnEpochBegin(TrainingProgress progress)
    {
    }

    /// <summary>An epoch has ended, and the validation rows have been scored.</summary>
    /// <param name="progress">Where training is, and the way to stop it.</param>
    /// <param name="report">The losses and metrics of the epoch.</param>
    public virtual void OnEpochEnd(TrainingProgress progress, in EpochReport report)
    {
    }

    /// <summary>A batch begins.</summary>
    /// <param name="progress">Where training is, and the way to stop it.</param>
    public virtual void OnBatchBegin(TrainingProgress progress)
    {
    }

    /// <summary>A batch has gone forward and backward, and has been stepped with unless its gradient waits for others.</summary>
    /// <param name="progress">Where training is, and the way to stop it.</param>
    public virtual void OnBatchEnd(TrainingProgress progress)
    {
    }

    /// <summary>A checkpoint lies on the disk.</summary>
    /// <param name="progress">Where training is, and the way to stop it.</param>
    /// <param name="path">Its file.</param>
    public virtual void OnCheckpoint(TrainingProgress progress, string path)
    {
    }
}
