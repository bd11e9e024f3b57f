using System.Text.Json;
using FastMlp.Benchmarks.Rivals;
using FastMlp.Measuring;

namespace FastMlp.Benchmarks;

/// <summary>One system's figures in one case.</summary>
/// <param name="Rival">Its name.</param>
/// <param name="Microseconds">The median time of a call between quiet probes.</param>
/// <param name="P99Microseconds">Of single calls; 0 where not measured.</param>
/// <param name="PeakShare">Share of the FMA peak around the same samples.</param>
/// <param name="Spread">Quartile distance over median.</param>
/// <param name="IsDisturbed">Whether the quiet samples were too few: then the time is that of the fastest quarter of all.</param>
/// <param name="AllocatedBytes">Managed bytes of a call; null for another process.</param>
internal sealed record Figure(string Rival, double Microseconds, double P99Microseconds, double PeakShare, double Spread, bool IsDisturbed, double? AllocatedBytes)
{
    /// <summary>FastMlp in another form is no rival.</summary>
    public bool IsOwn => Rival.StartsWith(FastMlpRival.Own, StringComparison.Ordinal);

    public static Figure Of(string rival, Measurement m, double p99, double? bytes) => new(
        rival, Math.Round(m.Seconds * 1e6, 4), Math.Round(p99, 3), Math.Round(m.PeakRatio, 4), Math.Round(m.Spread, 4), !m.Settled, bytes is { } b ? Math.Round(b, 1) : null);
}

/// <summary>A case with everybody's figures.</summary>
internal sealed record ResultRow(string Case, int Rows, double Flop, IReadOnlyList<Figure> Figures)
{
    public Figure? Own => Of(FastMlpRival.Own) ?? Figures.FirstOrDefault(figure => figure.IsOwn);

    public Figure? BestRival => Figures.Where(figure => !figure.IsOwn).MinBy(figure => figure.Microseconds);

    public Figure? Of(string rival) => Figures.FirstOrDefault(figure => figure.Rival == rival);
}

/// <summary>One table as it was measured.</summary>
internal sealed record ResultTable(string Key, string Date, double PeakGflops, IReadOnlyList<ResultRow> Rows);

/// <summary>All tables of one kind of machine: a file of perf/results. A run replaces the tables that it measured.</summary>
internal sealed record Results(
    string Processor,
    string ProcessorKind,
    string InstructionSet,
    string Runtime,
    string System,
    SortedDictionary<string, string> Versions,
    SortedDictionary<string, string> Absent,
    List<ResultTable> Tables,
    List<string> Learning)
{
    private const string FileName = "comparison.json";

    private static readonly JsonSerializerOptions json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static string Folder => Path.Combine(Checkout.Root, "perf", "results");

    public ResultTable? Of(string table) => Tables.FirstOrDefault(one => one.Key == table);

    public ResultRow? Of(string table, string name) => Of(table)?.Rows.FirstOrDefault(row => row.Case == name);

    /// <summary>What is stored of this kind of machine; null if there is nothing.</summary>
    public static Results? Load(string processorKind) => Read(Path.Combine(Folder, processorKind, FileName));

    /// <summary>All stored results, the widest instruction set first.</summary>
    public static IReadOnlyList<Results> All() =>
    [
        .. Directory.EnumerateFiles(Folder, FileName, SearchOption.AllDirectories).Select(Read).OfType<Results>()
            .OrderByDescending(results => results.InstructionSet == "AVX-512").ThenBy(results => results.ProcessorKind, StringComparer.Ordinal),
    ];

    public string Save()
    {
        string path = Path.Combine(Folder, ProcessorKind, FileName);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, json) + "\n");
        return path;
    }

    private static Results? Read(string path) => File.Exists(path) ? JsonSerializer.Deserialize<Results>(File.ReadAllText(path), json) : null;
}
