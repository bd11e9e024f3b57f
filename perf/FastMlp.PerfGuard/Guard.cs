using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>Measures, compares, repeats what looks bad, and gives the verdict.</summary>
internal sealed class Guard(Repository repository, TextWriter output, double seconds, int processes, string? inject)
{
    /// <summary>A loss of speed beyond this is a regression. An injected 10 % is a loss of 9.1 %; the noise of a median of processes is about 1 %.</summary>
    private const double Limit = 0.05;

    /// <summary>A loss beyond this is measured again before it is judged.</summary>
    private const double Suspicion = 0.03;

    /// <summary>Suspicious cases get this many further rounds; they are few, so a round is short.</summary>
    private const int Repeats = 2;

    /// <summary>Processes that may be thrown away because their probes did not settle, for each one wanted.</summary>
    private const int Patience = 1;

    private readonly string program = typeof(Guard).Assembly.Location;

    /// <summary>Against the file of this processor kind; null where there is none.</summary>
    public Outcome? CompareWithFile()
    {
        Baseline? baseline = Baseline.Load(repository.BaselinePath(Machine.ProcessorKind));
        if (baseline is null)
        {
            return null;
        }

        output.WriteLine($"Baseline: {Machine.ProcessorKind}, commit {baseline.Commit}, {baseline.Date}, {baseline.Runtime}");
        List<WorkerResult> now = [];
        if (!Collect(now, [], null, null))
        {
            return TooNoisy();
        }

        return Judge(now, null, name => baseline.Cases.TryGetValue(name, out Ratios ratios) ? ratios : null);
    }

    /// <summary>Against another build, both measured here and now, process by process in turns.</summary>
    public Outcome CompareWithBuild(Worktree other, string description)
    {
        output.WriteLine($"Baseline: {description}, built and measured beside this state");
        List<WorkerResult> before = [], now = [];
        if (!Collect(now, [], before, other))
        {
            return TooNoisy();
        }

        return Judge(now, (before, other), name => Ratios.Of([.. before.Where(r => r.Cases.ContainsKey(name))], name));
    }

    /// <summary>No baseline to be had: measures and shows.</summary>
    public Outcome MeasureOnly(string reason)
    {
        List<WorkerResult> now = [];
        if (!Collect(now, [], null, null))
        {
            return TooNoisy();
        }

        Judge(now, null, _ => null);
        output.WriteLine(reason);
        return Outcome.NotJudged;
    }

    /// <summary>Writes the file of this processor kind.</summary>
    public Outcome Update(int wanted)
    {
        List<WorkerResult> now = [];
        if (!Collect(now, [], null, null, wanted))
        {
            return TooNoisy();
        }

        Baseline baseline = new(
            Machine.ProcessorName,
            repository.Describe(),
            RuntimeInformation.FrameworkDescription,
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            now.Count,
            new SortedDictionary<string, Ratios>(Names(now).ToDictionary(n => n, n => Rounded(Ratios.Of(now, n))), StringComparer.Ordinal));
        string path = repository.BaselinePath(Machine.ProcessorKind);
        Judge(now, null, _ => null);
        baseline.Save(path);
        output.WriteLine($"Wrote {Path.GetRelativePath(repository.Root, path)}.");
        return Outcome.Good;
    }

    private static Ratios Rounded(Ratios r) => new(Significant(r.PeakOperations), Significant(r.NaiveCalls), Math.Round(r.PeakRatio, 4));

