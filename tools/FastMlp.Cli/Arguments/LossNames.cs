namespace FastMlp.Cli.Arguments;

/// <summary>Reads a loss of <see cref="Loss.Spellings"/>: <c>cross-entropy</c> for classes, the others for values.</summary>
internal static class LossNames
{
    /// <summary>Those that need another network or other targets than the command makes: one output for all classes, counts that are not scaled, several outputs for a target.</summary>
    private static readonly string[] others = ["binary-cross-entropy", "poisson", "log-poisson", "quantile"];

    /// <summary>How the losses that the command trains are spelt.</summary>
    public static string Known { get; } = string.Join(", ", Loss.Spellings.Where(spelling => !others.Contains(spelling.Split('[', ':')[0])));

    public static bool TryParse(string text, out Named<Loss> loss)
    {
        bool known = Loss.TryParse(text, out Loss parsed) && Known.Split(", ").Any(spelling => spelling.Split('[')[0] == text.Split(':')[0]);
        loss = new Named<Loss>(text, parsed);
        return known;
    }
}
