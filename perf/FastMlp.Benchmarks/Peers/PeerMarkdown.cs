using System.Text;
using FastMlp.Benchmarks.Mnist;
using static FastMlp.Benchmarks.Peers.Figures;

namespace FastMlp.Benchmarks.Peers;

/// <summary>A report as Markdown: the page beside its JSON, and the parts that README.md and docs/performance.md show.</summary>
internal static class PeerMarkdown
{
    private const string Command = "dotnet run -c Release --project perf/FastMlp.Benchmarks -- peers --data FOLDER";

    /// <summary>The whole page.</summary>
    public static string Page(PeerReport report)
    {
        StringBuilder text = new("# FastMlp beside its rivals\n\n");
        Circumstances(text, report);
        text.Append("\n## Targets\n\n").Append(Targets(report));
        text.Append("\n## Where a rival wins\n\n").Append(Crossover.Markdown(report));
        foreach (PeerTable table in PeerTable.Headings)
        {
            Table(text, report, table, "");
        }

        Learning(text, report);
        text.Append(Invariant($"\nMade by `{Command}`.\n"));
        return text.ToString();
    }

    /// <summary>For README.md: the target table.</summary>
    public static string Summary(PeerReport report)
    {
        StringBuilder text = new();
        text.Append(Invariant(
            $"{report.Processor} ({report.InstructionSet}), FMA peak {report.PeakGflops:0.0} GFLOP/s a core, one thread unless said, {report.Runtime}, {report.Date[..10]}. All figures, versions and charts: [docs/performance.md](docs/performance.md#results).\n"));
        Note(text, report);
        text.Append('\n').Append(Targets(report));
        text.Append('\n').Append(Crossover.Markdown(report));
        return text.ToString();
    }

    /// <summary>For docs/performance.md: everything, with the charts.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="folder">The way from there to the results' folder.</param>
    public static string Results(PeerReport report, string folder)
    {
        StringBuilder text = new();
        Circumstances(text, report);
        text.Append("\n### Targets\n\n").Append(Targets(report));
        text.Append("\n### Crossover\n\n").Append(Crossover.Markdown(report));
        foreach (PeerTable table in PeerTable.Headings)
        {
            Table(text, report, table, folder);
        }

        Learning(text, report);
        text.Append(Invariant($"\nMade by `{Command}`; [the same as JSON]({folder}/peers.json).\n"));
        return text.ToString();
    }

    private static void Circumstances(StringBuilder text, PeerReport report)
    {
        text.Append(Invariant($"{report.Processor} ({report.ProcessorKind}), {report.InstructionSet}, one thread on one core unless said. FMA peak {report.PeakGflops:0.0} GFLOP/s"));
        if (report.TwoCorePeakGflops > 0)
        {
            text.Append(Invariant($", of two cores at once {report.TwoCorePeakGflops:0.0} ({report.TwoCorePeakGflops / report.PeakGflops:0.00} x)"));
        }

        text.Append(Invariant($". {report.Runtime}, {report.System}. {report.Date} UTC.\n"));
        Note(text, report);
        text.Append(Invariant($"""

            Each figure is the median over samples whose FMA probes, right before and right after, both ran near the peak; all systems of a row in turns. In brackets: share of that peak, then the distance of the quartiles over the median; at one row the 99th percentile of single calls comes first. `B` is managed bytes allocated in a call. `{DisturbedMark}` marks a figure with fewer than five quiet samples: that is the fastest quarter of all samples. Bold is the best of a row. A difference smaller than the spread means nothing.

            """));
        text.Append("\nVersions: ").AppendJoin("; ", report.Versions.Select(v => $"{v.Key} {v.Value}")).Append(".\n");
        foreach (string absent in report.Absent)
        {
            text.Append(Invariant($"\nAbsent: {absent}\n"));
        }
    }

    private static void Note(StringBuilder text, PeerReport report)
    {
        if (report.Note.Length > 0)
        {
            text.Append(Invariant($"\n**{report.Note}**\n"));
        }
    }

