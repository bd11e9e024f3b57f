using FastMlp.Benchmarks.Peers;

namespace FastMlp.Benchmarks;

/// <summary>Puts the latest stored comparison into README.md, between its two marks.</summary>
internal static class ReadmeCommand
{
    private const string Begin = "<!-- perf:begin -->";
    private const string End = "<!-- perf:end -->";

    public static int Run()
    {
        string path = Path.Combine(Checkout.Root, "README.md");
        PeerReport? report = PeerReport.Latest();
        if (report is null)
        {
            Console.Error.WriteLine("perf/results holds no peers.json; run 'peers' first.");
            return 1;
        }

        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            Console.Error.WriteLine($"README.md needs a line '{Begin}' and after it a line '{End}' for the table to go between.");
            return 1;
        }

        File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}\n{report.Summary()}{text[end..]}");
        Console.WriteLine($"README.md now shows {report.ProcessorKind}, {report.Date}.");
        return 0;
    }
}
