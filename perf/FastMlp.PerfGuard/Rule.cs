namespace FastMlp.PerfGuard;

/// <summary>What changes of a case, seen in several processes or pairs of them, amount to.</summary>
internal static class Rule
{
    /// <summary>A loss of speed beyond this is a regression. An injected 10 % is a loss of 9.1 %; the noise of a median of processes is about 1 %.</summary>
    public const double Limit = 0.05;

    /// <summary>A loss beyond this is measured again before it is judged.</summary>
    public const double Suspicion = 0.03;

    /// <summary>
    /// Processes, or pairs of them, without which nothing is said about a case, not even that it looks as fast as before. Where all cases are
    /// measured in pairs, two that lost little clear one: by three each, the time was over before a slowed case had its four. By chance
    /// a case slowed by 10 % passes two pairs once in 500 times where pairs scatter by 4 %, once in 60 by 6.
    /// </summary>
    public const int Fewest = 2;

    /// <summary>Pairs of processes without which a case that looked slower than the file is not judged.</summary>
    public const int FewestPairs = 3;

    /// <summary>So many pairs that all lost more than <see cref="Limit"/> need no more, and fewer condemn no case; by chance, one clean pair in ten does.</summary>
    public const int Unanimous = 4;

    /// <summary>Pairs after which the median decides.</summary>
    public const int MostPairs = 12;

    private const double AgreeingShare = 0.75;

    /// <summary>The median by the yardstick that speaks better of now: a real loss shows against both, a stray yardstick against one.</summary>
    public static double Median(IReadOnlyCollection<Change> seen) =>
        Math.Max(Statistics.Median(seen.Select(c => c.Peak)), Statistics.Median(seen.Select(c => c.Naive)));

    public static Verdict Judge(IReadOnlyCollection<Change> seen)
    {
        double median = Median(seen);
        return Math.Abs(median) <= Limit ? Verdict.Ok
            : !Agree(seen, Math.Sign(median)) || (median < 0 && seen.Count < Unanimous) ? Verdict.Unsteady
            : median > 0 ? Verdict.Faster
            : Verdict.Regression;
    }

    /// <summary>Whether further pairs could still change the verdict: neither have three quarters seen no loss, nor have all of several seen one.</summary>
    public static bool WantsPairs(IReadOnlyCollection<Change> seen, int fewest) =>
        seen.Count < fewest
        || (seen.Count < MostPairs
            && seen.Count(c => c.Kinder >= -Suspicion) < AgreeingShare * seen.Count
            && !(seen.Count >= Unanimous && seen.All(c => c.Kinder < -Limit)));

    /// <summary>Whether three quarters each saw a change that way: one or two odd ones among few must not carry the median.</summary>
    private static bool Agree(IReadOnlyCollection<Change> seen, int sign) =>
        seen.Count(c => sign * c.Kinder > Suspicion) >= AgreeingShare * seen.Count;
}

internal enum Verdict
{
    Ok,
    Unsteady,
    Faster,
    Regression,
}

/// <summary>now / before - 1, as speeds.</summary>
/// <param name="Peak">In units of the FMA peak.</param>
/// <param name="Naive">In units of the naive kernel.</param>
internal readonly record struct Change(double Peak, double Naive)
{
    public double Kinder => Math.Max(Peak, Naive);
}
