using FastMlp.Training.Batches;

namespace FastMlp.Tests.Support;

/// <summary>Rows in memory as a stream of them: in the batches and the order in which Fit takes them from memory.</summary>
/// <param name="data">The rows.</param>
/// <param name="options">Batch size, seed, and whether to shuffle.</param>
/// <param name="name">The stream's fingerprint; null for none.</param>
/// <param name="counts">Whether the stream tells how many batches and rows it has.</param>
internal sealed class Streamed(Dataset data, FitOptions options, string? name = null, bool counts = false) : StreamedDataset
{
    private readonly int batchSize = Math.Min(options.BatchSize, data.Rows);

    public override string? Fingerprint => name;

    public override int? BatchesPerEpoch => counts ? (data.Rows + batchSize - 1) / batchSize : null;

    public override long? RowsPerEpoch => counts ? data.Rows : null;

    /// <summary>Epochs that were asked for.</summary>
    public List<(int Epoch, int Skip)> Asked { get; } = [];

    public override IEnumerable<Dataset> Batches(int epoch)
    {
        Asked.Add((epoch, 0));
        return All(epoch);
    }

    public override IEnumerable<Dataset> Batches(int epoch, int skip)
    {
        Asked.Add((epoch, skip));
        return All(epoch).Skip(skip);
    }

    /// <summary>The arrays of a batch are those of the last: whoever keeps one without copying sees the next.</summary>
    private IEnumerable<Dataset> All(int epoch)
    {
        EpochOrder order = new(data.Rows, options.Seed);
        if (options.Shuffle && batchSize < data.Rows)
        {
            order.Shuffle(epoch);
        }

        int[] rows = options.Shuffle && batchSize < data.Rows ? order.Rows.ToArray() : [.. Enumerable.Range(0, data.Rows)];
        float[] features = new float[batchSize * data.InputSize];
        float[] targets = new float[data.IsClassification ? 0 : batchSize * data.TargetSize];
        int[] labels = new int[data.IsClassification ? batchSize : 0];
        float[] weights = new float[data.Weights.IsEmpty ? 0 : batchSize];
        for (int first = 0; first < rows.Length; first += batchSize)
        {
            Dataset batch = data.Select(rows.AsSpan(first, Math.Min(batchSize, rows.Length - first)));
            batch.Features.CopyTo(features);
            batch.Targets.CopyTo(targets);
            batch.Labels.CopyTo(labels);
            batch.Weights.CopyTo(weights);
            ReadOnlyMemory<float> x = features.AsMemory(0, batch.Features.Length);
            Dataset shared = data.IsClassification
                ? new Dataset(x, data.InputSize, labels.AsMemory(0, batch.Rows), data.TargetSize)
                : new Dataset(x, data.InputSize, targets.AsMemory(0, batch.Targets.Length), data.TargetSize);
            yield return weights.Length == 0 ? shared : shared.WithWeights(weights.AsMemory(0, batch.Rows));
        }

        Array.Fill(features, float.NaN);
        Array.Fill(labels, -1);
    }
}
