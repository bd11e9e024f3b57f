using System.CommandLine;
using FastMlp.Diagnostics;
using FastMlp.PerfGuard;

const int BaselineRounds = 6;

// Defaults keep a run under 3 minutes, the build of a merge base included.
Option<string?> against = new("--against") { Description = "Measure this git ref beside the present state instead of the stored baseline." };
Option<bool> update = new("--update") { Description = "Rewrite the baseline of this kind of processor." };
Option<string?> inject = new("--inject") { Description = "Slow cases down on purpose, to test the guard: a percentage, or percentage:part of a name." };
Option<double> seconds = new("--seconds") { Description = "Time for each case in each process.", DefaultValueFactory = _ => 0.12 };
Option<int> processes = new("--processes") { Description = "Processes in a round against a stored baseline; suspicious cases get one round more.", DefaultValueFactory = _ => 2 };
Option<int> quality = new("--quality") { Description = "Run the guard this often, and a quarter as often slowed (each time the next case by 10 %, unless --inject says otherwise), and count: against the stored baseline, or a build of --against." };
Option<bool> worker = new("--worker") { Hidden = true };
Option<string[]> cases = new("--case") { Hidden = true };
RootCommand root = new("Fails when a guarded case became slower than its baseline.")
{
    against, update, inject, seconds, processes, quality, worker, cases,
};

root.SetAction(arguments =>
{
    try
    {
        double time = arguments.GetValue(seconds);
        int count = arguments.GetValue(processes);
        string? slow = arguments.GetValue(inject);
        if (!(time > 0) || count < 1)
        {
            throw new GuardException("--seconds is above 0 and --processes at least 1.");
        }

        if (arguments.GetValue(worker))
        {
            return Worker.Run(time, arguments.GetValue(cases) ?? [], slow);
        }

        Injection.Parse(slow);
        Repository repository = Repository.Find();
        string? wanted = arguments.GetValue(against);
        using Builds builds = new(repository, Console.Out);
        if (arguments.GetValue(quality) is > 0 and int runs)
        {
            return new Quality(repository, builds, time, count, slow).Measure(runs, wanted);
        }

        Guard guard = new(repository, builds, Console.Out, time, count, slow);
        if (arguments.GetValue(update))
        {
            // The file is held against many runs, so it is worth more processes.
            return guard.Update(count * BaselineRounds).ExitCode;
        }

        if (wanted is null && guard.CompareWithFile() is { } outcome)
        {
            return outcome.ExitCode;
        }

        string? commit = wanted is null ? repository.MergeBase() : repository.Commit(wanted)
            ?? throw new GuardException($"'{wanted}' is no commit, branch or tag of this repository.");
        if (commit is null)
        {
            return guard.MeasureOnly($"No baseline for {Machine.ProcessorKind} and no earlier commit here to make one from: measured only. --update stores a baseline.").ExitCode;
        }

        return builds.Of(commit) is { } tree
            ? guard.CompareWithBuild(tree, wanted ?? $"merge base {commit[..12]}").ExitCode
            : guard.MeasureOnly($"{commit[..12]} cannot be built with this guard, so there is nothing to compare with: measured only.").ExitCode;
    }
    catch (Exception e) when (e is GuardException or ArgumentException or IOException)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
});
return root.Parse(args).Invoke();
