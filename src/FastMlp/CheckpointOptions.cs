namespace FastMlp;

/// <summary>
/// Where and how often <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/> writes all that it needs to go on: each checkpoint is one safetensors file, written under a
/// temporary name, flushed to the disk and renamed, so that a kill at any instant leaves the last whole one. One more is written when
/// training ends, for whatever reason but an exception.
/// </summary>
public sealed record CheckpointOptions
{
    /// <param name="folder">The folder of the run; it is made if it is missing.</param>
    public CheckpointOptions(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
    }

    /// <summary>The folder of the run.</summary>
    public string Folder { get; }

    /// <summary>A checkpoint after every so many epochs; 0 is never. 1 by default.</summary>
    public int EveryEpochs
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 1;

    /// <summary>A checkpoint whenever so much time has passed since the last one, also within an epoch; zero is never, the default.</summary>
    public TimeSpan Every
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    }

    /// <summary>How many of the latest checkpoints stay; at least 1. 3 by default.</summary>
    public int Keep
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 3;
}
