using System.Diagnostics;
using System.Globalization;

namespace FastMlp.PerfGuard;

/// <summary>How often the guard cries wolf, and how often it sees one: whole runs of it, clean, and now and then one more with something slowed.</summary>
/// <param name="repository">Where the baseline is.</param>
/// <param name="builds">Makes what is measured beside.</param>
/// <param name="seconds">Time for each case in each process.</param>
/// <param name="processes">Processes in a round.</param>
/// <param name="inject">What to slow in each slowed run; null for one case after the other by <see cref="Loss"/>.</param>
internal sealed class Quality(Repository repository, Builds builds, double seconds, int processes, string? inject)
{
    /// <summary>Clean runs for each slowed one: a false alarm is to be five times rarer than a miss.</summary>
    private const int CleanRuns = 4;

    private const string Loss = "10";

    /// <param name="runs">Clean runs.</param>
    /// <param name="against">What to build and measure beside; null for the stored baseline.</param>
    public int Measure(int runs, string? against)
    {
        int falseAlarms = 0, judged = 0, caught = 0, chances = 0, tooNoisy = 0, slowedRuns = 0, reds = 0;
        Dictionary<string, int> missed = [];
        string[] names = [.. GuardCase.Names()];
        for (int run = 1; run <= runs; run++)
        {
            (Outcome clean, string report) = One($"clean run {run}", null, against, outcome => outcome.ExitCode == 0 ? "green" : "RED: " + string.Join("; ", outcome.Regressions));

            // A run that gives no verdict is neither right nor wrong, and counts as neither.
            judged += clean.Judged ? 1 : 0;
            tooNoisy += clean.Judged ? 0 : 1;
            falseAlarms += clean.ExitCode;
            ShowRows(report, clean.Regressions);
            if (run % CleanRuns != 0)
            {
                continue;
            }

            string slow = inject ?? $"{Loss}:{names[((run / CleanRuns) - 1) % names.Length]}";
            string[] cases = [.. names.Where(name => Injection.Hits(Injection.Parse(slow)!.Value.Name, name))];
            string[] Unseen(Outcome outcome) => [.. cases.Except(outcome.Noisy).Except(outcome.Regressions)];
            string[] Innocent(Outcome outcome) => [.. outcome.Regressions.Except(cases)];
            (Outcome slowed, report) = One($"run slowed by {slow}", slow, against, outcome =>
                $"{(outcome.ExitCode == 0 ? "GREEN" : "red")}, {outcome.Regressions.Intersect(cases).Count()} of {cases.Length} slowed cases named{Note("missed", Unseen(outcome))}{Note("named, but not slowed", Innocent(outcome))}");
            if (!slowed.Judged)
            {
                tooNoisy++;
                continue;
            }

            string[] unseen = Unseen(slowed);
            int named = slowed.Regressions.Intersect(cases).Count();
            slowedRuns++;
            reds += named > 0 ? 1 : 0;
            chances += unseen.Length + named;
            caught += named;
            ShowRows(report, [.. unseen, .. Innocent(slowed)]);
            foreach (string name in unseen)
            {
                missed[name] = missed.GetValueOrDefault(name) + 1;
            }
        }

        Console.WriteLine($"false alarms: {falseAlarms} of {judged} clean runs; slowed runs that named a slowed case: {reds} of {slowedRuns}; slowdowns of one case found: {caught} of {chances}; without a verdict: {tooNoisy} runs");
        foreach ((string name, int times) in missed.OrderByDescending(m => m.Value))
        {
            Console.WriteLine($"missed {times} times: {name}");
        }

        return 0;
    }

    private (Outcome Outcome, string Report) One(string title, string? slow, string? against, Func<Outcome, string> verdict)
    {
        using StringWriter report = new();
        long start = Stopwatch.GetTimestamp();
        Guard guard = new(repository, builds, report, seconds, processes, slow);
        Outcome outcome = against is null
            ? guard.CompareWithFile() ?? throw new GuardException("There is no baseline for this processor; make one with --update first.")
            : guard.CompareWithBuild(builds.Of(against) ?? throw new GuardException($"'{against}' is not here or cannot be built."), against);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:HH:mm:ss} {title}, {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s: {(outcome.Judged ? verdict(outcome) : "too noisy")}{Note("cleared beside the build", outcome.Cleared)}{Note("too noisy", outcome.Noisy)}"));
        return (outcome, report.ToString());
    }

    /// <summary>What the guard's table says of the cases that it was wrong about.</summary>
    private static void ShowRows(string report, IReadOnlyCollection<string> names)
    {
        foreach (string row in report.Split('\n').Where(row => names.Any(name => row.StartsWith(name + "  ", StringComparison.Ordinal))))
        {
            Console.WriteLine($"    {row.TrimEnd()}");
        }
    }

    private static string Note(string title, IReadOnlyCollection<string> cases) => cases.Count > 0 ? $" ({title}: {string.Join("; ", cases)})" : "";
}
