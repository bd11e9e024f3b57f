namespace FastMlp.Measuring;

/// <summary>What <see cref="Interleaved"/> found about one piece of work.</summary>
/// <remarks>
/// Where fewer than <see cref="Interleaved.FewestSamples"/> samples were undisturbed (<see cref="Settled"/> is false), every figure is that of
/// the fastest quarter of all samples, held against the best peak of the run: a bound from a disturbed machine, to be marked as such.
/// </remarks>
/// <param name="Seconds">The median time of one call, over the samples that count.</param>
/// <param name="Gflops">The median of operations / time, in GFLOP/s; 0 where no operations were given.</param>
/// <param name="PeakRatio">The median of that over the FMA probes around the same sample, from 0 to about 1.</param>
/// <param name="Spread">The distance between the quartiles of the time in units of probe time, over its median.</param>
/// <param name="Accepted">Samples that count.</param>
/// <param name="Taken">All samples.</param>
/// <param name="BestPeak">The FMA peak that samples were held against, in GFLOP/s.</param>
public readonly record struct Measurement(
    double Seconds,
    double Gflops,
    double PeakRatio,
    double Spread,
    int Accepted,
    int Taken,
    double BestPeak)
{
    /// <summary>Accepted / Taken.</summary>
    public double AcceptedShare => Taken == 0 ? 0 : (double)Accepted / Taken;

    /// <summary>Whether enough samples counted for the medians to mean something; elsewhere the figures are a bound.</summary>
    public bool Settled => Accepted >= Interleaved.FewestSamples;
}
