using System.Text.Json;

namespace FastMlp.PerfGuard;

/// <summary>What the cases took on one kind of processor, as ratios: a file of perf/baselines.</summary>
/// <param name="Processor">Its name.</param>
/// <param name="Commit">What was measured: a build of it is the judge of what looks slower than this file. With a plus sign at the end no commit holds it.</param>
/// <param name="Runtime">On which runtime.</param>
/// <param name="Date">When.</param>
/// <param name="Processes">In how many processes.</param>
/// <param name="Cases">By name.</param>
internal sealed record Baseline(string Processor, string Commit, string Runtime, string Date, int Processes, SortedDictionary<string, Ratios> Cases)
{
    public static Baseline? Load(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Baseline>(File.ReadAllText(path), Json.File);
        }
        catch (JsonException e)
        {
            throw new GuardException($"{path} is no baseline: {e.Message} Make it anew with --update.");
        }
    }

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, Json.File) + "\n");
    }
}

/// <param name="PeakOperations">10^9 operations that the FMA probe would do in the time of one call.</param>
/// <param name="NaiveCalls">Calls of the naive kernel that take as long as one call.</param>
/// <param name="PeakRatio">Share of the FMA peak, for people: the comparison does not use it.</param>
internal readonly record struct Ratios(double PeakOperations, double NaiveCalls, double PeakRatio)
{
    /// <summary>Each for itself.</summary>
    public static Ratios Median(IReadOnlyCollection<Ratios> all) => new(
        Statistics.Median(all.Select(r => r.PeakOperations)),
        Statistics.Median(all.Select(r => r.NaiveCalls)),
        Statistics.Median(all.Select(r => r.PeakRatio)));

    /// <summary>From this to now.</summary>
    public Change Change(Ratios now) => new((PeakOperations / now.PeakOperations) - 1, (NaiveCalls / now.NaiveCalls) - 1);
}
