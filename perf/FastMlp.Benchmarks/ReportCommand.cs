using System.Globalization;
using System.Text;

namespace FastMlp.Benchmarks;

/// <summary>Writes docs/results.md, the chart and the table of README.md from the files of perf/results.</summary>
internal static class ReportCommand
{
    private const string DisturbedMark = "~";
    private const string Begin = "<!-- results:begin -->", End = "<!-- results:end -->";
    private const string ChartFile = "results.svg";

    /// <summary>The rows of README, at most eight: one row, a batch and a step, from small to wide.</summary>
    private static readonly (string Table, string Case, string Text)[] headline =
    [
        (Table.OneRow, "4-16-3", "one row, 4-16-3"),
        (Table.OneRow, "64-64-64-10", "one row, 64-64-64-10"),
        (Table.OneRow, "784-512-512-10", "one row, 784-512-512-10"),
        (Table.Batches, "64-64-64-10, 256 rows", "256 rows, 64-64-64-10"),
        (Table.Batches, "784-512-512-10, 256 rows", "256 rows, 784-512-512-10"),
        (Table.Steps, "64-64-10, 32 rows, Adam", "Adam step, 64-64-10, 32 rows"),
        (Table.Steps, "784-512-512-10, 256 rows, Adam", "Adam step, 784-512-512-10, 256 rows"),
    ];

    private static readonly string[] headlineRivals = ["ONNX Runtime, bound", "TorchSharp", "scikit-learn"];

    public static int Run()
    {
        IReadOnlyList<Results> all = Results.All();
        if (all.Count == 0)
        {
            Console.Error.WriteLine("perf/results holds no comparison.json. Run 'compare' first.");
            return 1;
        }

        string docs = Path.Combine(Checkout.Root, "docs");
        File.WriteAllText(Path.Combine(docs, "results.md"), Page(all));
        Chart.Bar[] bars = [.. Headline(all[0]).Select(line => new Chart.Bar(line.Text, line.Row.Own!.Microseconds, [.. headlineRivals.Select(rival => line.Row.Of(rival)?.Microseconds)]))];
        File.WriteAllText(Path.Combine(docs, ChartFile), Chart.Svg($"Times as long as FastMlp takes ({all[0].Processor}, {all[0].InstructionSet}, one thread)", headlineRivals, bars));
        string readme = Path.Combine(Checkout.Root, "README.md");
        string text = File.ReadAllText(readme);
        int from = text.IndexOf(Begin, StringComparison.Ordinal), to = text.IndexOf(End, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            Console.Error.WriteLine($"Wrote docs/results.md. README.md has no line '{Begin}' with a line '{End}' after it for its table.");
            return 1;
        }

        File.WriteAllText(readme, $"{text[..(from + Begin.Length)]}\n{Summary(all[0])}{text[to..]}");
        Console.WriteLine("Wrote docs/results.md, docs/results.svg and the table of README.md.");
        return 0;
    }

    private static (string Text, ResultRow Row)[] Headline(Results results) =>
        [.. headline.Select(line => (line.Text, Row: results.Of(line.Table, line.Case))).Where(line => line.Row?.Own is not null).Select(line => (line.Text, line.Row!))];

    /// <summary>For README.md.</summary>
    private static string Summary(Results results)
    {
        StringBuilder text = new();
        text.Append($"![Time beside rivals](docs/{ChartFile})\n\n| microseconds | FastMlp | {string.Join(" | ", headlineRivals.Select(rival => rival.Split(',')[0]))} |\n|---|---|---|---|---|\n");
        foreach ((string name, ResultRow row) in Headline(results))
        {
            text.Append($"| {name} | {Cell(row.Own)} | {string.Join(" | ", headlineRivals.Select(rival => WithRatio(row, row.Of(rival))))} |\n");
        }

        text.Append($"\n{results.Processor}, {results.InstructionSet}, one thread, {results.Runtime}, {results.Tables.Max(table => table.Date)}; {string.Join(", ", headlineRivals.Where(results.Versions.ContainsKey).Select(rival => $"{rival.Split(',')[0]} {results.Versions[rival]}"))}. In brackets: the rival's time over FastMlp's. [All results](docs/results.md), AVX2 included.\n");
        return text.ToString();
    }

