namespace FastMlp.PerfGuard;

/// <summary>The inputs of the cases: the same on every machine and in every build.</summary>
internal static class Numbers
{
    /// <summary>Values on [-1, 1) from a linear congruential generator (Knuth's MMIX constants).</summary>
    public static float[] Uniform(int count, int seed)
    {
        ulong state = (ulong)seed;
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            state = (state * 6364136223846793005UL) + 1442695040888963407UL;
            values[i] = ((state >> 40) * (2f / (1 << 24))) - 1;
        }

        return values;
    }

    /// <summary>Zeros in four of five places, at random: no pattern for a branch predictor to learn.</summary>
    public static void ClearFourInFive(float[] values)
    {
        float[] dice = Uniform(values.Length, 5);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = dice[i] < 0.6f ? 0 : values[i];
        }
    }

    /// <summary>Zeros outside a band of a fifth of each row, a little elsewhere in each row: empty margins, as in images.</summary>
    public static void ClearMargins(float[] values, int columns)
    {
        int band = columns / 5;
        for (int i = 0; i < values.Length; i++)
        {
            int first = (columns * 2 / 5) + (i / columns * 13 % band) - (band / 2);
            int column = i % columns;
            values[i] = column < first || column >= first + band ? 0 : values[i];
        }
    }

    public static int[] Labels(int count, int classes)
    {
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = i * 7 % classes;
        }

        return labels;
    }
}
