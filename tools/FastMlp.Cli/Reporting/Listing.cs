namespace FastMlp.Cli.Reporting;

/// <summary>A few names of many, on one line.</summary>
internal static class Listing
{
    private const int Shown = 6;

    /// <summary><c>setosa, versicolor, virginica</c>; of a long list the first few, then how many there are.</summary>
    public static string Of(IReadOnlyList<string> names) => names.Count <= 2 * Shown
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(Shown))}, ... ({Text.Count(names.Count)} in all)";
}
