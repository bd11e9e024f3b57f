using System.Diagnostics;
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
    private const int Repeats = 3;

    /// <summary>
    /// Rounds more for cases that would be called a regression, each after <see cref="respite"/>: a neighbour that reads and writes much
    /// slows what lives in L3 for half a minute, and the probes do not feel it. Of 100 clean runs with three rounds and no pause, beside
    /// builds and tests on the other core, three were red, all for training steps that stream weights.
    /// </summary>
    private const int Appeals = 4;

    private static readonly TimeSpan respite = TimeSpan.FromSeconds(6);

    /// <summary>Further processes for cases whose probes did not settle, for each one wanted.</summary>
    private const int Patience = 1;

    /// <summary>Processes without which nothing is said about a case.</summary>
    private const int FewestProcesses = 3;

    /// <summary>A machine on which more than this share of the cases did not settle disturbs the others too.</summary>
    private const double NoisyShare = 0.2;

    /// <summary>After this long no more is measured, and what there is is judged: the gate is to take less than 3 minutes.</summary>
    private static readonly TimeSpan timeLimit = TimeSpan.FromSeconds(150);

    private readonly string program = typeof(Guard).Assembly.Location;
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly string[] allNames = [.. GuardCase.Names()];

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
        Collect(now, allNames, null, null, processes);
        return Judge(now, null, name => baseline.Cases.TryGetValue(name, out Ratios ratios) ? ratios : null);
    }

    /// <summary>Against another build, both measured here and now, process by process in turns.</summary>
    public Outcome CompareWithBuild(Worktree other, string description)
    {
        output.WriteLine($"Baseline: {description}, built and measured beside this state");
        List<WorkerResult> before = [], now = [];
        Collect(now, allNames, before, other, processes);
        return Judge(now, (before, other), name => Of(before, name));
    }

    /// <summary>No baseline to be had: measures and shows.</summary>
    public Outcome MeasureOnly(string reason)
    {
        List<WorkerResult> now = [];
        Collect(now, allNames, null, null, processes);
        Judge(now, null, _ => null);
        output.WriteLine(reason);
        return Outcome.NotJudged;
    }

    /// <summary>Writes the file of this processor kind.</summary>
    public Outcome Update(int wanted)
    {
        List<WorkerResult> now = [];
        Collect(now, allNames, null, null, wanted);
        if (allNames.FirstOrDefault(name => Of(now, name) is null) is { } noisy)
        {
            output.WriteLine($"The machine is too noisy for a baseline: the FMA probes around '{noisy}' never settled. The file stays as it is.");
            return Outcome.NotJudged;
        }

        Baseline baseline = new(
            Machine.ProcessorName,
            repository.Describe(),
            RuntimeInformation.FrameworkDescription,
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            now.Count,
            new SortedDictionary<string, Ratios>(allNames.ToDictionary(n => n, n => Rounded(Of(now, n)!.Value)), StringComparer.Ordinal));
        string path = repository.BaselinePath(Machine.ProcessorKind);
        Judge(now, null, _ => null);
        baseline.Save(path);
        output.WriteLine($"Wrote {Path.GetRelativePath(repository.Root, path)}.");
        return Outcome.Good;
    }

    private static Ratios Rounded(Ratios r) => new(Significant(r.PeakOperations), Significant(r.NaiveCalls), Math.Round(r.PeakRatio, 4));

    /// <summary>Five digits: a file that changes only where something did.</summary>
    private static double Significant(double value) => double.Parse(value.ToString("E4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>
    /// Adds processes to <paramref name="now"/> (and as many of the other build to <paramref name="before"/>) until each case
    /// has so many more results, or patience or time is over.
    /// </summary>
    private void Collect(List<WorkerResult> now, IReadOnlyCollection<string> names, List<WorkerResult>? before, Worktree? other, int wanted)
    {
        Dictionary<string, int> targets = names.ToDictionary(name => name, name => Count(now, name) + wanted);
        TimeSpan longest = TimeSpan.Zero;
        for (int left = wanted * (1 + Patience); left > 0; left--)
        {
            string[] missing = [.. names.Where(name => Count(now, name) < targets[name])];
            TimeSpan begin = Stopwatch.GetElapsedTime(start);
            if (missing.Length == 0 || begin + longest > timeLimit)
            {
                return;
            }

            WorkerResult? reference = other is null ? null : WorkerProcess.Measure(other.Program, seconds, missing, null);
            WorkerResult result = WorkerProcess.Measure(program, seconds, missing, inject);
            now.Add(reference is null ? result : result.Within(reference));
            before?.Add(reference!.Within(result));
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, (Stopwatch.GetElapsedTime(start) - begin).Ticks));
        }
    }

    private Outcome Judge(List<WorkerResult> now, (List<WorkerResult> Results, Worktree Tree)? before, Func<string, Ratios?> baseline)
    {
        string[] Losing(double loss) => [.. allNames.Where(n => baseline(n) is { } b && Of(now, n) is { } current && b.Change(current) < -loss)];
        for (int repeat = 0; repeat < Repeats + Appeals && Losing(repeat < Repeats ? Suspicion : Limit) is { Length: > 0 } suspects; repeat++)
        {
            if (repeat >= Repeats)
            {
                Thread.Sleep(respite);
            }

            if (Stopwatch.GetElapsedTime(start) >= timeLimit)
            {
                break;
            }

            output.WriteLine($"Measuring again: {string.Join("; ", suspects)}");
            Collect(now, suspects, before?.Results, before?.Tree, processes);
        }

        string[] names = [.. allNames.Where(name => Of(now, name) is not null)];
        string[] noisy = [.. allNames.Except(names)];
        if (noisy.Length > NoisyShare * allNames.Length)
        {
            output.WriteLine($"machine too noisy to judge: the FMA probes around {noisy.Length} of {allNames.Length} cases never settled. Nothing is said about the code.");
            return Outcome.NotJudged;
        }

        int width = names.Max(n => n.Length);
        output.WriteLine($"{"case".PadRight(width)}  {"baseline",9}  {"now",7}  {"change",7}  verdict      us/call  spread");
        List<string> regressions = [], unsteady = [], faster = [];
        foreach (string name in names)
        {
            WorkerResult[] results = [.. now.Where(r => r.Cases.ContainsKey(name))];
            Ratios current = Of(now, name)!.Value;
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

        if (noisy.Length > 0)
        {
            output.WriteLine($"Too noisy to judge, the probes did not settle: {string.Join("; ", noisy)}.");
        }

        if (unsteady.Count > 0)
        {
            output.WriteLine($"Too unsteady to judge: {string.Join("; ", unsteady)}.");
        }

        if (regressions.Count > 0)
        {
            output.WriteLine($"Slower by more than {Percent(Limit, "0")}: {string.Join("; ", regressions)}.");
            return new Outcome(1, regressions, noisy);
        }

        return new Outcome(0, [], noisy);
    }

    /// <summary>Whether three quarters of the processes each saw a change that way: one or two odd ones among few must not carry the median.</summary>
    private static bool Agree(Ratios baseline, WorkerResult[] results, string name, int sign) =>
        results.Count(r => sign * baseline.Change(Ratios.Of([r], name)) > Suspicion) >= 0.75 * results.Length;

    private static int Count(List<WorkerResult> results, string name) => results.Count(r => r.Cases.ContainsKey(name));

    /// <summary>The median over the processes in which the case settled; null where they are too few.</summary>
    private static Ratios? Of(List<WorkerResult> results, string name) =>
        Count(results, name) < FewestProcesses ? null : Ratios.Of([.. results.Where(r => r.Cases.ContainsKey(name))], name);

    /// <summary>The distance between the quartiles over the median.</summary>
    private static double Spread(IEnumerable<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return (sorted[(sorted.Length * 3) / 4] - sorted[sorted.Length / 4]) / sorted[sorted.Length / 2];
    }

    private static string Percent(double value, string format) => (value * 100).ToString(format, CultureInfo.InvariantCulture) + " %";
}

/// <param name="ExitCode">0 or 1.</param>
/// <param name="Regressions">The cases that became slower.</param>
/// <param name="Noisy">The cases that nothing is said about.</param>
/// <param name="Judged">Whether there is a verdict at all.</param>
internal sealed record Outcome(int ExitCode, IReadOnlyList<string> Regressions, IReadOnlyList<string> Noisy, bool Judged = true)
{
    public static readonly Outcome Good = new(0, [], []);
    public static readonly Outcome NotJudged = new(0, [], [], Judged: false);
}
