using System.Text.Json;
using FastMlp.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>One process's measurement: the guard starts several, because code and memory lie elsewhere in each.</summary>
internal static class Worker
{
    /// <summary>Tier-1 code comes without delay in a worker (the guard sets that switch), so this is enough.</summary>
    private static readonly TimeSpan warmUp = TimeSpan.FromMilliseconds(80);

    /// <summary>Measures the cases whose names are given (all if none) and writes one JSON line.</summary>
    public static int Run(double seconds, IReadOnlyList<string> names, string? inject)
    {
        IReadOnlyList<GuardCase> cases = Injection.Apply(GuardCase.All(), Injection.Parse(inject));
        GuardCase[] chosen = [.. cases.Where(c => names.Count == 0 || names.Contains(c.Name) || c.Name == GuardCase.Naive)];
        Measurement[] measured = new Interleaved { WarmUp = warmUp }.Measure([.. chosen.Select(c => (c.Work, c.Flop))], seconds);

        Dictionary<string, CaseResult> results = [];
        for (int i = 0; i < chosen.Length; i++)
        {
            Measurement m = measured[i];
            results[chosen[i].Name] = m.Settled
                ? new CaseResult(m.FastProbesPerCall, m.PeakRatio, m.Seconds * 1e6, m.AcceptedShare)
                : new CaseResult(0, 0, 0, m.AcceptedShare);
        }

        Console.WriteLine(JsonSerializer.Serialize(new WorkerResult(measured[0].BestPeak, results), Json.Line));
        return 0;
    }
}

/// <param name="Time">Time x FMA peak of one call, fastest fifth; 0 where the probes did not settle.</param>
/// <param name="PeakRatio">The share of the FMA peak, median.</param>
/// <param name="Microseconds">The time of one call, median.</param>
/// <param name="Accepted">The share of samples between two undisturbed probes.</param>
internal sealed record CaseResult(double Time, double PeakRatio, double Microseconds, double Accepted);

/// <param name="Peak">The FMA peak of the process, GFLOP/s.</param>
/// <param name="Cases">By name.</param>
internal sealed record WorkerResult(double Peak, Dictionary<string, CaseResult> Cases)
{
    /// <summary>Whether the probes settled for every case.</summary>
    public bool Settled => Cases.Values.All(c => c.Time > 0);

    /// <summary>Time of a case in units of the naive kernel's.</summary>
    public double AgainstNaive(string name) => Cases[name].Time / Cases[GuardCase.Naive].Time;
}
