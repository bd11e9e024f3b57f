namespace FastMlp.PerfGuard;

/// <summary>How often the guard cries wolf, and how often it sees one: whole runs of it, clean and with every case slowed.</summary>
internal static class Quality
{
    public static int Measure(Repository repository, int runs, double seconds, int processes, string inject)
    {
        int falseAlarms = 0, judged = 0, caught = 0, chances = 0, tooNoisy = 0;
        int cases = GuardCase.All().Count(c => c.Name != GuardCase.Naive && Injection.Hits(Injection.Parse(inject)!.Value.Name, c.Name));
        for (int run = 1; run <= runs; run++)
        {
            Outcome clean = One(null);
            Outcome slowed = One(inject);

            // A run that gives no verdict is neither right nor wrong, and counts as neither.
            tooNoisy += (clean.Judged ? 0 : 1) + (slowed.Judged ? 0 : 1);
            judged += clean.Judged ? 1 : 0;
            falseAlarms += clean.ExitCode;
            chances += slowed.Judged ? cases : 0;
            caught += slowed.Regressions.Count;
            string first = !clean.Judged ? "too noisy" : clean.ExitCode == 0 ? "green" : "RED: " + string.Join("; ", clean.Regressions);
            string second = !slowed.Judged ? "too noisy" : $"{slowed.Regressions.Count} of {cases} cases named";
            Console.WriteLine($"run {run}: clean {first}; slowed by {inject} %: {second}");
        }

        Console.WriteLine($"false alarms: {falseAlarms} of {judged} runs; slowdowns of one case found: {caught} of {chances}; without a verdict: {tooNoisy} of {2 * runs} runs");
        return 0;

        Outcome One(string? slow) =>
            new Guard(repository, TextWriter.Null, seconds, processes, slow).CompareWithFile()
                ?? throw new GuardException("There is no baseline for this processor; make one with --update first.");
    }
}
