namespace FastMlp.Metrics;

/// <summary>A data set through a network, so many rows at a time.</summary>
internal static class RowBlocks
{
    /// <summary>Enough for the matrix kernels, and small beside the data.</summary>
    private const int Rows = 1024;

    public delegate void Prediction(ReadOnlySpan<float> x, Span<float> y);

    public delegate void Sink(ReadOnlySpan<float> outputs, Dataset rows);

    public static void Run(Dataset data, int outputSize, Prediction predict, Sink sink)
    {
        float[] outputs = new float[Math.Min(data.Rows, Rows) * outputSize];
        for (int first = 0; first < data.Rows; first += Rows)
        {
            Dataset block = data.Slice(first, Math.Min(Rows, data.Rows - first));
            Span<float> y = outputs.AsSpan(0, block.Rows * outputSize);
            predict(block.Features, y);
            sink(y, block);
        }
    }

    /// <summary>Rows of outputs and of targets of one size.</summary>
    public static int Count(int outputs, int targets, int size)
    {
        if (outputs % size != 0)
        {
            throw new ArgumentException($"{outputs} values are not a whole number of rows of {size} outputs.", nameof(outputs));
        }

        return outputs == targets
            ? outputs / size
            : throw new ArgumentException($"{outputs / size} rows of {size} targets are {outputs} values, not {targets}.", nameof(targets));
    }
}
