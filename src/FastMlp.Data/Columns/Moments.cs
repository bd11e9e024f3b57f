namespace FastMlp.Data;

/// <summary>
/// Count, mean, sum of squared differences from the mean and extremes of numbers that come one at a time, in double precision:
/// B. P. Welford's update (1962), and for two sets the rule of T. F. Chan, G. H. Golub and R. J. LeVeque (1979).
/// </summary>
internal struct Moments
{
    private double squares;

    public long Count { get; private set; }

    public double Mean { get; private set; }

    public double Min { get; private set; }

    public double Max { get; private set; }

    /// <summary>Of the population: divided by the number of values.</summary>
    public readonly double Deviation => Math.Sqrt(squares / Count);

    /// <summary>The same value <paramref name="count"/> times.</summary>
    public static Moments Of(double value, long count) => count == 0 ? default : new Moments { Count = count, Mean = value, Min = value, Max = value };

    /// <summary>Of each column of rows that follow one another.</summary>
    public static Moments[] OfColumns(ReadOnlySpan<float> values, int size)
    {
        Moments[] columns = new Moments[size];
        for (; !values.IsEmpty; values = values[size..])
        {
            for (int c = 0; c < columns.Length; c++)
            {
                columns[c].Add(values[c]);
            }
        }

        return columns;
    }

    public void Add(double value)
    {
        Min = Count == 0 ? value : Math.Min(Min, value);
        Max = Count == 0 ? value : Math.Max(Max, value);
        Count++;
        double difference = value - Mean;
        Mean += difference / Count;
        squares += difference * (value - Mean);
    }

    public void Add(Moments other)
    {
        if (other.Count == 0)
        {
            return;
        }

        if (Count == 0)
        {
            this = other;
            return;
        }

        double total = (double)Count + other.Count;
        double difference = other.Mean - Mean;
        Mean += difference * (other.Count / total);
        squares += other.squares + (difference * difference * (Count * (other.Count / total)));
        Min = Math.Min(Min, other.Min);
        Max = Math.Max(Max, other.Max);
        Count += other.Count;
    }

    /// <summary>The moments of x - <paramref name="offset"/>.</summary>
    public readonly Moments Less(double offset) => this with { Mean = Mean - offset, Min = Min - offset, Max = Max - offset };
}
