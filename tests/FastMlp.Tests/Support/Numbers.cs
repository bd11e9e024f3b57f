namespace FastMlp.Tests.Support;

/// <summary>Seeded test data.</summary>
internal static class Numbers
{
    /// <summary>Uniform on [low, high).</summary>
    public static float[] Uniform(int seed, int count, float low = -1, float high = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = low + ((high - low) * random.NextSingle());
        }

        return values;
    }

    /// <summary>The same on [-1, 1), of which a share is 0, some of it -0.</summary>
    public static float[] Sparse(int seed, int count, float zeros)
    {
        Random random = new(seed + 1);
        return Array.ConvertAll(Uniform(seed, count), value => random.NextSingle() < zeros ? value * 0 : value);
    }

    /// <summary>Rows of positive numbers that sum to 1.</summary>
    public static float[] Distributions(int seed, int rows, int size)
    {
        float[] values = Uniform(seed, rows * size, 0.05f);
        for (int row = 0; row < rows; row++)
        {
            Span<float> one = values.AsSpan(row * size, size);
            double sum = 0;
            foreach (float value in one)
            {
                sum += value;
            }

            for (int i = 0; i < size; i++)
            {
                one[i] = (float)(one[i] / sum);
            }
        }

        return values;
    }

    /// <summary>Class indices below <paramref name="classCount"/>.</summary>
    public static int[] Labels(int seed, int rows, int classCount)
    {
        Random random = new(seed);
        int[] labels = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            labels[row] = random.Next(classCount);
        }

        return labels;
    }

    /// <summary>The labels as rows with a single 1.</summary>
    public static float[] OneHot(ReadOnlySpan<int> labels, int classCount)
    {
        float[] rows = new float[labels.Length * classCount];
        for (int row = 0; row < labels.Length; row++)
        {
            rows[(row * classCount) + labels[row]] = 1;
        }

        return rows;
    }
}
