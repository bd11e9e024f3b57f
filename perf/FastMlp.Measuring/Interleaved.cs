using System.Diagnostics;

namespace FastMlp.Measuring;

/// <summary>
/// Times work between two probes, again and again, and keeps the samples whose probes both ran near the best seen: on a
/// machine with neighbours the others measure the neighbours. A probe is the FMA peak, which feels the clock and the scheduler,
/// and dot products in L1, which feel a neighbour on the same core's other hardware thread.
/// </summary>
/// <remarks>One instance serves many pieces of work, which then share the best peak. Not thread-safe.</remarks>
public sealed class Interleaved
{
    /// <summary>Fewer accepted samples than this are no measurement.</summary>
    public const int FewestSamples = 5;

    /// <summary>A probe this near the best peak counts as undisturbed.</summary>
    public const double Tolerance = 0.05;

    /// <summary>Work is repeated until a sample takes this long: 50 times the resolution of a good clock and far below a scheduler's slice.</summary>
    private const double SampleSeconds = 1e-3;

    private const double ProbeMilliseconds = 0.5;

    /// <summary>The best peak is this high a quantile of the probes, not their maximum, which one clock glitch could raise for good.</summary>
    private const double BestQuantile = 0.95;

    /// <summary>A rate in L1 this near the best one seen counts as undisturbed.</summary>
    private const double CacheTolerance = 0.08;

    /// <summary>Undisturbed samples that are waited for: three handfuls, of work so slow that they would outlast its time one handful.</summary>
    private const int WantedSamples = 3 * FewestSamples;

    /// <summary>Work that has used this much more time than the rest waits: slow work takes fewer samples, not more time.</summary>
    private const double TurnSlackSeconds = 5e-3;

    /// <summary>Between two looks at whether waiting longer is worth while: a look sorts all probes.</summary>
    private const double LookSeconds = 20e-3;

    /// <summary>Probes kept; beyond that every second one goes, which leaves their distribution what it is.</summary>
    private const int MostProbes = 8192;

    private readonly Func<(double Fma, double Cache)> probe;
    private readonly List<double> probes = [];
    private readonly List<double> cacheProbes = [];

    /// <summary>Samples between probes of one core.</summary>
    public Interleaved()
        : this(ProbeOneCore)
    {
    }

    /// <param name="probe">What tells a quiet moment instead: of two cores, for one.</param>
    public Interleaved(Func<(double Fma, double Cache)> probe) => this.probe = probe;

    /// <summary>How long each piece of work runs before it is measured: tier-1 code arrives some 100 ms after the 30th call, compiled in the background, later on a busy machine.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How many times longer a measurement may take than asked while a piece of work has fewer than three handfuls of undisturbed samples
    /// (of slow work, fewer than one handful).
    /// </summary>
    public double Patience { get; init; } = 1;

    /// <summary>The FMA peak that samples are held against, in GFLOP/s: the 95th percentile of all probes so far.</summary>
    public double BestPeak
    {
        get
        {
            if (probes.Count == 0)
            {
                Probe();
            }

            return Quantile([.. probes], BestQuantile);
        }
    }

    /// <summary>Measures <paramref name="work"/> until <paramref name="seconds"/> have passed.</summary>
    /// <param name="work">Does the work as many times as its argument says.</param>
    /// <param name="flop">Floating-point operations in one time; 0 where they are not counted.</param>
    /// <param name="seconds">Time to spend, warm-up not counted; above 0.</param>
    public Measurement Measure(Action<int> work, double flop, double seconds) => Measure([(work, flop)], seconds)[0];

    /// <summary>
    /// Measures several pieces of work in turns, one sample of each in a round, so that a slow minute falls on all of them.
    /// </summary>
    /// <param name="cases">The work, done as many times as its argument says, and the floating-point operations in one time.</param>
    /// <param name="seconds">Time to spend on each, warm-up not counted; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not above 0.</exception>
    public Measurement[] Measure(IReadOnlyList<(Action<int> Work, double Flop)> cases, double seconds)
    {
        ArgumentNullException.ThrowIfNull(cases);
        return MeasureTimed([.. cases.Select(c => (Timed(c.Work), c.Flop))], seconds);
    }

    /// <summary>The same for work that times itself, as another process must: each case returns the seconds it took.</summary>
    public Measurement[] MeasureTimed(IReadOnlyList<(Func<int, double> Work, double Flop)> cases, double seconds)
    {
        if (!(seconds > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(seconds), seconds, "The time to measure is above 0.");
        }

        Series[] all = new Series[cases.Count];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new Series(cases[i].Work, Calibrate(cases[i].Work));
        }

        // After another's turn the caches hold the other's data: one untimed turn puts its own back.
        bool settles = all.Length > 1;
        Probes before = Probe();
        long start = Stopwatch.GetTimestamp();
        double budget = seconds * all.Length, elapsed, nextLook = budget;
        bool goesOn;
        do
        {
            double least = all.Min(series => series.IsDone ? double.PositiveInfinity : series.Used);
            foreach (Series series in all)
            {
                if (!series.IsDone && (series.Used <= least + TurnSlackSeconds || series.Samples.Count == 0))
                {
                    before = series.Take(before, Probe, settles);
                }
            }

            elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            goesOn = elapsed < nextLook;
            if (!goesOn)
            {
                // From here on only those are measured that still lack samples, or quiet ones.
                Probes now = Best();
                bool isPatient = elapsed < budget * Patience;
                foreach (Series series in all)
                {
                    series.IsDone = series.Samples.Count >= FewestSamples
                        && (!isPatient || series.Samples.Count(s => IsGood(s, now)) >= series.Wanted(seconds));
                }

                nextLook = isPatient ? elapsed + LookSeconds : 0;
                goesOn = all.Any(series => !series.IsDone);
            }
        }
        while (goesOn);

