using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>Measures, compares, repeats what looks bad, and gives the verdict.</summary>
internal sealed class Guard(Repository repository, Builds builds, TextWriter output, double seconds, int processes, string? inject)
{
    /// <summary>A slow process or two explain losses of this share of the cases; where more lose, another round is time lost.</summary>
    private const double StrayShare = 0.3;

    /// <summary>Rounds more against the file where the commit that it was measured at cannot be built, each after <see cref="respite"/>.</summary>
    private const int Pauses = 6;

    /// <summary>A neighbour that reads and writes much slows what lives in L3 for half a minute, and the probes do not feel it.</summary>
    private static readonly TimeSpan respite = TimeSpan.FromSeconds(6);

    /// <summary>Further processes for cases whose probes did not settle, for each one wanted.</summary>
    private const int Patience = 3;

    /// <summary>
    /// Cases in one pair of processes: the rest wait for their turn. The two processes of a pair are then seconds apart, and where
    /// everything looks slower some cases are judged in time instead of none: with all 27 in a pair, which then takes up to a minute, a
    /// run with everything slowed had too few pairs of any case.
    /// </summary>
    private const int Window = 9;

    /// <summary>A machine on which more than this share of the cases did not settle disturbs the others too.</summary>
    private const double NoisyShare = 0.2;

    /// <summary>After measuring this long no more is begun, and what there is is judged: with a build, of 20 to 45 s, the gate is to take less than 3 minutes.</summary>
    private static readonly TimeSpan timeLimit = TimeSpan.FromSeconds(115);

    /// <summary>At the end of that time cases that lost in the pairs so far come first: one alone takes 3 s a pair, nine together 6 to 14.</summary>
    private static readonly TimeSpan losersTime = TimeSpan.FromSeconds(35);

    private readonly string program = typeof(Guard).Assembly.Location;
    private readonly Stopwatch measuring = new();
    private readonly string[] allNames = [.. GuardCase.Names()];

    /// <summary>
    /// Against the file of this processor kind; null where there is none. The file only says what to look at: neighbours are
    /// others on another day. What looks slower than it is judged beside a build of the commit that it was measured at.
    /// </summary>
    public Outcome? CompareWithFile()
    {
        Baseline? baseline = Baseline.Load(repository.BaselinePath(Machine.ProcessorKind));
        if (baseline is null)
        {
            return null;
        }

        Ratios? Before(string name) => baseline.Cases.TryGetValue(name, out Ratios ratios) ? ratios : null;
        output.WriteLine($"Baseline: {Machine.ProcessorKind}, commit {baseline.Commit}, {baseline.Date}, {baseline.Runtime}");
        Evidence evidence = new();
        Collect(evidence, allNames, processes, Before);
        if (Losing(evidence, Rule.Suspicion) is { Length: > 0 } doubtful && doubtful.Length <= StrayShare * allNames.Length)
        {
            output.WriteLine($"Measuring again: {string.Join("; ", doubtful)}");
            Collect(evidence, doubtful, processes, Before);
        }

        string[] suspects = Losing(evidence, Rule.Suspicion);
        if (suspects.Length == 0)
        {
            return Judge(evidence);
        }

        if (builds.Of(baseline.Commit) is { } tree)
        {
            return Appeal(tree, evidence, suspects);
        }

        output.WriteLine("The baseline's commit cannot be built here, so the file alone decides, after pauses.");
        for (int round = 0; round < Pauses && Losing(evidence, Rule.Limit) is { Length: > 0 } left; round++)
        {
            Thread.Sleep(respite);
            Collect(evidence, left, processes, Before);
        }

        return Judge(evidence);
    }

    /// <summary>Against another build, both measured here and now, process by process in turns.</summary>
    public Outcome CompareWithBuild(Worktree other, string description)
    {
        output.WriteLine($"Baseline: {description}, built and measured beside this state");
        return Judge(Beside(other, allNames, new Evidence(), areSuspects: false));
    }

    /// <summary>No baseline to be had: measures and shows.</summary>
    public Outcome MeasureOnly(string reason)
    {
        Evidence evidence = new();
        Collect(evidence, allNames, processes, _ => null);
        Judge(evidence);
        output.WriteLine(reason);
        return Outcome.NotJudged;
    }

