using System.Diagnostics;
using FastMlp.Training;

namespace FastMlp;

/// <summary>Where a training run is; one object for the whole run.</summary>
public sealed class TrainingProgress
{
    private readonly TrainingState state;
    private readonly long start = Stopwatch.GetTimestamp();

    internal TrainingProgress(Network network, TrainingState state, int epochs)
    {
        Network = network;
        this.state = state;
        Epochs = epochs;
    }

    /// <summary>The network that is being trained.</summary>
    public Network Network { get; }

    /// <summary>The epoch under way, from 1; after an epoch the one that has ended.</summary>
    public int Epoch { get; internal set; }

    /// <summary>Epochs that are planned.</summary>
    public int Epochs { get; }

    /// <summary>The batch under way in its epoch, from 1; 0 between epochs.</summary>
    public int Batch { get; internal set; }

    /// <summary>Batches in an epoch; 0 while a stream that does not tell is in its first.</summary>
    public int BatchesPerEpoch { get; internal set; }

    /// <summary>Updates done so far, those before a resumed checkpoint included.</summary>
    public long StepCount => state.StepCount;

    /// <summary>The learning rate of the next update. A callback may set it where there is no schedule; a checkpoint keeps it.</summary>
    /// <exception cref="InvalidOperationException">It is set, and a schedule sets it too.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is set to what is not a positive, finite number.</exception>
    public float LearningRate
    {
        get => state.LearningRate;
        set => state.SetRate(value);
    }

    /// <summary>The mean loss of the last batch, before its update.</summary>
    public float Loss { get; internal set; }

    /// <summary>Since the start of this call.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(start);

    /// <summary>Where the run went on from; null where it began at the beginning.</summary>
    public ResumePoint? Resumed { get; internal set; }

    internal bool IsStopRequested { get; private set; }

    /// <summary>Ends training after the update under way.</summary>
    public void Stop() => IsStopRequested = true;
}
