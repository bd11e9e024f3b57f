using FastMlp.Memory;

namespace FastMlp.Training.Batches;

/// <summary>The one place where rows of a data set are copied together as a batch.</summary>
internal sealed unsafe class BatchBuffer(int threads) : IDisposable
{
    private AlignedBuffer features = new(0);
    private AlignedBuffer values = new(0);
    private AlignedBuffer weights = new(0);
    private AlignedBuffer labels = new(0);
    private AlignedBuffer indices = new(0);

    /// <summary>Copies chosen rows, in their order; the batch is good until the next. Grows for the largest so far, and allocates nothing after that.</summary>
    /// <exception cref="ArgumentException">A number names no row.</exception>
    public Batch Gather(Dataset data, ReadOnlySpan<int> rows)
    {
        // Copied before they are checked, for the caller's array may change while rows are copied by them.
        Span<int> chosen = Indices(rows.Length);
        rows.CopyTo(chosen);
        foreach (int row in chosen)
        {
            if ((uint)row >= (uint)data.Rows)
            {
                throw new ArgumentException($"There is no row {row}: the data have {data.Rows} rows, from 0 on.", nameof(rows));
            }
        }

        return Gather(data, rows.Length);
    }

    /// <summary>Copies the <paramref name="count"/> rows from <paramref name="first"/> on.</summary>
    public Batch Copy(Dataset data, int first, int count)
    {
        Number(first, count);
        return Gather(data, count);
    }

    /// <summary>Copies all of a batch but its features: the targets of every row.</summary>
    public Targets CopyTargets(Dataset data)
    {
        Number(0, data.Rows);
        return GatherTargets(data, data.Rows);
    }

    public void Dispose()
    {
        features.Dispose();
        values.Dispose();
        weights.Dispose();
        labels.Dispose();
        indices.Dispose();
    }

    private static void Reserve(ref AlignedBuffer buffer, nint length)
    {
        if (buffer.Length < length)
        {
            buffer.Dispose();
            buffer = new AlignedBuffer(length);
        }
    }

    private Span<int> Indices(int count)
    {
        Reserve(ref indices, count);
        return new Span<int>(indices.Pointer, count);
    }

    private void Number(int first, int count)
    {
        Span<int> rows = Indices(count);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = first + i;
        }
    }

    private Batch Gather(Dataset data, int count)
    {
        nint stride = AlignedBuffer.RoundUp(data.InputSize);
        Reserve(ref features, stride * count);
        fixed (float* from = data.Features)
        {
            Kernels.Rows.Gather(from, (int*)indices.Pointer, features.Pointer, stride, count, data.InputSize, threads);
        }

        return new Batch(new MatrixView((nint)features.Pointer, count, data.InputSize, stride, IsPadded: true), GatherTargets(data, count));
    }

    private Targets GatherTargets(Dataset data, int count)
    {
        float* counts = GatherWeights(data, count);
        return data.IsClassification ? new(null, GatherLabels(data, count), counts) : new(GatherValues(data, count), null, counts);
    }

    private float* GatherWeights(Dataset data, int count)
    {
        ReadOnlySpan<float> from = data.Weights;
        if (from.IsEmpty)
        {
            return null;
        }

        Reserve(ref weights, count);
        int* rows = (int*)indices.Pointer;
        for (int i = 0; i < count; i++)
        {
            weights.Pointer[i] = from[rows[i]];
        }

        return weights.Pointer;
    }

    private float* GatherValues(Dataset data, int count)
    {
        int size = data.TargetSize;
        ReadOnlySpan<float> from = data.Targets;
        Reserve(ref values, (nint)count * size);
        int* rows = (int*)indices.Pointer;
        for (int i = 0; i < count; i++)
        {
            from.Slice(rows[i] * size, size).CopyTo(new Span<float>(values.Pointer + ((nint)i * size), size));
        }

        return values.Pointer;
    }

    private int* GatherLabels(Dataset data, int count)
    {
        ReadOnlySpan<int> from = data.Labels;
        Reserve(ref labels, count);
        int* rows = (int*)indices.Pointer;
        int* to = (int*)labels.Pointer;
        for (int i = 0; i < count; i++)
        {
            to[i] = from[rows[i]];
        }

        return to;
    }
}
