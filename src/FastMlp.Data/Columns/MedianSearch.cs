namespace FastMlp.Data;

/// <summary>
/// The exact median of any number of values in bounded memory, by passes over the same values: each counts them in 65,536 equal bins and goes on in the bin
/// that holds the middle, until all values there are equal.
/// </summary>
internal sealed class MedianSearch(double low, double high)
{
    private const int Bins = 1 << 16;
    private readonly long[] counts = new long[Bins];
    private readonly double[] least = new double[Bins];
    private readonly double[] greatest = new double[Bins];
    private long below;
    private long total = -1;

    /// <summary>The median, once <see cref="EndPass"/> said so: of an even number of values, the mean of the middle two.</summary>
    public double Median { get; private set; }

    public void Add(double value)
    {
        if (!(value >= low && value <= high))
        {
            return;
        }

        int bin = high > low ? (int)((value - low) / (high - low) * (Bins - 1)) : 0;
        least[bin] = counts[bin] == 0 ? value : Math.Min(least[bin], value);
        greatest[bin] = counts[bin] == 0 ? value : Math.Max(greatest[bin], value);
        counts[bin]++;
    }

    /// <summary>Whether the median is found; if not, the same values must come again.</summary>
    public bool EndPass()
    {
        total = total < 0 ? counts.Sum() : total;
        if (total == 0)
        {
            return true;
        }

        (int first, long rankFirst) = Locate(((total - 1) / 2) - below);
        (int second, _) = Locate((total / 2) - below);
        if (first != second || least[first] == greatest[first])
        {
            Median = (greatest[first] + least[second]) / 2;
            return true;
        }

        below += ((total - 1) / 2) - below - rankFirst;
        (low, high) = (least[first], greatest[first]);
        Array.Clear(counts);
        return false;
    }

    private (int Bin, long Rank) Locate(long rank)
    {
        for (int bin = 0; ; bin++)
        {
            if (rank < counts[bin])
            {
                return (bin, rank);
            }

            rank -= counts[bin];
        }
    }
}
