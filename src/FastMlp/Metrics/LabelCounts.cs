namespace FastMlp.Metrics;

/// <summary>How often a class (or a label) was named rightly, wrongly, or missed, and what follows from that.</summary>
/// <param name="TruePositives">Rows that have it and were given it.</param>
/// <param name="FalsePositives">Rows that were given it and do not have it.</param>
/// <param name="FalseNegatives">Rows that have it and were not given it.</param>
public readonly record struct LabelCounts(long TruePositives, long FalsePositives, long FalseNegatives)
{
    /// <summary>Rows that have it: TP + FN.</summary>
    public long Support => TruePositives + FalseNegatives;

    /// <summary>TP / (TP + FP), the share of what was named that is right; 0 where it was never named.</summary>
    public double Precision => Share(TruePositives, TruePositives + FalsePositives);

    /// <summary>TP / (TP + FN), the share of what there was that was named; 0 where there was none.</summary>
    public double Recall => Share(TruePositives, Support);

    /// <summary>2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; 0 where both are 0.</summary>
    public double F1 => Share(2 * TruePositives, (2 * TruePositives) + FalsePositives + FalseNegatives);

    /// <summary>Whether truth or network ever named it.</summary>
    internal bool IsPresent => TruePositives + FalsePositives + FalseNegatives > 0;

    /// <summary>One figure for several classes; NaN where none is present.</summary>
    internal static double Average(ReadOnlySpan<LabelCounts> classes, Averaging averaging, Func<LabelCounts, double> figure)
    {
        LabelCounts all = default;
        double sum = 0;
        double weight = 0;
        foreach (LabelCounts one in classes)
        {
            all = new(all.TruePositives + one.TruePositives, all.FalsePositives + one.FalsePositives, all.FalseNegatives + one.FalseNegatives);
            double counts = averaging == Averaging.Weighted ? one.Support : one.IsPresent ? 1 : 0;
            sum += counts * figure(one);
            weight += counts;
        }

        return averaging switch
        {
            Averaging.Micro => all.IsPresent ? figure(all) : double.NaN,
            Averaging.Macro or Averaging.Weighted => weight > 0 ? sum / weight : double.NaN,
            _ => throw new ArgumentOutOfRangeException(nameof(averaging), averaging, "Unknown averaging."),
        };
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
