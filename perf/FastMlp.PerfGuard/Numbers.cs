namespace FastMlp.PerfGuard;

/// <summary>The inputs of the cases: the same on every machine and in every version. Frozen, as the naive kernel is.</summary>
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
