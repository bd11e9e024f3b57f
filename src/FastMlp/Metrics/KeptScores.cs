namespace FastMlp.Metrics;

/// <summary>Rows of outputs that are kept because a figure needs all of them at once, [rows, columns].</summary>
internal sealed class KeptScores(int columns)
{
    private float[] values = [];
    private int length;

    public int Rows => length / columns;

    public void Add(ReadOnlySpan<float> rows)
    {
        int needed = checked(length + rows.Length);
        if (needed > values.Length)
        {
            Array.Resize(ref values, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * values.Length)));
        }

        rows.CopyTo(values.AsSpan(length));
        length = needed;
    }

    public float[] Column(int column)
    {
        float[] scores = new float[Rows];
        for (int row = 0; row < scores.Length; row++)
        {
            scores[row] = values[(row * columns) + column];
        }

        return scores;
    }
}
