namespace FastMlp.Training.Batches;

/// <summary>
/// Where the batches of a run come from: rows in memory, or a stream. An epoch is entered at any of its batches, so that a run that is resumed
/// goes on where it was. A batch is good until the next one.
/// </summary>
internal abstract class BatchSource : IDisposable
{
    /// <summary>Whether the targets are class labels; known once an epoch has begun.</summary>
    public abstract bool IsClassification { get; }

    /// <summary>Rows in an epoch; null while nobody has counted them.</summary>
    public abstract long? Rows { get; }

    /// <summary>Batches in an epoch; null while nobody has counted them.</summary>
    public abstract int? Batches { get; }

    /// <summary>Whether every batch is the same rows: all of them.</summary>
    public abstract bool IsOneBatch { get; }

    /// <summary>What the facts of a run say about the data and their order, by name.</summary>
    public abstract IEnumerable<KeyValuePair<string, string>> Facts { get; }

    /// <summary>Whether the epoch under way has no more batches.</summary>
    public abstract bool IsAtEnd { get; }

    /// <summary>What the batches of the epoch so far were, where a resumed run is to compare them; else null.</summary>
    public virtual string? Passed => null;

    /// <summary>Whether so many batches of an epoch have so many rows, as far as that is known.</summary>
    public virtual bool Reaches(int batch, long rows) => true;

    /// <summary>Goes to a batch of an epoch.</summary>
    /// <param name="epoch">From 1; another epoch may be another order.</param>
    /// <param name="batch">Batches to leave out.</param>
    /// <param name="passed">What <see cref="Passed"/> was there; null where that is not known.</param>
    /// <exception cref="ArgumentException">The epoch has not so many batches, or those left out are others.</exception>
    public abstract void Begin(int epoch, int batch, string? passed);

    /// <summary>The next batch of the epoch, which is not at its end.</summary>
    public abstract Batch Next();

    /// <summary>One of the shares of rows that a batch is cut into; it may have no rows. Where ranks train together, each takes its own.</summary>
    /// <param name="ahead">Which batch: 0 is the next.</param>
    /// <param name="share">From 0.</param>
    /// <param name="shares">How many make the batch.</param>
    /// <exception cref="NotSupportedException">The source has no shares.</exception>
    public virtual Batch Part(int ahead, int share, int shares) =>
        throw new NotSupportedException("A group of ranks trains on rows in memory; give each rank the same Dataset in place of a stream.");

    /// <summary>Leaves out so many batches, of which the shares were taken.</summary>
    public virtual void Skip(int batches) => throw new NotSupportedException("This source has no shares.");

    /// <summary>Counts rows and batches, by reading an epoch if there is no other way.</summary>
    public virtual void Count()
    {
    }

    public abstract void Dispose();
}
