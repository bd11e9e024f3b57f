using System.Diagnostics;

namespace FastMlp.Training;

/// <summary>Where the time of a run goes; the one thing in which two runs of the same seed differ.</summary>
internal sealed class FitClock
{
    private readonly long start = Stopwatch.GetTimestamp();
    private TimeSpan earlierRuns;
    private TimeSpan finishedEpochs;
    private TimeSpan earlierInEpoch;
    private TimeSpan scoring;
    private long batchesBegan;
    private long saved;

    public FitClock() => saved = start;

    /// <summary>Since the start of the run, with what went into a resumed checkpoint.</summary>
    public TimeSpan Elapsed => earlierRuns + Stopwatch.GetElapsedTime(start);

    /// <summary>Training time of the epoch under way, without scoring.</summary>
    public TimeSpan InEpoch { get; private set; }

    /// <summary>Training time of finished epochs.</summary>
    public TimeSpan Training => finishedEpochs;

    public TimeSpan SinceSave => Stopwatch.GetElapsedTime(saved);

    public void BatchesBegin()
    {
        batchesBegan = Stopwatch.GetTimestamp();
        earlierInEpoch = InEpoch;
    }

    /// <summary>Brings <see cref="InEpoch"/> up to date.</summary>
    public void Look() => InEpoch = earlierInEpoch + Stopwatch.GetElapsedTime(batchesBegan);

    /// <summary>The time in the epoch under way now counts as trained.</summary>
    public void EpochTrained() => finishedEpochs += InEpoch;

    public void NextEpoch() => InEpoch = TimeSpan.Zero;

    public void Scored(long began) => scoring = Stopwatch.GetElapsedTime(began);

    public void Saved() => saved = Stopwatch.GetTimestamp();

    /// <summary>Whether a limit of time has passed: that of this call counts, and what scoring will take is kept back.</summary>
    public bool IsUp(TimeSpan limit) => limit > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) + scoring >= limit;

    public void Restore(FitPosition position)
    {
        earlierRuns = TimeSpan.FromSeconds(position.Elapsed);
        finishedEpochs = TimeSpan.FromSeconds(position.Training);
        InEpoch = TimeSpan.FromSeconds(position.InEpoch);
    }
}
