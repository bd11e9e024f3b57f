namespace FastMlp.PerfGuard;

/// <summary>What the processes said about each case, and what that is against what it is held against.</summary>
internal sealed class Evidence
{
    /// <summary>
    /// A process whose naive kernel was this much slower than the quietest one's saw no quiet moment, so that it held its samples
    /// against a disturbed best. Of 23 processes beside a busy neighbour 20 were within 1.3 % of the quietest, two 4 % slower, and
    /// one 23 %, with a case in it that was 33 % slower.
    /// </summary>
    private const double QuietTolerance = 0.04;

    private readonly Dictionary<string, List<Sighting>> cases = [];

    /// <summary>The naive kernel's shortest time so far.</summary>
    private double quietest = double.PositiveInfinity;

    public IReadOnlyList<Sighting> this[string name] =>
        cases.TryGetValue(name, out List<Sighting>? seen) ? [.. seen.Where(s => s.Naive <= quietest * (1 + QuietTolerance))] : [];

    /// <summary>Nothing seen yet but how quiet the machine can be.</summary>
    public Evidence Anew() => new() { quietest = quietest };

    /// <summary>One process, held against a file; cases that the file does not know are new.</summary>
    public void Add(WorkerResult now, Func<string, Ratios?> before) => Add(now, before, now.Naive, now.Naive);

    /// <summary>A pair of processes.</summary>
    public void Add(WorkerResult now, WorkerResult before) =>
        Add(now.Within(before), name => before.Ratios(name), Math.Min(now.Naive, before.Naive), Math.Max(now.Naive, before.Naive));

    /// <summary>The change of a case in each process; none where it is new.</summary>
    public Change[] Changes(string name) => [.. this[name].Where(s => s.Before is not null).Select(s => s.Before!.Value.Change(s.Now))];

    private void Add(WorkerResult now, Func<string, Ratios?> before, double quieter, double noisier)
    {
        quietest = Math.Min(quietest, quieter);
        foreach (string name in now.Cases.Keys)
        {
            if (!cases.TryGetValue(name, out List<Sighting>? seen))
            {
                cases[name] = seen = [];
            }

            seen.Add(new Sighting(now.Cases[name], now.Ratios(name), before(name), noisier));
        }
    }

    /// <summary>Another measurement takes the place of this one for a case.</summary>
    public void Replace(string name, Evidence other) => cases[name] = [.. other[name].Select(s => s with { Naive = quietest })];
}

/// <summary>One process's measurement of one case.</summary>
/// <param name="Case">The measurement.</param>
/// <param name="Now">The same as ratios.</param>
/// <param name="Before">What it is held against.</param>
/// <param name="Naive">The naive kernel's time in that process, or in the noisier of a pair.</param>
internal readonly record struct Sighting(CaseResult Case, Ratios Now, Ratios? Before, double Naive);
