using System.Text.Json;
using FastMlp.Benchmarks.Mnist;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <param name="Peer">Whose figure.</param>
/// <param name="Microseconds">Median time of a call over the quiet samples.</param>
/// <param name="P99Microseconds">Of single calls, at one row; 0 where it was not taken.</param>
/// <param name="Gflops">Operations / median time.</param>
/// <param name="PeakShare">Share of the FMA peak around the same samples.</param>
/// <param name="Spread">Quartile distance over median.</param>
/// <param name="Accepted">Quiet samples.</param>
/// <param name="Taken">All samples.</param>
/// <param name="IsDisturbed">Whether the quiet samples were too few, so that the figures are those of the fastest quarter of all.</param>
/// <param name="AllocatedBytes">Managed bytes of a call; null for a peer whose memory is not managed.</param>
internal sealed record PeerFigure(
    string Peer,
    double Microseconds,
    double P99Microseconds,
    double Gflops,
    double PeakShare,
    double Spread,
    int Accepted,
    int Taken,
    bool IsDisturbed,
    double? AllocatedBytes)
{
    /// <summary>FastMlp in another form, one thread beside two, is no rival.</summary>
    public bool IsOwn => Peer.StartsWith(PeerReport.Own, StringComparison.Ordinal);

    public static PeerFigure Of(string peer, Measurement m, double p99, double? allocated) => new(
        peer,
        Math.Round(m.Seconds * 1e6, 5),
        Math.Round(p99, 4),
        Math.Round(m.Gflops, 3),
        Math.Round(m.PeakRatio, 5),
        Math.Round(m.Spread, 4),
        m.Accepted,
        m.Taken,
        !m.Settled,
        allocated is { } bytes ? Math.Round(bytes, 1) : null);
}

/// <summary>A case with everybody's figures.</summary>
internal sealed record PeerRow(string Table, string Case, int Rows, double Flop, IReadOnlyList<PeerFigure> Figures)
{
    public PeerFigure? Own => Of(PeerReport.Own);

    public PeerFigure? BestRival => Figures.Where(f => !f.IsOwn).MinBy(f => f.Microseconds);

    public PeerFigure? Of(string peer) => Figures.FirstOrDefault(f => f.Peer == peer);
}

/// <summary>Everything of one run, as perf/results keeps it.</summary>
internal sealed record PeerReport(
    string Processor,
    string ProcessorKind,
    string InstructionSet,
    double PeakGflops,
    double TwoCorePeakGflops,
    string Runtime,
    string System,
    string Date,
    string Note,
    SortedDictionary<string, string> Versions,
    IReadOnlyList<string> Absent,
    IReadOnlyList<PeerRow> Rows,
    IReadOnlyList<HalfAccuracy> Rounding,
    IReadOnlyList<LearningTime> Learning)
{
    public const string Own = "FastMlp";

    private const string FileName = "peers.json";

    private static readonly JsonSerializerOptions json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public void Save()
    {
        string folder = Path.Combine(Checkout.Results, ProcessorKind);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, json) + "\n");
        Render(folder);
    }

    /// <summary>Writes the page and the charts: what people read, from what is stored.</summary>
    public void Render(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "peers.md"), PeerMarkdown.Page(this));
        foreach (PeerTable table in PeerTable.Headings)
        {
            string file = Path.Combine(folder, PeerChart.FileName(table.Key));
            if (PeerChart.Svg(this, table) is { } svg)
            {
                File.WriteAllText(file, svg);
            }
            else
            {
                File.Delete(file);
            }
        }
    }

    public IEnumerable<PeerRow> Table(string key) => Rows.Where(row => row.Table == key);

    public PeerRow? Row(string table, string name) => Table(table).FirstOrDefault(row => row.Case == name);

    /// <summary>The report with the latest date under perf/results; null if there is none.</summary>
    public static PeerReport? Latest() => All().MaxBy(report => report.Date, StringComparer.Ordinal);

    /// <summary>All stored reports, one for each kind of processor.</summary>
    public static IEnumerable<PeerReport> All() => !Directory.Exists(Checkout.Results)
        ? []
        : Directory.EnumerateFiles(Checkout.Results, FileName, SearchOption.AllDirectories)
            .Select(path => JsonSerializer.Deserialize<PeerReport>(File.ReadAllText(path), json))
            .OfType<PeerReport>();
}
