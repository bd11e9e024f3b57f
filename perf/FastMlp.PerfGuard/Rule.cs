namespace FastMlp.PerfGuard;

/// <summary>What the changes of a case, one from each pair of processes, amount to. A change is old time / new time - 1: below 0, the new build is slower.</summary>
internal static class Rule
{
    /// <summary>A loss beyond this is a regression. Two builds of one commit differ by up to 1 % in the median of three pairs.</summary>
    public const double Limit = 0.03;

    /// <summary>A loss beyond this is measured in more pairs.</summary>
    public const double Suspicion = 0.015;

    /// <summary>Pairs without which nothing is said about a case.</summary>
    public const int FewestPairs = 3;

    /// <summary>Pairs after which the median decides.</summary>
    public const int MostPairs = 9;

    /// <summary>The share of pairs that must agree with a verdict.</summary>
    private const double Agreement = 0.75;

    public static Verdict Judge(IReadOnlyCollection<double> changes)
    {
        if (changes.Count < FewestPairs)
        {
            return Verdict.TooNoisy;
        }

        double median = Median(changes);
        if (Math.Abs(median) <= Limit)
        {
            return Verdict.Same;
        }

        int sign = Math.Sign(median);
        bool agree = changes.Count(change => sign * change > Suspicion) >= Agreement * changes.Count;
        return !agree ? Verdict.TooNoisy : sign > 0 ? Verdict.Faster : Verdict.Slower;
    }

    /// <summary>Whether more pairs could change the verdict. Three that lost little clear a case; five that all lost much condemn it.</summary>
    public static bool WantsMore(IReadOnlyCollection<double> changes) =>
        changes.Count < FewestPairs
        || (changes.Count < MostPairs
            && changes.Count(change => change > -Suspicion) < Agreement * changes.Count
            && !(changes.Count >= FewestPairs + 2 && changes.All(change => change < -Limit)));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}

internal enum Verdict
{
    Same,
    Faster,
    Slower,
    TooNoisy,
}
