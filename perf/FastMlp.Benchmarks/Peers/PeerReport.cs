using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FastMlp.Benchmarks.Peers;

/// <param name="Peer">Whose figure.</param>
/// <param name="Microseconds">Median time of a call; NaN is not stored, an unsettled figure is left out.</param>
/// <param name="P99Microseconds">Of single calls, at one row; 0 where it was not taken.</param>
/// <param name="Gflops">Operations / median time.</param>
/// <param name="PeakShare">Share of the FMA peak around the same samples.</param>
/// <param name="Spread">Quartile distance over median.</param>
/// <param name="AcceptedShare">Samples between undisturbed probes.</param>
internal sealed record PeerFigure(string Peer, double Microseconds, double P99Microseconds, double Gflops, double PeakShare, double Spread, double AcceptedShare);

/// <summary>A case with everybody's figures.</summary>
internal sealed record PeerRow(string Table, string Case, int Rows, double Flop, IReadOnlyList<PeerFigure> Figures);

/// <summary>Everything of one run, as perf/results keeps it.</summary>
internal sealed record PeerReport(
    string Processor,
    string ProcessorKind,
    string InstructionSet,
    double PeakGflops,
    string Runtime,
    string System,
    string Date,
    string Note,
    SortedDictionary<string, string> Versions,
    IReadOnlyList<string> Absent,
    IReadOnlyList<PeerRow> Rows)
{
    public const string Own = "FastMlp";

    private static readonly JsonSerializerOptions json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public void Save()
    {
        string folder = Path.Combine(Checkout.Results, ProcessorKind);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "peers.json"), JsonSerializer.Serialize(this, json) + "\n");
        File.WriteAllText(Path.Combine(folder, "peers.md"), Markdown());
        File.WriteAllText(Path.Combine(folder, "peers.svg"), PeerChart.Svg(this));
    }

    /// <summary>The report with the latest date under perf/results; null if there is none.</summary>
    public static PeerReport? Latest() => !Directory.Exists(Checkout.Results)
        ? null
        : Directory.EnumerateFiles(Checkout.Results, "peers.json", SearchOption.AllDirectories)
            .Select(path => JsonSerializer.Deserialize<PeerReport>(File.ReadAllText(path), json))
            .OfType<PeerReport>()
            .MaxBy(report => report.Date, StringComparer.Ordinal);

    public string Markdown()
    {
        StringBuilder text = new();
        text.Append("# FastMlp beside its rivals\n\n");
        text.Append(Invariant($"{Processor} ({ProcessorKind}), {InstructionSet}, one thread. FMA peak {PeakGflops:0.0} GFLOP/s. {Runtime}, {System}. {Date}.\n"));
        if (Note.Length > 0)
        {
            text.Append(Invariant($"\n**{Note}**\n"));
        }

        text.Append("\nMedians of samples between two FMA probes that both ran near the peak, all systems in turns. In brackets: share of the peak, or at one row the 99th percentile. Bold: the best of the row.\n\n");
        text.Append("Versions: ").AppendJoin("; ", Versions.Select(v => $"{v.Key} {v.Value}")).Append(".\n");
        foreach (string absent in Absent)
        {
            text.Append(Invariant($"\nAbsent: {absent}\n"));
        }

        foreach (PeerTable table in PeerTable.All)
        {
            PeerRow[] rows = [.. Rows.Where(row => row.Table == table.Key)];
            if (rows.Length > 0)
            {
                Table(text, table, rows);
            }
        }

        text.Append("\nMade by `taskset -c 1 dotnet run -c Release --project perf/FastMlp.Benchmarks -- peers`.\n");
        return text.ToString();
    }

    /// <summary>For the README: FastMlp, the best rival, and the ratio, a line for each case.</summary>
    public string Summary()
    {
        StringBuilder text = new();
        text.Append(Invariant($"{Processor}, {InstructionSet}, one thread, FMA peak {PeakGflops:0.0} GFLOP/s, {Runtime}, {Date[..10]}. All figures: [perf/results/{ProcessorKind}/peers.md](perf/results/{ProcessorKind}/peers.md).\n"));
        if (Note.Length > 0)
        {
            text.Append(Invariant($"\n{Note}\n"));
        }

        text.Append(Invariant($"\n![The best rival's speed in each case](perf/results/{ProcessorKind}/peers.svg)\n"));
        text.Append("\n| work | FastMlp | best rival | FastMlp is faster by |\n|---|---|---|---|\n");
        foreach (PeerTable table in PeerTable.All)
        {
            foreach (PeerRow row in Rows.Where(row => row.Table == table.Key))
            {
                PeerFigure? own = row.Figures.FirstOrDefault(f => f.Peer == Own);
                PeerFigure? rival = row.Figures.Where(f => f.Peer != Own).MinBy(f => f.Microseconds);
                if (own is not null && rival is not null)
                {
                    text.Append(Invariant(
                        $"| {Group(table.Key)}{row.Case} | {Value(table.Unit, row, own)} | {Value(table.Unit, row, rival)} ({rival.Peer}) | {rival.Microseconds / own.Microseconds:0.00} x |\n"));
                }
            }
        }

        return text.ToString();
    }

    public static string Group(string key) => key switch { "gemm" => "layer ", "row" => "one row, ", "step" => "training step, ", _ => "" };

    private static void Table(StringBuilder text, PeerTable table, PeerRow[] rows)
    {
        string[] peers = [.. rows.SelectMany(row => row.Figures.Select(f => f.Peer)).Distinct()];
        text.Append(Invariant($"\n## {table.Title}\n\n| |"));
        text.AppendJoin("", peers.Select(peer => $" {peer} |")).Append(" best rival / FastMlp |\n|---|");
        text.AppendJoin("", peers.Select(_ => "---|")).Append("---|\n");
        foreach (PeerRow row in rows)
        {
            double best = row.Figures.Count == 0 ? 0 : row.Figures.Min(f => f.Microseconds);
            text.Append(Invariant($"| {row.Case} |"));
            foreach (string peer in peers)
            {
                PeerFigure? figure = row.Figures.FirstOrDefault(f => f.Peer == peer);
                string mark = figure is not null && figure.Microseconds <= best ? "**" : "";
                text.Append(figure is null ? " - |" : $" {mark}{Value(table.Unit, row, figure)}{mark}{Aside(table.Unit, row, figure)} |");
            }

            PeerFigure? own = row.Figures.FirstOrDefault(f => f.Peer == Own);
            double rival = row.Figures.Where(f => f.Peer != Own).Select(f => f.Microseconds).DefaultIfEmpty(double.NaN).Min();
            text.Append(own is null || double.IsNaN(rival) ? " - |\n" : Invariant($" {rival / own.Microseconds:0.00} |\n"));
        }
    }

    private static string Value(Unit unit, PeerRow row, PeerFigure figure) => unit switch
    {
        Unit.Gflops => Invariant($"{figure.Gflops:0.0} GFLOP/s"),
        Unit.ThousandRows => Invariant($"{row.Rows / figure.Microseconds * 1e3:#,0} k rows/s"),
        _ => Invariant($"{figure.Microseconds:0.000} us"),
    };

    private static string Aside(Unit unit, PeerRow row, PeerFigure figure) =>
        row.Rows == 1 && unit == Unit.Microseconds
            ? figure.P99Microseconds > 0 ? Invariant($" ({figure.P99Microseconds:0.00})") : ""
            : Invariant($" ({100 * figure.PeakShare:0.0} %)");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
