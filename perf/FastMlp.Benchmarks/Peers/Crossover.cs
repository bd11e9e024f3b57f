using System.Text;
using static FastMlp.Benchmarks.Peers.Figures;

namespace FastMlp.Benchmarks.Peers;

/// <summary>From which size on a rival wins, computed from the rows of each table.</summary>
internal static class Crossover
{
    /// <summary>Within so much of each other two systems are level: the differences that mean nothing here.</summary>
    private const double Level = 0.03;

    public static string Markdown(PeerReport report)
    {
        StringBuilder text = new("| kind of work | cases | FastMlp ahead | level (3 %) | a rival ahead | from where on a rival wins |\n|---|---|---|---|---|---|\n");
        foreach (PeerTable table in PeerTable.Headings)
        {
            Case[] cases = [.. report.Table(table.Key).Select(Case.Of).OfType<Case>().OrderBy(c => c.Row.Flop)];
            if (cases.Length > 0)
            {
                text.Append(Invariant(
                    $"| {Kind(table.Key)} | {cases.Length} | {cases.Count(c => c.Lead > Level)} | {cases.Count(c => Math.Abs(c.Lead) <= Level)} | {cases.Count(c => c.Lead < -Level)} | {Where(cases)} |\n"));
            }
        }

        return text.ToString();
    }

    private static string Where(Case[] cases)
    {
        Case[] lost = [.. cases.Where(c => c.Lead < -Level)];
        if (lost.Length == 0)
        {
            return "nowhere";
        }

        // The longest run of losses that reaches to the largest case is a crossover; other losses stand alone.
        int from = cases.Length;
        while (from > 0 && cases[from - 1].Lead < -Level)
        {
            from--;
        }

        string list = string.Join("; ", lost.OrderBy(c => c.Lead).Take(4).Select(c => Invariant($"{c.Row.Case}: {c.Rival} by {-100 * c.Lead:0} %")));
        string more = lost.Length > 4 ? Invariant($"; {lost.Length - 4} more") : "";
        return from == cases.Length ? $"no size on; only at {list}{more}"
            : from == 0 ? $"everywhere ({list}{more})"
            : $"{cases[from].Row.Case} ({list}{more})";
    }

    private static string Kind(string key) => key switch
    {
        PeerTable.Gemm => "layers (GEMM)",
        PeerTable.Gradient => "dW and dX",
        PeerTable.Row => "one row",
        PeerTable.Batch => "batches",
        PeerTable.Step => "training steps",
        PeerTable.Few => "1 to 64 rows, 512 x 512",
        _ => "two threads",
    };

    /// <param name="Row">The case.</param>
    /// <param name="Rival">Its best rival.</param>
    /// <param name="Lead">How much faster FastMlp is, 0.1 for 10 %; below 0, how much faster the rival is.</param>
    private sealed record Case(PeerRow Row, string Rival, double Lead)
    {
        public static Case? Of(PeerRow row) => row is { Own: { } own, BestRival: { } rival }
            ? new Case(row, rival.Peer, own.Microseconds <= rival.Microseconds ? (rival.Microseconds / own.Microseconds) - 1 : 1 - (own.Microseconds / rival.Microseconds))
            : null;
    }
}
