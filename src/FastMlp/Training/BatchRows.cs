using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Chosen rows of a data set, copied together as a batch.</summary>
internal sealed unsafe class BatchRows : IDisposable
{
    private readonly Dataset data;
    private readonly int threads;
    private readonly nint stride;
    private readonly AlignedBuffer features;
    private readonly AlignedBuffer targets;
    private readonly AlignedBuffer weights;
    private readonly AlignedBuffer labels;
    private readonly AlignedBuffer indices;

    /// <param name="data">The rows to choose from.</param>
    /// <param name="capacity">The most rows in a batch.</param>
    /// <param name="threads">Threads that copy.</param>
    public BatchRows(Dataset data, int capacity, int threads)
    {
        this.data = data;
        this.threads = threads;
        Capacity = capacity;
        stride = AlignedBuffer.RoundUp(data.InputSize);
        features = new AlignedBuffer(stride * capacity);
        targets = new AlignedBuffer(data.IsClassification ? 0 : (nint)data.TargetSize * capacity);
        weights = new AlignedBuffer(data.Weights.IsEmpty ? 0 : capacity);
        labels = new AlignedBuffer(data.IsClassification ? capacity : 0);
        indices = new AlignedBuffer(capacity);
    }

    public int Capacity { get; }

    /// <summary>Whether this gathers from these data.</summary>
    public bool IsFrom(Dataset other) => ReferenceEquals(data, other);

    /// <summary>Copies rows, in their order; the batch is good until the next call.</summary>
    /// <exception cref="ArgumentException">There are more rows than <see cref="Capacity"/>, or a number names none.</exception>
    public MatrixView Gather(ReadOnlySpan<int> rows, out Targets batchTargets)
    {
        if (rows.Length > Capacity)
        {
            throw new ArgumentException($"There are {rows.Length} rows; a batch has room for {Capacity}.", nameof(rows));
        }

        // Copied before they are checked, for the caller's array may change while rows are copied by them.
        int* chosen = (int*)indices.Pointer;
        rows.CopyTo(new Span<int>(chosen, Capacity));
        for (int i = 0; i < rows.Length; i++)
        {
            if ((uint)chosen[i] >= (uint)data.Rows)
            {
                throw new ArgumentException($"There is no row {chosen[i]}: the data have {data.Rows} rows, from 0 on.", nameof(rows));
            }
        }

        fixed (float* from = data.Features)
        {
            Rows.Gather(from, chosen, features.Pointer, stride, rows.Length, data.InputSize, threads);
        }

        int* classes = (int*)labels.Pointer;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = chosen[i];
            if (!data.Weights.IsEmpty)
            {
                weights.Pointer[i] = data.Weights[row];
            }

            if (data.IsClassification)
            {
                classes[i] = data.Labels[row];
            }
            else
            {
                int size = data.TargetSize;
                data.Targets.Slice(row * size, size).CopyTo(new Span<float>(targets.Pointer + ((nint)i * size), size));
            }
        }

        float* counts = data.Weights.IsEmpty ? null : weights.Pointer;
        batchTargets = data.IsClassification ? new(null, classes, counts) : new(targets.Pointer, null, counts);
        return new MatrixView((nint)features.Pointer, rows.Length, data.InputSize, stride, IsPadded: true);
    }

    public void Dispose()
    {
        features.Dispose();
        targets.Dispose();
        weights.Dispose();
        labels.Dispose();
        indices.Dispose();
    }
}