    /// <summary>Five digits: a file that changes only where something did.</summary>
    private static double Significant(double value) => double.Parse(value.ToString("E4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string[] Names(List<WorkerResult> results) => [.. results[0].Cases.Keys.Where(n => n != GuardCase.Naive)];

    /// <summary>Adds settled processes to <paramref name="now"/> (and as many of the other build to <paramref name="before"/>); false if they will not settle.</summary>
    private bool Collect(List<WorkerResult> now, IReadOnlyCollection<string> names, List<WorkerResult>? before, Worktree? other, int? wanted = null)
    {
        int left = wanted ?? processes;
        int patience = left * Patience;
        while (left > 0)
        {
            WorkerResult? reference = other is null ? null : WorkerProcess.Measure(other.Program, seconds, names, null);
            WorkerResult result = WorkerProcess.Measure(program, seconds, names, inject);
            if (!result.Settled || reference is { Settled: false })
            {
                if (--patience < 0)
                {
                    return false;
                }

                continue;
            }

            now.Add(result);
            before?.Add(reference!);
            left--;
        }

        return true;
    }

    private Outcome Judge(List<WorkerResult> now, (List<WorkerResult> Results, Worktree Tree)? before, Func<string, Ratios?> baseline)
    {
        string[] names = Names(now);
        string[] Suspects() => [.. names.Where(n => baseline(n) is { } b && b.Change(Of(now, n)) < -Suspicion)];
        for (int repeat = 0; repeat < Repeats && Suspects() is { Length: > 0 } suspects; repeat++)
        {
            output.WriteLine($"Measuring again: {string.Join("; ", suspects)}");
            if (!Collect(now, suspects, before?.Results, before?.Tree))
            {
                return TooNoisy();
            }
        }

        int width = names.Max(n => n.Length);
        output.WriteLine($"{"case".PadRight(width)}  {"baseline",9}  {"now",7}  {"change",7}  verdict      us/call  spread");
        List<string> regressions = [], unsteady = [], faster = [];
        foreach (string name in names)
        {
            WorkerResult[] results = [.. now.Where(r => r.Cases.ContainsKey(name))];
            Ratios current = Ratios.Of(results, name);
            double spread = Spread(results.Select(r => r.Cases[name].Time));
            double microseconds = Statistics.Median(results.Select(r => r.Cases[name].Microseconds));
            string verdict = "new";
            string change = "", reference = "";
            if (baseline(name) is { } b)
            {
                double value = b.Change(current);
                verdict = value is >= -Limit and <= Limit ? "ok"
                    : !Agree(b, results, name, Math.Sign(value)) ? "unsteady"
                    : value > 0 ? "faster"
                    : "REGRESSION";
                change = Percent(value, "+0.0;-0.0;0.0");
                reference = Percent(b.PeakRatio, "0.0");
                (verdict switch { "REGRESSION" => regressions, "unsteady" => unsteady, "faster" => faster, _ => [] }).Add(name);
            }

            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name.PadRight(width)}  {reference,9}  {Percent(current.PeakRatio, "0.0"),7}  {change,7}  {verdict,-10}  {microseconds,8:0.00}  {Percent(spread, "0.0"),6}"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"baseline and now are shares of the FMA peak ({Statistics.Median(now.Select(r => r.Peak)):0.0} GFLOP/s, {Machine.InstructionSet}); change is in speed, by the kinder of two yardsticks."));
        if (faster.Count > 0)
        {
            output.WriteLine($"Faster by more than {Percent(Limit, "0")}: {string.Join("; ", faster)}.{(before is null ? " Keep it with --update." : "")}");
        }

        if (unsteady.Count > 0)
        {
            output.WriteLine($"Too unsteady to judge: {string.Join("; ", unsteady)}.");
        }

        if (regressions.Count > 0)
        {
            output.WriteLine($"Slower by more than {Percent(Limit, "0")}: {string.Join("; ", regressions)}.");
            return new Outcome(1, regressions);
        }

        return Outcome.Good;
    }

    /// <summary>Whether three quarters of the processes each saw a change that way: one or two odd ones among few must not carry the median.</summary>
    private static bool Agree(Ratios baseline, WorkerResult[] results, string name, int sign) =>
        results.Count(r => sign * baseline.Change(Ratios.Of([r], name)) > Suspicion) >= 0.75 * results.Length;

    private static Ratios Of(List<WorkerResult> results, string name) => Ratios.Of([.. results.Where(r => r.Cases.ContainsKey(name))], name);

    /// <summary>The distance between the quartiles over the median.</summary>
    private static double Spread(IEnumerable<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return (sorted[(sorted.Length * 3) / 4] - sorted[sorted.Length / 4]) / sorted[sorted.Length / 2];
    }

    private static string Percent(double value, string format) => (value * 100).ToString(format, CultureInfo.InvariantCulture) + " %";

    private Outcome TooNoisy()
    {
        output.WriteLine("machine too noisy to judge: the FMA probes around the samples never settled. Nothing is said about the code.");
        return Outcome.NotJudged;
    }
}

/// <param name="ExitCode">0 or 1.</param>
/// <param name="Regressions">The cases that became slower.</param>
/// <param name="Judged">Whether there is a verdict at all.</param>
internal sealed record Outcome(int ExitCode, IReadOnlyList<string> Regressions, bool Judged = true)
{
    public static readonly Outcome Good = new(0, []);
    public static readonly Outcome NotJudged = new(0, [], Judged: false);
}
