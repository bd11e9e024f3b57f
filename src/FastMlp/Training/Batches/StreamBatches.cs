using System.Globalization;
using System.IO.Hashing;
using CommunityToolkit.HighPerformance;
using FastMlp.Layers;

namespace FastMlp.Training.Batches;

/// <summary>
/// Batches as a stream has them. Each is copied before the next is asked for: whether it is the last is then known, and the stream may use
/// its arrays again.
/// </summary>
internal sealed class StreamBatches : BatchSource
{
    private readonly StreamedDataset stream;
    private readonly LayerStack stack;
    private readonly LossFunction loss;
    private readonly BatchBuffer buffer;
    private readonly XxHash64? passed;
    private IEnumerator<Dataset>? batches;
    private Dataset? waiting;
    private bool? isClassification;
    private long? rows;
    private int? count;
    private long rowsSoFar;
    private int done;
    private bool isWhole;

    /// <param name="stream">The batches.</param>
    /// <param name="stack">The network, which each of them must fit.</param>
    /// <param name="loss">The loss, which it must fit too.</param>
    /// <param name="threads">Threads that copy.</param>
    /// <param name="remembers">Whether there are checkpoints, in which the batches that have passed are named.</param>
    public StreamBatches(StreamedDataset stream, LayerStack stack, LossFunction loss, int threads, bool remembers)
    {
        this.stream = stream;
        this.stack = stack;
        this.loss = loss;
        buffer = new BatchBuffer(threads);
        rows = stream.RowsPerEpoch;
        count = stream.BatchesPerEpoch;
        passed = remembers && stream.Fingerprint is null ? new XxHash64() : null;
    }

    public override bool IsClassification => isClassification ?? false;

    public override long? Rows => rows;

    public override int? Batches => count;

    public override bool IsOneBatch => false;

    public override IEnumerable<KeyValuePair<string, string>> Facts =>
    [
        new("batch size", "of the stream"),
        new("shuffle", "of the stream"),
        new("training data", stream.Fingerprint ?? "a stream"),
    ];

    public override bool IsAtEnd => waiting is null;

    public override string? Passed => passed?.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);

    public override void Begin(int epoch, int batch, string? passedBefore)
    {
        batches?.Dispose();
        passed?.Reset();
        isWhole = batch == 0;
        rowsSoFar = 0;
        done = 0;

        // Where nothing names the batches, those that were trained on are read again and compared.
        bool compares = passed is not null && batch > 0;
        batches = (compares ? stream.Batches(epoch) : stream.Batches(epoch, batch)).GetEnumerator();
        Advance();
        for (; compares && done < batch; Advance())
        {
            if (waiting is null)
            {
                throw new ArgumentException($"Epoch {epoch} of the stream has {done} batches; the checkpoint was trained on {batch}.");
            }

            Take(waiting);
        }

        done = batch;
        if (compares && passedBefore is not null && Passed != passedBefore)
        {
            throw new ArgumentException($"The first {batch} batches of epoch {epoch} are not those that the checkpoint was trained on: the stream has changed.");
        }

        if (waiting is null)
        {
            throw new ArgumentException($"Epoch {epoch} of the stream has no batches{(batch > 0 ? $" after the first {batch}, where the checkpoint was made" : "")}.");
        }
    }

    public override Batch Next()
    {
        Batch next = buffer.Copy(waiting!, 0, waiting!.Rows);
        Take(waiting);
        Advance();
        if (waiting is null && isWhole)
        {
            Tell();
        }

        return next;
    }

    /// <summary>Reads the first epoch once where the stream does not tell.</summary>
    public override void Count()
    {
        if (rows is not null && count is not null)
        {
            return;
        }

        long all = 0;
        int batch = 0;
        foreach (Dataset one in stream.Batches(1))
        {
            all += one.Rows;
            batch++;
        }

        (rows, count) = (all, batch);
    }

    public override void Dispose()
    {
        batches?.Dispose();
        buffer.Dispose();
    }

    /// <summary>A whole epoch has passed: it is as long as the stream said.</summary>
    private void Tell()
    {
        if ((stream.BatchesPerEpoch ?? done) != done || (stream.RowsPerEpoch ?? rowsSoFar) != rowsSoFar)
        {
            throw new ArgumentException($"The stream says that an epoch has {stream.BatchesPerEpoch ?? done} batches and {stream.RowsPerEpoch ?? rowsSoFar} rows; it had {done} and {rowsSoFar}.");
        }

        (rows, count) = (rowsSoFar, done);
    }

    /// <summary>Asks for the next batch, which must fit.</summary>
    private void Advance()
    {
        waiting = batches!.MoveNext() ? batches.Current : null;
        if (waiting is null)
        {
            batches.Dispose();
            return;
        }

        if (waiting.Rows == 0)
        {
            throw new ArgumentException($"Batch {done + 1} of the stream has no rows.");
        }

        Shapes.Check(stack, loss, waiting, "stream");
        isClassification ??= waiting.IsClassification;
        if (isClassification != waiting.IsClassification)
        {
            throw new ArgumentException($"Batch {done + 1} of the stream has {(waiting.IsClassification ? "class labels" : "values")} to learn, those before it {(waiting.IsClassification ? "values" : "class labels")}.");
        }
    }

    private void Take(Dataset batch)
    {
        done++;
        rowsSoFar += batch.Rows;
        if (passed is not null)
        {
            passed.Append(batch.Features.AsBytes());
            passed.Append(batch.Targets.AsBytes());
            passed.Append(batch.Labels.AsBytes());
            passed.Append(batch.Weights.AsBytes());
        }
    }
}