    /// <summary>Writes the file of this processor kind.</summary>
    public Outcome Update(int wanted)
    {
        Evidence evidence = new();
        Collect(evidence, allNames, wanted, _ => null);
        if (allNames.FirstOrDefault(name => evidence[name].Count < Rule.Fewest) is { } noisy)
        {
            output.WriteLine($"The machine is too noisy for a baseline: the FMA probes around '{noisy}' never settled. The file stays as it is.");
            return Outcome.NotJudged;
        }

        Baseline baseline = new(
            Machine.ProcessorName,
            repository.Describe(),
            RuntimeInformation.FrameworkDescription,
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            allNames.Min(name => evidence[name].Count),
            new SortedDictionary<string, Ratios>(allNames.ToDictionary(n => n, n => Rounded(Ratios.Median([.. evidence[n].Select(s => s.Now)]))), StringComparer.Ordinal));
        string path = repository.BaselinePath(Machine.ProcessorKind);
        Judge(evidence);
        baseline.Save(path);
        output.WriteLine($"Wrote {Path.GetRelativePath(repository.Root, path)}.");
        if (repository.Commit(baseline.Commit) is null)
        {
            output.WriteLine("No commit holds what was measured, so nothing can be built to measure beside: commit src first, then update again.");
        }

        return Outcome.Good;
    }

    /// <summary>The build that the file was made from is the judge of what looks slower than the file.</summary>
    private Outcome Appeal(Worktree tree, Evidence evidence, string[] suspects)
    {
        output.WriteLine($"Measuring beside it: {string.Join("; ", suspects)}");
        Evidence beside = Beside(tree, suspects, evidence.Anew(), areSuspects: true);
        foreach (string name in suspects)
        {
            evidence.Replace(name, beside);
        }

        Outcome outcome = Judge(evidence, suspects);
        if (!outcome.Judged)
        {
            return outcome;
        }

        string[] cleared = [.. suspects.Except(outcome.Regressions).Except(outcome.Unsteady).Except(outcome.Noisy)];
        List("Slower than the file, but not than its commit, measured beside it", cleared);
        return outcome with { Cleared = cleared };
    }

    private static Ratios Rounded(Ratios r) => new(Significant(r.PeakOperations), Significant(r.NaiveCalls), Math.Round(r.PeakRatio, 4));

