namespace FastMlp.Metrics;

/// <summary>Whether what is given a probability p comes true in a share p of the cases, in bins of equal width. Streams.</summary>
public sealed class Calibration
{
    private readonly long[] counts;
    private readonly long[] hits;
    private readonly double[] sums;

    /// <param name="bins">Bins of equal width over [0, 1], at least 1.</param>
    public Calibration(int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        counts = new long[bins];
        hits = new long[bins];
        sums = new double[bins];
    }

    /// <summary>Answers so far.</summary>
    public long Count => counts.Sum();

    /// <summary>
    /// The expected calibration error, sum over bins of (n_b / n) |frequency_b - mean probability_b| (Guo et al., 2017): 0 is honest;
    /// NaN without answers.
    /// </summary>
    public double Error => Bins.Where(bin => bin.Count > 0).Sum(bin => bin.Count * Gap(bin)) / Count;

    /// <summary>The largest |frequency_b - mean probability_b| of a bin with answers; NaN without any.</summary>
    public double MaximumError => Count == 0 ? double.NaN : Bins.Where(bin => bin.Count > 0).Max(Gap);

    /// <summary>The bins from 0 to 1, those of a reliability diagram.</summary>
    public IReadOnlyList<CalibrationBin> Bins
    {
        get
        {
            CalibrationBin[] bins = new CalibrationBin[counts.Length];
            for (int b = 0; b < bins.Length; b++)
            {
                double n = counts[b];
                bins[b] = new CalibrationBin((double)b / bins.Length, (b + 1.0) / bins.Length, counts[b], sums[b] / n, hits[b] / n);
            }

            return bins;
        }
    }

    /// <summary>Counts one answer.</summary>
    /// <param name="probability">What it was given, from 0 to 1.</param>
    /// <param name="cameTrue">Whether it came true.</param>
    public void Add(float probability, bool cameTrue)
    {
        if (probability is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability is from 0 to 1.");
        }

        int bin = Math.Max(0, (int)Math.Ceiling((double)probability * counts.Length) - 1);
        counts[bin]++;
        hits[bin] += cameTrue ? 1 : 0;
        sums[bin] += probability;
    }

    private static double Gap(CalibrationBin bin) => Math.Abs(bin.Frequency - bin.MeanProbability);
}
