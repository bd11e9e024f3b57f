namespace FastMlp.Data;

/// <summary>
/// Points of the unit cube. Of the Parzen estimator each dimension is drawn from the density of the better quarter of the trials, l, and the draw
/// with the greatest l / g is taken, g the density of the others; dimensions are independent.
/// </summary>
internal sealed class TrialSampler(TunerOptions options)
{
    private const int RandomTrials = 10;
    private const int LeastObservations = 8;
    private const int Draws = 24;
    private const double GoodShare = 0.25;

    /// <param name="trial">The number of the trial to draw for; the draw depends on it, on the seed and on the observations only.</param>
    /// <param name="rungs">Of each rung the points that were trained so far and their ranks, of which less is better.</param>
    public double[] Draw(int trial, IReadOnlyList<IReadOnlyList<(double[] Point, double Rank)>> rungs)
    {
        long drawn = trial * 10_000L;
        double[] point = new double[TrialSettings.Choices.Length];
        (double[] Point, double Rank)[] seen = [.. (rungs.LastOrDefault(rung => rung.Count >= LeastObservations) ?? []).OrderBy(one => one.Rank)];
        bool isRandom = options.Sampling == TrialSampling.Random || trial < RandomTrials || seen.Length == 0;
        int good = Math.Max(2, (int)Math.Ceiling(GoodShare * seen.Length));
        for (int dimension = 0; dimension < point.Length; dimension++)
        {
            int place = dimension;
            point[dimension] = isRandom ? Next() : Best(
                [.. seen.Take(good).Select(one => one.Point[place])], [.. seen.Skip(good).Select(one => one.Point[place])], TrialSettings.Choices[dimension]);
        }

        return point;

        double Next() => SplitMix.Fraction(options.Seed, drawn++);

        double Best(double[] better, double[] others, int choices)
        {
            double best = 0;
            double highest = double.NegativeInfinity;
            for (int i = 0; i < Draws; i++)
            {
                double draw = From(better, choices);
                double ratio = Math.Log(Density(better, draw, choices)) - Math.Log(Density(others, draw, choices));
                if (ratio > highest)
                {
                    (best, highest) = (draw, ratio);
                }
            }

            return best;
        }

        // A draw from the density below: one of its kernels, or the uniform one.
        double From(double[] centres, int choices)
        {
            int kernel = (int)(Next() * (centres.Length + 1));
            if (kernel == centres.Length)
            {
                return Next();
            }

            if (choices > 0)
            {
                return (TrialSettings.Choice(centres[kernel], choices) + 0.5) / choices;
            }

            double normal = Math.Sqrt(-2 * Math.Log(1 - Next())) * Math.Cos(2 * Math.PI * Next());
            double at = Math.Abs(centres[kernel] + (Bandwidth(centres.Length) * normal)) % 2;
            return Math.Min(at > 1 ? 2 - at : at, Math.BitDecrement(1.0));
        }
    }

    /// <summary>A kernel on each centre and a uniform one, all of the same weight.</summary>
    private static double Density(double[] centres, double at, int choices)
    {
        if (choices > 0)
        {
            int choice = TrialSettings.Choice(at, choices);
            return (centres.Count(centre => TrialSettings.Choice(centre, choices) == choice) + (1.0 / choices)) / (centres.Length + 1);
        }

        double width = Bandwidth(centres.Length);
        double sum = 1;
        foreach (double centre in centres)
        {
            double z = (at - centre) / width;
            sum += Math.Exp(-0.5 * z * z) / (width * Math.Sqrt(2 * Math.PI));
        }

        return sum / (centres.Length + 1);
    }

    /// <summary>Scott's rule for the spread of a uniform distribution.</summary>
    private static double Bandwidth(int count) => 0.29 * Math.Pow(Math.Max(1, count), -0.2);
}
