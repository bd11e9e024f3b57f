using FastMlp.Benchmarks.Peers;

namespace FastMlp.Benchmarks;

/// <summary>Puts the latest stored comparison into README.md and docs/performance.md, each between its two marks, and draws it anew beside its figures.</summary>
internal static class ReadmeCommand
{
    public static int Run()
    {
        PeerReport? report = PeerReport.Latest();
        if (report is null)
        {
            Console.Error.WriteLine("perf/results holds no peers.json; run 'peers' first.");
            return 1;
        }

        report.Render(Path.Combine(Checkout.Results, report.ProcessorKind));
        bool done = Replace("README.md", "perf", PeerMarkdown.Summary(report))
            & Replace("docs/performance.md", "results", PeerMarkdown.Results(report, $"../perf/results/{report.ProcessorKind}"));
        if (done)
        {
            Console.WriteLine($"README.md and docs/performance.md now show {report.ProcessorKind}, {report.Date}.");
        }

        return done ? 0 : 1;
    }

    /// <summary>Puts text between the marks of that name; false, with a message, where they are not there.</summary>
    private static bool Replace(string file, string mark, string generated)
    {
        string begin = $"<!-- {mark}:begin -->", end = $"<!-- {mark}:end -->";
        string path = Path.Combine(Checkout.Root, file);
        string text = File.ReadAllText(path);
        int from = text.IndexOf(begin, StringComparison.Ordinal);
        int to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            Console.Error.WriteLine($"{file} needs a line '{begin}' and after it a line '{end}' for the figures to go between.");
            return false;
        }

        File.WriteAllText(path, $"{text[..(from + begin.Length)]}\n{generated}{text[to..]}");
        return true;
    }
}
