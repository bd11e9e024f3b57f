namespace FastMlp;

/// <summary>
/// Rows that come batch by batch, epoch after epoch: from a file larger than memory, a database, a simulation. <see cref="Network.Fit(StreamedDataset, FitOptions, CancellationToken)"/>
/// does with them all that it does with rows in memory. The same epoch must give the same batches each time it is asked for.
/// </summary>
public abstract class StreamedDataset
{
    /// <summary>Batches in an epoch, where that is known beforehand; null, the default, where it is found out by reading.</summary>
    public virtual int? BatchesPerEpoch => null;

    /// <summary>Rows in an epoch, where that is known beforehand; null, the default, where it is found out by reading.</summary>
    public virtual long? RowsPerEpoch => null;

    /// <summary>
    /// A text that names the rows and their order, for checkpoints: a run resumes only from a stream of the same name. Null, the default, where there is
    /// none: a run that resumes within an epoch then reads the batches before its place again and compares their hash.
    /// </summary>
    public virtual string? Fingerprint => null;

    /// <summary>A stream from a function.</summary>
    /// <param name="batchesOf">The batches of an epoch, counted from 1.</param>
    /// <param name="batchesPerEpoch">Batches in an epoch, if known.</param>
    /// <param name="rowsPerEpoch">Rows in an epoch, if known.</param>
    public static StreamedDataset Of(Func<int, IEnumerable<Dataset>> batchesOf, int? batchesPerEpoch = null, long? rowsPerEpoch = null)
    {
        ArgumentNullException.ThrowIfNull(batchesOf);
        return new OfFunction(batchesOf, batchesPerEpoch, rowsPerEpoch);
    }

    /// <summary>The batches of an epoch, each a set of rows as the network sees them. The arrays of a batch may be used again for the next.</summary>
    /// <param name="epoch">From 1; another epoch may be another order.</param>
    public abstract IEnumerable<Dataset> Batches(int epoch);

    /// <summary>The same without the first <paramref name="skip"/>; override it where leaving out is cheaper than making them.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="skip">Batches to leave out.</param>
    public virtual IEnumerable<Dataset> Batches(int epoch, int skip) => Batches(epoch).Skip(skip);

    private sealed class OfFunction(Func<int, IEnumerable<Dataset>> batchesOf, int? batchesPerEpoch, long? rowsPerEpoch) : StreamedDataset
    {
        public override int? BatchesPerEpoch => batchesPerEpoch;

        public override long? RowsPerEpoch => rowsPerEpoch;

        public override IEnumerable<Dataset> Batches(int epoch) => batchesOf(epoch) ?? throw new InvalidOperationException($"The function gave null for the batches of epoch {epoch}.");
    }
}