    private static string Page(IReadOnlyList<Results> all)
    {
        StringBuilder text = new("# Results\n\nWritten by `dotnet run -c Release --project perf/FastMlp.Benchmarks -- report` from the files in perf/results. [Measuring](measuring.md) says how they were made.\n\n");
        text.Append($"Times are medians between quiet probes, one thread unless said. In brackets: the share of the FMA peak. {DisturbedMark} marks a figure of a disturbed machine. Bold: the fastest in its row. The last column is the time of the fastest rival over FastMlp's.\n");
        foreach (Results results in all)
        {
            text.Append($"\n## {results.Processor}, {results.InstructionSet}\n\n{results.Runtime}, {results.System}. Versions: {string.Join("; ", results.Versions.Select(version => $"{version.Key.Split(',')[0]} {version.Value}").Distinct())}.\n");
            foreach (string absent in results.Absent.Values)
            {
                text.Append($"Not measured: {absent}\n");
            }

            foreach (Table table in Table.All)
            {
                if (results.Of(table.Key) is { Rows.Count: > 0 } measured)
                {
                    Append(text, table, measured);
                }
            }

            if (results.Learning.Count > 0)
            {
                text.Append("\n### Learning MNIST\n\nFrom the first training step to the last. The test images are scored once, at the end.\n\n");
                results.Learning.ForEach(line => text.Append($"- {line}\n"));
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, Table table, ResultTable measured)
    {
        string[] names = [.. measured.Rows.SelectMany(row => row.Figures.Select(figure => figure.Rival)).Distinct()];
        string unit = table.Unit switch { Unit.Gflops => "GFLOP/s", Unit.ThousandRows => "thousand rows/s", _ => "microseconds" };
        text.Append(Invariant($"\n### {table.Title}, {unit}\n\n{measured.Date}, FMA peak {measured.PeakGflops:0.0} GFLOP/s.{(table.Key == Table.OneRow ? " After the slash: the 99th percentile of single calls; then managed bytes of a call." : "")}\n\n"));
        text.Append($"| | {string.Join(" | ", names)} | |\n|---|{string.Concat(names.Select(_ => "---|"))}---|\n");
        foreach (ResultRow row in measured.Rows)
        {
            double fastest = row.Figures.Min(figure => figure.Microseconds);
            IEnumerable<string> cells = names.Select(name => row.Of(name) is { } figure ? Cell(table, row, figure, figure.Microseconds == fastest) : "-");
            string lead = row is { Own: { } own, BestRival: { } rival } ? Invariant($"{rival.Microseconds / own.Microseconds:0.00} x") : "-";
            text.Append($"| {row.Case} | {string.Join(" | ", cells)} | {lead} |\n");
        }
    }

    private static string Cell(Table table, ResultRow row, Figure figure, bool isFastest)
    {
        string value = table.Unit switch
        {
            Unit.Gflops => Invariant($"{row.Flop / figure.Microseconds / 1e3:0.0}"),
            Unit.ThousandRows => Invariant($"{row.Rows / figure.Microseconds * 1e3:#,0}"),
            _ => Time(figure.Microseconds),
        };
        string mark = figure.IsDisturbed ? DisturbedMark : "", bold = isFastest ? "**" : "";
        string rest = table.Key == Table.OneRow
            ? Invariant($"{(figure.P99Microseconds > 0 ? " / " + Time(figure.P99Microseconds) : "")}{(figure.AllocatedBytes is { } bytes ? Invariant($"; {bytes:0.#} B") : "")}")
            : Invariant($" ({100 * figure.PeakShare:0} %)");
        return $"{bold}{value}{bold}{mark}{rest}";
    }

    private static string Cell(Figure? figure) => figure is null ? "-" : Time(figure.Microseconds) + (figure.IsDisturbed ? DisturbedMark : "");

    private static string WithRatio(ResultRow row, Figure? figure) =>
        figure is null ? "-" : Invariant($"{Cell(figure)} ({figure.Microseconds / row.Own!.Microseconds:0.0} x)");

    /// <summary>Three or four digits, whatever the size.</summary>
    private static string Time(double microseconds) => microseconds switch
    {
        < 1 => Invariant($"{microseconds:0.000}"),
        < 10 => Invariant($"{microseconds:0.00}"),
        < 1000 => Invariant($"{microseconds:0.0}"),
        _ => Invariant($"{microseconds:#,0}"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