    private static string Targets(PeerReport report)
    {
        StringBuilder text = new("| work | target | best rival | FastMlp | rival's time / FastMlp's | met? |\n|---|---|---|---|---|---|\n");
        IReadOnlyList<TargetLine> lines = PeerTargets.Of(report);
        foreach (TargetLine line in lines)
        {
            text.Append(Invariant($"| {line.Work} | {line.Target} | {line.Rival} | {line.Own} | {line.Ratio} | {line.Met} |\n"));
        }

        int asRatio = lines.Count(l => l.Met.StartsWith(PeerTargets.AsRatio, StringComparison.Ordinal));
        int met = lines.Count(l => l.Met.StartsWith(PeerTargets.Yes, StringComparison.Ordinal));
        text.Append(Invariant(
            $"\n{met} of {lines.Count} met: {met - asRatio} by the stated figure, {asRatio} as a ratio. The figures were set on a Zen 4 core with a peak of 118 GFLOP/s, beside rivals measured there, as shares of the peak or as ratios to the best rival of the same run: \"{PeerTargets.AsRatio}\" means that FastMlp misses the figure here but leads the best rival by as much as the target led it there (the number in brackets, never below 1).\n"));
        return text.ToString();
    }

    private static void Table(StringBuilder text, PeerReport report, PeerTable table, string folder)
    {
        PeerRow[] rows = [.. report.Table(table.Key)];
        if (rows.Length == 0)
        {
            return;
        }

        string[] names = [.. rows.SelectMany(row => row.Figures.Select(f => f.Peer)).Distinct()];
        text.Append(Invariant($"\n### {table.Title}\n\n"));
        if (PeerChart.IsDrawn(report, table))
        {
            text.Append(Invariant($"![{table.Title}]({(folder.Length > 0 ? folder + "/" : "")}{PeerChart.FileName(table.Key)})\n\n"));
        }

        if (table.Key == PeerTable.Two)
        {
            text.Append("Shares are of both cores' peak. `predict` is two callers with half of the rows each; everything else is one call with two threads.\n\n");
        }

        // 64 lines are for the page beside the JSON; the other one shows those that tell.
        PeerRow[] shown = folder.Length > 0 && table.Key == PeerTable.Few ? [.. rows.Where(row => row.Rows is <= 8 or 12 || row.Rows % 16 == 0)] : rows;
        text.Append("| |").AppendJoin("", names.Select(name => $" {name} |")).Append(" B | best rival's time / FastMlp's |\n|---|");
        text.AppendJoin("", names.Select(_ => "---|")).Append("---|---|\n");
        foreach (PeerRow row in shown)
        {
            double best = row.Figures.Select(f => f.Microseconds).DefaultIfEmpty(0).Min();
            text.Append(Invariant($"| {row.Case} |"));
            foreach (string name in names)
            {
                text.Append(row.Of(name) is { } figure ? $" {Cell(table, row, figure, figure.Microseconds <= best)} |" : " - |");
            }

            text.Append(row.Own?.AllocatedBytes is { } bytes ? Invariant($" {bytes:0.#} |") : " - |");
            text.Append(row is { Own: { } own, BestRival: { } rival } ? Invariant($" {rival.Microseconds / own.Microseconds:0.00} |\n") : " - |\n");
        }

        if (table.Key == PeerTable.Row && report.Rounding.Count > 0)
        {
            text.Append("\nWhat bfloat16 weights cost in accuracy on MNIST's test images: ")
                .AppendJoin("; ", report.Rounding.Select(r => Invariant($"{r.Network} {100 * r.Single:0.00} % to {100 * r.Half:0.00} %"))).Append(".\n");
        }
    }

    private static string Cell(PeerTable table, PeerRow row, PeerFigure figure, bool isBest)
    {
        string bold = isBest ? "**" : "";
        string p99 = figure.P99Microseconds > 0 ? Microseconds(figure.P99Microseconds) + "; " : "";
        return $"{bold}{Value(table.Unit, row, figure)}{bold}{Mark(figure)} ({p99}{Percent(figure.PeakShare)}; {Percent(figure.Spread)})";
    }

    private static void Learning(StringBuilder text, PeerReport report)
    {
        if (report.Learning.Count == 0)
        {
            return;
        }

        text.Append("\n### Learning MNIST\n\nFrom the first training step to the last; the test images are scored once, at the end.\n\n");
        foreach (LearningTime time in report.Learning)
        {
            text.Append(Invariant($"- {time}: {time.Recipe}.\n"));
        }
    }
}