    /// <summary>Five digits: a file that changes only where something did.</summary>
    private static double Significant(double value) => double.Parse(value.ToString("E4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private string[] Losing(Evidence evidence, double loss) =>
        [.. allNames.Where(name => evidence.Changes(name) is { Length: >= Rule.Fewest } changes && Rule.Median(changes) < -loss)];

    /// <summary>So many processes more of each of the cases, or fewer where patience or time is over.</summary>
    private void Collect(Evidence evidence, string[] names, int wanted, Func<string, Ratios?> before)
    {
        Dictionary<string, int> targets = names.ToDictionary(name => name, name => evidence[name].Count + wanted);
        Repeat(wanted, () => [.. names.Where(name => evidence[name].Count < targets[name])], (missing, _) => evidence.Add(Measure(program, missing, inject), before));
    }

    /// <summary>Pairs of processes, this build's and the other's, until each of the cases is decided, or patience or time is over.</summary>
    private Evidence Beside(Worktree other, string[] names, Evidence evidence, bool areSuspects)
    {
        int windows = (names.Length + Window - 1) / Window;
        Dictionary<string, int> tries = names.ToDictionary(name => name, _ => 0);

        // What was tried often enough for a verdict and still has none makes room for the others. At the end they all make room for what lost,
        // which then goes on its own, for a pair of nine takes three times as long.
        int fewest = areSuspects ? Rule.FewestPairs : Rule.Fewest;
        string[] Open()
        {
            string[] wanting = [.. names.Where(name => Rule.WantsPairs(evidence.Changes(name), fewest)).OrderBy(name => tries[name] / Rule.Unanimous)];
            string[] losing = [.. wanting.Where(name => evidence.Changes(name) is { Length: > 0 } seen && Rule.Median(seen) < -Rule.Suspicion)];
            bool isLate = measuring.Elapsed > timeLimit - losersTime;
            return [.. (isLate && losing.Length > 0 ? losing : wanting).Take(Window)];
        }

        Repeat(windows * Rule.MostPairs, Open, (open, pair) =>
        {
            foreach (string name in open)
            {
                tries[name]++;
            }

            // Each goes first in every second pair: what rises or falls steadily cancels too.
            WorkerResult? first = pair % 2 == 0 ? null : Measure(program, open, inject);
            WorkerResult before = Measure(other.Program, open, null);
            WorkerResult now = first ?? Measure(program, open, inject);
            evidence.Add(now, before);
        });
        return evidence;
    }

    private void Repeat(int wanted, Func<string[]> missing, Action<string[], int> measure)
    {
        measuring.Start();
        TimeSpan longestOfCase = TimeSpan.Zero;
        for (int turn = 0; turn < wanted * (1 + Patience) && missing() is { Length: > 0 } names; turn++)
        {
            // Starting a process takes as long as measuring a case or two.
            TimeSpan begin = measuring.Elapsed;
            int share = names.Length + 2;
            if (begin + (share * longestOfCase) >= timeLimit)
            {
                break;
            }

            measure(names, turn);
            TimeSpan took = (measuring.Elapsed - begin) / share;
            longestOfCase = took > longestOfCase ? took : longestOfCase;
        }

        measuring.Stop();
    }

    /// <summary>A process that measures few cases gives each more time to find quiet moments: a second in all.</summary>
    private WorkerResult Measure(string worker, string[] names, string? slow) =>
        WorkerProcess.Measure(worker, Math.Max(seconds, 1.0 / names.Length), names, slow);

    /// <param name="evidence">All that was seen.</param>
    /// <param name="suspects">The cases that looked slower than the file, and were measured beside a build.</param>
    private Outcome Judge(Evidence evidence, params string[] suspects)
    {
        string[] names = [.. allNames.Where(name => evidence[name].Count >= (suspects.Contains(name) ? Rule.FewestPairs : Rule.Fewest))];
        string[] noisy = [.. allNames.Except(names)];

        int width = allNames.Max(n => n.Length);
        output.WriteLine($"{"case".PadRight(width)}  {"baseline",9}  {"now",7}  {"change",7}  verdict      us/call  spread  processes");
        Dictionary<string, Verdict> verdicts = [];
        foreach (string name in names)
        {
            Change[] changes = evidence.Changes(name);
            string verdict = "new", change = "", reference = "";
            if (changes.Length > 0)
            {
                verdicts[name] = Rule.Judge(changes);
                verdict = verdicts[name] == Verdict.Regression ? "REGRESSION" : verdicts[name].ToString().ToLowerInvariant();
                change = Percent(Rule.Median(changes), "+0.0;-0.0;0.0");
                reference = Percent(Statistics.Median(evidence[name].Select(s => s.Before!.Value.PeakRatio)), "0.0");
            }

            double current = Statistics.Median(evidence[name].Select(s => s.Now.PeakRatio));
            double microseconds = Statistics.Median(evidence[name].Select(s => s.Case.Microseconds));
            double spread = Spread(evidence[name].Select(s => s.Case.Time));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name.PadRight(width)}  {reference,9}  {Percent(current, "0.0"),7}  {change,7}  {verdict,-10}  {microseconds,8:0.00}  {Percent(spread, "0.0"),6}  {evidence[name].Count,9}"));
        }

        output.WriteLine($"baseline and now are shares of the FMA peak ({Machine.InstructionSet}); change is in speed, by the kinder of two yardsticks.");
        string[] Those(Verdict verdict) => [.. names.Where(name => verdicts.TryGetValue(name, out Verdict v) && v == verdict)];
        string[] regressions = Those(Verdict.Regression), unsteady = Those(Verdict.Unsteady);
        List($"Faster by more than {Percent(Rule.Limit, "0")}", Those(Verdict.Faster));
        List("Too noisy to judge, there was no quiet moment for them in time", noisy);
        List("Too unsteady to judge", unsteady);
        List($"Slower by more than {Percent(Rule.Limit, "0")}", regressions);
        if (regressions.Length == 0 && noisy.Length > NoisyShare * allNames.Length)
        {
            output.WriteLine($"machine too noisy to judge: the FMA probes around {noisy.Length} of {allNames.Length} cases did not settle in time. Nothing is said about the code.");
            return Outcome.NotJudged;
        }

        return new Outcome(regressions.Length > 0 ? 1 : 0, regressions, unsteady, noisy);
    }

    private void List(string title, string[] cases)
    {
        if (cases.Length > 0)
        {
            output.WriteLine($"{title}: {string.Join("; ", cases)}.");
        }
    }

    /// <summary>The distance between the quartiles over the median.</summary>
    private static double Spread(IEnumerable<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return (sorted[(sorted.Length * 3) / 4] - sorted[sorted.Length / 4]) / sorted[sorted.Length / 2];
    }

    private static string Percent(double value, string format) => (value * 100).ToString(format, CultureInfo.InvariantCulture) + " %";
}
