using System.Globalization;

namespace FastMlp.Onnx.Tests.Support;

/// <summary>Equality of outputs up to rounding.</summary>
internal static class Close
{
    /// <summary>The largest |actual - expected| / max(|expected|, floor).</summary>
    public static double Error(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double floor)
    {
        double worst = expected.Length == actual.Length ? 0 : double.PositiveInfinity;
        for (int i = 0; i < Math.Min(expected.Length, actual.Length); i++)
        {
            if (expected[i] == actual[i] || (float.IsNaN(expected[i]) && float.IsNaN(actual[i])))
            {
                continue;
            }

            double error = Math.Abs((double)actual[i] - expected[i]) / Math.Max(Math.Abs((double)expected[i]), floor);
            worst = Math.Max(worst, double.IsNaN(error) ? double.PositiveInfinity : error);
        }

        return worst;
    }

    /// <summary>Equal within 1e-5 of each number; below a hundredth of the largest, within 1e-7 of that.</summary>
    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        foreach (float value in expected)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        double error = Error(expected, actual, largest / 100);
        Assert.True(error <= 1e-5, string.Create(CultureInfo.InvariantCulture, $"{what}: differs by {error:e2} relative; expected {Some(expected)}, got {Some(actual)}"));
    }

    private static string Some(ReadOnlySpan<float> values) => string.Join(", ", values[..Math.Min(8, values.Length)].ToArray());
}
