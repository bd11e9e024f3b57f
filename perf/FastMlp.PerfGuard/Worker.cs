using System.Text.Json;
using System.Text.Json.Serialization;
using FastMlp.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>One process's measurement: the guard starts several, because code and memory lie elsewhere in each.</summary>
internal static class Worker
{
    /// <summary>All code of a worker is compiled in full at once (the guard sets that switch), so this is enough.</summary>
    private static readonly TimeSpan warmUp = TimeSpan.FromMilliseconds(80);

    /// <summary>Waiting for quiet moments inside a process is cheaper than starting another.</summary>
    private const double Patience = 6;

    /// <summary>The fastest fifth of fewer quiet samples than this is hardly a fifth of anything: on a core that others used too, such cases looked slow.</summary>
    private const int FewestSamples = 3 * Interleaved.FewestSamples;

    /// <summary>Samples of a single call this long are few, and each is an average over more noise.</summary>
    private const double SlowSeconds = 2e-3;

    /// <summary>Measures the cases whose names are given (all if none) and writes one JSON line.</summary>
    public static int Run(double seconds, IReadOnlyCollection<string> names, string? inject)
    {
        IReadOnlyCollection<string> wanted = names.Count == 0 ? [.. GuardCase.Names()] : names;
        IReadOnlyList<GuardCase> chosen = Injection.Apply(GuardCase.Of(wanted), Injection.Parse(inject));
        Measurement[] measured = new Interleaved { WarmUp = warmUp, Patience = Patience }.Measure([.. chosen.Select(c => (c.Work, c.Flop))], seconds);

        Dictionary<string, CaseResult> results = [];
        for (int i = 0; i < chosen.Count; i++)
        {
            Measurement m = measured[i];
            bool isEasy = m.Seconds >= SlowSeconds || chosen[i].Name == GuardCase.Naive;
            if (m.Accepted >= (isEasy ? Interleaved.FewestSamples : FewestSamples))
            {
                results[chosen[i].Name] = new CaseResult(m.FastProbesPerCall, m.PeakRatio, m.Seconds * 1e6);
            }
        }

        // Without its second yardstick a process says nothing; it lives in L1 and asks for no more than the probes do.
        if (!results.ContainsKey(GuardCase.Naive))
        {
            results.Clear();
        }

        Console.WriteLine(JsonSerializer.Serialize(new WorkerResult(measured[0].BestPeak, results), Json.Line));
        return 0;
    }
}

/// <param name="Time">Time x FMA peak of one call, fastest fifth.</param>
/// <param name="PeakRatio">The share of the FMA peak, median.</param>
/// <param name="Microseconds">The time of one call, median.</param>
internal sealed record CaseResult(double Time, double PeakRatio, double Microseconds);

/// <param name="Peak">The FMA peak of the process, GFLOP/s.</param>
/// <param name="Cases">By name: those whose probes settled.</param>
internal sealed record WorkerResult(double Peak, Dictionary<string, CaseResult> Cases)
{
    /// <summary>The naive kernel's time; without it there are no cases either.</summary>
    [JsonIgnore]
    public double Naive => Cases.TryGetValue(GuardCase.Naive, out CaseResult? naive) ? naive.Time : double.PositiveInfinity;

    public Ratios Ratios(string name) => new(Cases[name].Time, Cases[name].Time / Cases[GuardCase.Naive].Time, Cases[name].PeakRatio);

    /// <summary>Only the cases that settled in both of a pair of processes, for they are compared pair by pair.</summary>
    public WorkerResult Within(WorkerResult other) => this with
    {
        Cases = Cases.Where(c => other.Cases.ContainsKey(c.Key)).ToDictionary(c => c.Key, c => c.Value),
    };
}
