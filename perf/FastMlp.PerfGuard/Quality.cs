namespace FastMlp.PerfGuard;

/// <summary>How often the guard cries wolf, and how often it sees one: whole runs of it, clean, and every fifth time one more with every case slowed.</summary>
internal static class Quality
{
    /// <summary>Clean runs for each slowed one: a clean run is one chance of a false alarm, a slowed one a chance for each case to be seen.</summary>
    private const int CleanRuns = 5;

    public static int Measure(Repository repository, int runs, double seconds, int processes, string inject)
    {
        int falseAlarms = 0, judged = 0, caught = 0, chances = 0, tooNoisy = 0, slowedRuns = 0, reds = 0;
        Dictionary<string, int> missed = [];
        string[] cases = [.. GuardCase.Names().Where(name => Injection.Hits(Injection.Parse(inject)!.Value.Name, name))];
        for (int run = 1; run <= runs; run++)
        {
            Outcome clean = One(null);

            // A run that gives no verdict is neither right nor wrong, and counts as neither.
            judged += clean.Judged ? 1 : 0;
            tooNoisy += clean.Judged ? 0 : 1;
            falseAlarms += clean.ExitCode;
            Console.WriteLine($"{Now()} clean run {run}: {(!clean.Judged ? "too noisy" : clean.ExitCode == 0 ? "green" : "RED: " + string.Join("; ", clean.Regressions))}{Noisy(clean)}");
            if (run % CleanRuns != 0)
            {
                continue;
            }

            Outcome slowed = One(inject);
            if (!slowed.Judged)
            {
                tooNoisy++;
                Console.WriteLine($"{Now()} run slowed by {inject} %: too noisy");
                continue;
            }

            string[] chance = [.. cases.Except(slowed.Noisy)];
            string[] unseen = [.. chance.Except(slowed.Regressions)];
            slowedRuns++;
            reds += slowed.ExitCode;
            chances += chance.Length;
            caught += slowed.Regressions.Count;
            foreach (string name in unseen)
            {
                missed[name] = missed.GetValueOrDefault(name) + 1;
            }

            Console.WriteLine($"{Now()} run slowed by {inject} %: {slowed.Regressions.Count} of {chance.Length} cases named{(unseen.Length > 0 ? "; missed: " + string.Join("; ", unseen) : "")}{Noisy(slowed)}");
        }

        Console.WriteLine($"false alarms: {falseAlarms} of {judged} clean runs; slowed runs red: {reds} of {slowedRuns}; slowdowns of one case found: {caught} of {chances}; without a verdict: {tooNoisy} runs");
        foreach ((string name, int times) in missed.OrderByDescending(m => m.Value))
        {
            Console.WriteLine($"missed {times} times: {name}");
        }

        return 0;

        Outcome One(string? slow) =>
            new Guard(repository, TextWriter.Null, seconds, processes, slow).CompareWithFile()
                ?? throw new GuardException("There is no baseline for this processor; make one with --update first.");
    }

    private static string Now() => DateTime.UtcNow.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

    private static string Noisy(Outcome outcome) => outcome is { Judged: true, Noisy.Count: > 0 } ? $" (too noisy: {string.Join("; ", outcome.Noisy)})" : "";
}
