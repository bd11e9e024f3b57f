namespace FastMlp.Data;

/// <summary>How a <see cref="Tuner"/> searches.</summary>
public sealed record TunerOptions
{
    /// <summary>Settings to try. 50 by default.</summary>
    public int Trials { get; init; } = 50;

    /// <summary>No new work is begun after this long; zero, the default, is no limit.</summary>
    public TimeSpan MaxDuration { get; init; }

    /// <summary>Epochs of the trials that come to the last rung. 81 by default.</summary>
    public int Epochs { get; init; } = 81;

    /// <summary>Epochs of the first rung, which every trial gets. 3 by default.</summary>
    public int FirstEpochs { get; init; } = 3;

    /// <summary>eta: the best of so many of a rung go on to the next, which is so many times as long. 3 by default.</summary>
    public int Reduction { get; init; } = 3;

    /// <summary>How the settings of a trial are drawn. <see cref="TrialSampling.Tpe"/> by default.</summary>
    public TrialSampling Sampling { get; init; } = TrialSampling.Tpe;

    /// <summary>The seed of all settings.</summary>
    public int Seed { get; init; }

    /// <summary>Trials trained at a time, each on one thread; 0 is one for each core. The result is the same for any number.</summary>
    public int Threads { get; init; }

    /// <summary>A file of JSON lines, one for each rung of each trial, which a search that was killed goes on from; null for none.</summary>
    public string? Journal { get; init; }

    /// <summary>Called after each rung of a trial, on the thread of <see cref="Tuner.Run"/>.</summary>
    public Action<TrialReport>? Progress { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Trials, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(FirstEpochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, FirstEpochs);
        ArgumentOutOfRangeException.ThrowIfLessThan(Reduction, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDuration, TimeSpan.Zero);
    }
}

/// <summary>How settings are drawn.</summary>
public enum TrialSampling
{
    /// <summary>Uniformly from the whole space.</summary>
    Random,

    /// <summary>After some random ones, where good trials are denser than others: the tree-structured Parzen estimator of Bergstra et al. (2011).</summary>
    Tpe,
}