        Probes best = Best();
        return [.. all.Zip(cases, (series, one) => Summarize(series.Samples, one.Flop, best))];
    }

    /// <summary>The value below which a share <paramref name="q"/> of <paramref name="values"/> lies; sorts them.</summary>
    internal static double Quantile(double[] values, double q)
    {
        Array.Sort(values);
        double position = q * (values.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, values.Length - 1);
        return values[below] + ((position - below) * (values[above] - values[below]));
    }

    private static Measurement Summarize(List<Sample> samples, double flop, Probes best)
    {
        Sample[] good = [.. samples.Where(s => IsGood(s, best))];
        if (good.Length < FewestSamples)
        {
            return Disturbed(samples, good.Length, flop, best.Fma);
        }

        double[] relative = [.. good.Select(s => s.Seconds * s.Peak)];
        double median = Quantile(relative, 0.5);
        double seconds = Quantile([.. good.Select(s => s.Seconds)], 0.5);
        double spread = (Quantile(relative, 0.75) - Quantile(relative, 0.25)) / median;
        return new Measurement(seconds, flop / seconds / 1e9, flop / median / 1e9, spread, good.Length, samples.Count, best.Fma);
    }

    /// <summary>Too few quiet samples: the fastest quarter of all of them, held against the best peak, is the nearest to a quiet one that there is.</summary>
    private static Measurement Disturbed(List<Sample> samples, int good, double flop, double bestPeak)
    {
        double[] times = [.. samples.Select(s => s.Seconds)];
        double fast = Quantile(times, 0.25);
        double spread = (Quantile(times, 0.75) - fast) / Quantile(times, 0.5);
        return new Measurement(fast, flop / fast / 1e9, flop / fast / 1e9 / bestPeak, spread, good, samples.Count, bestPeak);
    }

    /// <summary>How often the work is done in a sample; the runs that find it are also its warm-up.</summary>
    private int Calibrate(Func<int, double> work)
    {
        long start = Stopwatch.GetTimestamp();
        int repeats = 1;
        double best = double.PositiveInfinity;
        do
        {
            double elapsed = work(repeats);
            if (elapsed < SampleSeconds / 2 && repeats < int.MaxValue / 4)
            {
                repeats *= 2;
            }
            else
            {
                best = Math.Min(best, elapsed / repeats);
            }
        }
        while (Stopwatch.GetElapsedTime(start) < WarmUp || double.IsInfinity(best));

        // The last runs were on final code; the first ones may have asked for too few repeats.
        return (int)Math.Clamp(SampleSeconds / best, 1, int.MaxValue / 4);
    }

    private static Func<int, double> Timed(Action<int> work) => repeats =>
    {
        long start = Stopwatch.GetTimestamp();
        work(repeats);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    };

    private Probes Best() => new(BestPeak, Quantile([.. cacheProbes], BestQuantile));

    private static bool IsGood(Sample sample, Probes best) => IsNear(sample.Before, best) && IsNear(sample.After, best);

    private static bool IsNear(Probes probe, Probes best) =>
        probe.Fma >= best.Fma * (1 - Tolerance) && probe.Cache >= best.Cache * (1 - CacheTolerance);

    private Probes Probe()
    {
        (double fma, double cache) = probe();
        Keep(probes, fma);
        Keep(cacheProbes, cache);
        return new Probes(fma, cache);
    }

    private static void Keep(List<double> kept, double value)
    {
        if (kept.Count == MostProbes)
        {
            int next = 0;
            kept.RemoveAll(_ => (next++ & 1) == 1);
        }

        kept.Add(value);
    }

    private static (double Fma, double Cache) ProbeOneCore() => (FmaPeak.MeasureGflops(ProbeMilliseconds), CacheProbe.Measure());

    /// <summary>GFLOP/s in registers, and dot products per second in L1.</summary>
    private readonly record struct Probes(double Fma, double Cache);

    private readonly record struct Sample(double Seconds, Probes Before, Probes After)
    {
        public double Peak => (Before.Fma + After.Fma) / 2;
    }

    /// <summary>The samples of one piece of work.</summary>
    private sealed class Series(Func<int, double> work, int repeats)
    {
        public List<Sample> Samples { get; } = [];

        /// <summary>Seconds of measuring so far.</summary>
        public double Used { get; private set; }

        public bool IsDone { get; set; }

        /// <summary>Quiet samples to wait for, in a quarter of the time that it was given.</summary>
        public int Wanted(double seconds) => (int)Math.Clamp(seconds / 4 * Samples.Count / Used, FewestSamples, WantedSamples);

        public Probes Take(Probes before, Func<Probes> probe, bool settles)
        {
            if (settles && repeats > 1)
            {
                _ = work(repeats);
            }

            double elapsed = work(repeats);
            Probes after = probe();
            Samples.Add(new Sample(elapsed / repeats, before, after));
            Used += elapsed;
            return after;
        }
    }
}
