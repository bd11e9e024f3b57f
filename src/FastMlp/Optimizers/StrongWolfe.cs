namespace FastMlp.Optimizers;

/// <summary>A function of the step t along a direction.</summary>
internal interface ILine
{
    /// <summary>The value at t and its slope there; an infinite value, whatever the slope, where there is none.</summary>
    double At(double t, out double slope);
}

/// <summary>
/// A line search for the strong Wolfe conditions: value(t) at most value(0) + c1 t slope(0), and |slope(t)| at most c2 |slope(0)|.
/// First steps grow until they bracket such a t, then the bracket shrinks around it (Nocedal and Wright, Numerical Optimization, 2nd
/// edition, algorithms 3.5 and 3.6), each trial the minimum of a cubic through two values and slopes.
/// </summary>
internal static class StrongWolfe
{
    /// <summary>c1: the share of the promised fall that is enough. The usual value.</summary>
    public const double Decrease = 1e-4;

    /// <summary>c2: the share of the first slope that may be left. The usual value for quasi-Newton directions, which seldom need a second trial.</summary>
    public const double Curvature = 0.9;

    /// <summary>While bracketing, the next step is beyond the last by at least this share of their distance, at most <see cref="MostGrowth"/> times the last.</summary>
    private const double LeastGrowth = 0.01;

    private const double MostGrowth = 10;

    /// <summary>A trial nearer to an end of the bracket than this share of its length makes too little progress.</summary>
    private const double Margin = 0.1;

    /// <summary>
    /// A step that meets both conditions; where <paramref name="maxEvaluations"/> do not find one, the best step of the bracket,
    /// which is 0 where nothing was better.
    /// </summary>
    /// <param name="line">The function.</param>
    /// <param name="value">Its value at 0.</param>
    /// <param name="slope">Its slope at 0, below 0.</param>
    /// <param name="step">The first trial, above 0.</param>
    /// <param name="smallest">Brackets shorter than this are not searched.</param>
    /// <param name="maxEvaluations">The most trials.</param>
    public static double Search<TLine>(ref TLine line, double value, double slope, double step, double smallest, int maxEvaluations)
        where TLine : struct, ILine, allows ref struct
    {
        Trial start = new(0, value, slope);
        Trial previous = start;
        Trial current = default;
        int evaluations = 0;
        while (evaluations < maxEvaluations)
        {
            current = Evaluate(ref line, step);
            evaluations++;
            if (!FallsEnough(current, start) || (evaluations > 1 && current.Value >= previous.Value))
            {
                return Zoom(ref line, start, previous, current, smallest, maxEvaluations - evaluations);
            }

            if (IsFlat(current, start))
            {
                return current.Step;
            }

            if (current.Slope >= 0)
            {
                return Zoom(ref line, start, current, previous, smallest, maxEvaluations - evaluations);
            }

            double least = current.Step + (LeastGrowth * (current.Step - previous.Step));
            step = Minimum(previous, current, least, MostGrowth * current.Step);
            previous = current;
        }

        return current.Step;
    }

    /// <summary>Shrinks the bracket between the better end <paramref name="low"/> and <paramref name="high"/>.</summary>
    private static double Zoom<TLine>(ref TLine line, Trial start, Trial low, Trial high, double smallest, int evaluations)
        where TLine : struct, ILine, allows ref struct
    {
        bool stalled = false;
        for (; evaluations > 0; evaluations--)
        {
            double left = Math.Min(low.Step, high.Step);
            double right = Math.Max(low.Step, high.Step);
            if (right - left < smallest)
            {
                break;
            }

            double step = Minimum(low, high, left, right);
            double margin = Margin * (right - left);
            bool isNear = Math.Min(right - step, step - left) < margin;
            if (isNear && (stalled || step >= right || step <= left))
            {
                step = right - step < step - left ? right - margin : left + margin;
                isNear = false;
            }

            stalled = isNear;
            Trial current = Evaluate(ref line, step);
            if (!FallsEnough(current, start) || current.Value >= low.Value)
            {
                high = current;
                continue;
            }

            if (IsFlat(current, start))
            {
                return current.Step;
            }

            if (current.Slope * (high.Step - low.Step) >= 0)
            {
                high = low;
            }

            low = current;
        }

        return low.Step;
    }

    private static Trial Evaluate<TLine>(ref TLine line, double step)
        where TLine : struct, ILine, allows ref struct
    {
        double value = line.At(step, out double slope);
        return new(step, value, slope);
    }

    private static bool FallsEnough(Trial trial, Trial start) => trial.Value <= start.Value + (Decrease * trial.Step * start.Slope);

    private static bool IsFlat(Trial trial, Trial start) => Math.Abs(trial.Slope) <= -Curvature * start.Slope;

    /// <summary>Where the cubic through two trials has its minimum, held within bounds; the middle of the bounds where it has none.</summary>
    private static double Minimum(Trial one, Trial two, double least, double most)
    {
        (Trial left, Trial right) = one.Step <= two.Step ? (one, two) : (two, one);
        double middle = left.Slope + right.Slope - (3 * (left.Value - right.Value) / (left.Step - right.Step));
        double square = (middle * middle) - (left.Slope * right.Slope);
        double root = Math.Sqrt(square);
        double minimum = right.Step - ((right.Step - left.Step) * ((right.Slope + root - middle) / (right.Slope - left.Slope + (2 * root))));
        return double.IsFinite(minimum) ? Math.Clamp(minimum, least, most) : (least + most) / 2;
    }

    private readonly record struct Trial(double Step, double Value, double Slope);
}
