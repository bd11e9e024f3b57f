namespace FastMlp.Metrics;

/// <summary>
/// The receiver operating characteristic: true against false positive rate over all thresholds, from (0, 0) to (1, 1), and the area
/// under it.
/// </summary>
public sealed class RocCurve
{
    private RocCurve(RocPoint[] points, double area)
    {
        Points = points;
        Area = area;
    }

    /// <summary>The corners of the curve, from the highest threshold to the lowest; points on a straight line between two others are left out.</summary>
    public IReadOnlyList<RocPoint> Points { get; }

    /// <summary>
    /// ROC AUC: the probability that a positive row has a higher score than a negative one, where equal scores count one half. Exact:
    /// summed in whole numbers and divided once.
    /// </summary>
    public double Area { get; }

    /// <summary>The curve of scores against the truth.</summary>
    /// <param name="scores">Any numbers that rise with the belief in the positive class; infinities are allowed.</param>
    /// <param name="isPositive">Which rows are positive.</param>
    /// <exception cref="ArgumentException">The lengths differ, a score is NaN, or all rows are of one class, where no curve is defined.</exception>
    public static RocCurve Of(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive) => TryOf(scores, isPositive)
        ?? throw new ArgumentException("All rows are of one class; a ROC curve needs both positive and negative rows.", nameof(isPositive));

    /// <summary>The same from labels, where every other than 0 is positive.</summary>
    /// <exception cref="ArgumentException">The lengths differ, a score is NaN, or all rows are of one class, where no curve is defined.</exception>
    public static RocCurve Of(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels)
    {
        bool[] isPositive = new bool[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            isPositive[i] = labels[i] != 0;
        }

        return Of(scores, isPositive);
    }

    /// <summary>Null where all rows are of one class.</summary>
    internal static RocCurve? TryOf(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive)
    {
        if (scores.Length != isPositive.Length)
        {
            throw new ArgumentException($"{scores.Length} scores and {isPositive.Length} answers are not of the same rows.", nameof(isPositive));
        }

        List<(float Threshold, long False, long True)> corners = [(float.PositiveInfinity, 0, 0)];
        if (Descend(scores.ToArray(), isPositive.ToArray(), corners) is not { } area)
        {
            return null;
        }

        (_, long negatives, long positives) = corners[^1];
        return new RocCurve([.. corners.Select(corner => new RocPoint(corner.Threshold, (double)corner.False / negatives, (double)corner.True / positives))], area);
    }

    /// <summary>The area alone, in no more memory than the two arrays, which it sorts; null where all rows are of one class.</summary>
    internal static double? TryAreaOf(float[] scores, bool[] isPositive) => Descend(scores, isPositive, null);

    /// <summary>From the highest score down, all rows of one score at once.</summary>
    /// <param name="scores">As many as answers; sorted here.</param>
    /// <param name="answers">Which of them are positive; put in the same order.</param>
    /// <param name="corners">Takes the corners of the curve, where they are wanted.</param>
    private static double? Descend(float[] scores, bool[] answers, List<(float Threshold, long False, long True)>? corners)
    {
        int bad = IndexOfNaN(scores);
        if (bad >= 0)
        {
            throw new ArgumentException($"The score of row {bad} is NaN.", nameof(scores));
        }

        Array.Sort(scores, answers);
        long called = 0;
        long wrong = 0;
        long twiceArea = 0;
        for (int i = scores.Length - 1; i >= 0;)
        {
            float score = scores[i];
            long calledBefore = called;
            long wrongBefore = wrong;
            for (; i >= 0 && scores[i] == score; i--)
            {
                called += answers[i] ? 1 : 0;
                wrong += answers[i] ? 0 : 1;
            }

            twiceArea += (wrong - wrongBefore) * (called + calledBefore);
            (float Threshold, long False, long True) corner = (score, wrong, called);
            if (corners is [.., var before, var last] && IsStraight(before, last, corner))
            {
                corners[^1] = corner;
            }
            else
            {
                corners?.Add(corner);
            }
        }

        return called == 0 || wrong == 0 ? null : twiceArea / (2.0 * called * wrong);
    }

    private static bool IsStraight((float Threshold, long False, long True) a, (float Threshold, long False, long True) b, (float Threshold, long False, long True) c) =>
        (b.False - a.False) * (c.True - b.True) == (c.False - b.False) * (b.True - a.True);

    private static int IndexOfNaN(ReadOnlySpan<float> scores)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
