using System.Buffers;
using System.Globalization;
using FastMlp.Memory;

namespace FastMlp.Training.Batches;

/// <summary>Rows in memory, in a new order for each epoch, or in their own. A batch of all rows reads the features where they lie; others are copied together.</summary>
internal sealed unsafe class DatasetBatches : BatchSource
{
    private readonly Dataset train;
    private readonly Dataset source;
    private readonly FitOptions options;
    private readonly int batchSize;
    private readonly BatchBuffer buffer;
    private readonly EpochOrder? order;
    private readonly Batch? whole;
    private MemoryHandle pinned;
    private int done;

    /// <param name="train">The rows to train on.</param>
    /// <param name="source">The data that they were taken from, which the facts of a run name.</param>
    /// <param name="options">Size and order of the batches.</param>
    /// <param name="threads">Threads that copy.</param>
    public DatasetBatches(Dataset train, Dataset source, FitOptions options, int threads)
    {
        this.train = train;
        this.source = source;
        this.options = options;
        batchSize = Math.Min(options.BatchSize, train.Rows);
        buffer = new BatchBuffer(threads);
        if (IsOneBatch)
        {
            pinned = train.PinFeatures();
            whole = new Batch(MatrixView.Dense((float*)pinned.Pointer, train.Rows, train.InputSize), buffer.CopyTargets(train));
        }
        else if (options.Shuffle)
        {
            order = new EpochOrder(train.Rows, options.Seed);
        }
    }

    public override bool IsClassification => train.IsClassification;

    public override long? Rows => train.Rows;

    public override int? Batches => (int)(((long)train.Rows + batchSize - 1) / batchSize);

    public override bool IsOneBatch => batchSize == train.Rows;

    public override IEnumerable<KeyValuePair<string, string>> Facts =>
    [
        new("batch size", batchSize.ToString(CultureInfo.InvariantCulture)),
        new("shuffle", options.Shuffle ? "yes" : "no"),
        new("training data", source.Fingerprint),
    ];

    public override bool IsAtEnd => done >= Batches;

    public override bool Reaches(int batch, long rows) => batch <= Batches && rows == Math.Min((long)batch * batchSize, train.Rows);

    public override void Begin(int epoch, int batch, string? passed)
    {
        done = batch;
        order?.Shuffle(epoch);
    }

    public override Batch Next()
    {
        int first = done++ * batchSize;
        int rows = Math.Min(batchSize, train.Rows - first);
        return whole ?? (order is null ? buffer.Copy(train, first, rows) : buffer.Gather(train, order.Rows.Slice(first, rows)));
    }

    public override Batch Part(int ahead, int share, int shares)
    {
        long begin = (long)(done + ahead) * batchSize;
        long rows = Math.Min(batchSize, train.Rows - begin);
        int first = (int)(begin + (rows * share / shares));
        int count = (int)(begin + (rows * (share + 1) / shares)) - first;
        return order is null ? buffer.Copy(train, first, count) : buffer.Gather(train, order.Rows.Slice(first, count));
    }

    public override void Skip(int batches) => done += batches;

    public override void Dispose()
    {
        pinned.Dispose();
        buffer.Dispose();
    }
}
