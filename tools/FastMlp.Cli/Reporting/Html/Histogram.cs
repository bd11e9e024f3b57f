using System.Globalization;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>How many values lie in each of some equal intervals.</summary>
internal static class Histogram
{
    private const int FewestBins = 11;
    private const int MostBins = 41;

    public static Fragment Of(string title, string label, ReadOnlySpan<double> values, int colour, double height = 180)
    {
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        foreach (double value in values)
        {
            low = double.IsFinite(value) ? Math.Min(low, value) : low;
            high = double.IsFinite(value) ? Math.Max(high, value) : high;
        }

        if (!(low <= high))
        {
            return default;
        }

        if (low == high)
        {
            double half = Math.Max(Math.Abs(low) / 2, 0.5);
            (low, high) = (low - half, high + half);
        }

        int bins = Math.Clamp(2 * (int)Math.Sqrt(values.Length), FewestBins, MostBins);
        long[] counts = new long[bins];
        foreach (double value in values)
        {
            if (double.IsFinite(value))
            {
                counts[Math.Min(bins - 1, (int)((value - low) / (high - low) * bins))]++;
            }
        }

        // A peak that takes nearly all, as zeros behind a ReLU do, would flatten the rest: beyond a tenfold of the next it is cut.
        long[] ranked = [.. counts.OrderDescending()];
        long top = ranked[1] > 0 ? Math.Min(ranked[0], 10 * ranked[1]) : ranked[0];
        Plot plot = new(title, Axis.Between(label, low, high), Axis.Between(top < ranked[0] ? "values (highest bar cut)" : "values", 0, top * 1.05), height);
        double width = (high - low) / bins;
        for (int i = 0; i < bins; i++)
        {
            if (counts[i] > 0)
            {
                plot.Bar(low + (i * width), low + ((i + 1) * width), counts[i], colour,
                    string.Create(CultureInfo.InvariantCulture, $"{counts[i]:N0} from {low + (i * width):G4} to {low + ((i + 1) * width):G4}"));
            }
        }

        return plot.ToHtml();
    }

    public static Fragment Of(string title, string label, ReadOnlySpan<float> values, int colour)
    {
        double[] wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return Of(title, label, wide, colour);
    }
}
