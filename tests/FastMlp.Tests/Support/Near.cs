namespace FastMlp.Tests.Support;

/// <summary>Comparisons with a bound that the caller derives; a failure names the worst element and both values.</summary>
internal static class Near
{
    /// <summary>The distance from 1 to the next float, 2^-23.</summary>
    public const double Epsilon = 1.0 / (1 << 23);

    /// <summary>Every |actual - expected| is at most <paramref name="bound"/>.</summary>
    public static void Equal(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double bound, string what)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: {actual.Length} values, not {expected.Length}.");
        for (int i = 0; i < expected.Length; i++)
        {
            Equal(expected[i], actual[i], bound, $"{what}[{i}]");
        }
    }

    public static void Equal(double expected, double actual, double bound, string what)
    {
        double error = Math.Abs(actual - expected);
        Assert.True(error <= bound, $"{what} is {actual:R}, not {expected:R}: {error:G3} apart, {bound:G3} allowed.");
    }

    /// <summary>The largest absolute value; 0 of none.</summary>
    public static double Largest(ReadOnlySpan<double> values)
    {
        double largest = 0;
        foreach (double value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }
}
