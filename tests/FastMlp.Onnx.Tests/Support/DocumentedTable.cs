namespace FastMlp.Onnx.Tests.Support;

/// <summary>A part of docs/onnx.md that a test writes, between a comment with its name and one that says end.</summary>
internal static class DocumentedTable
{
    /// <summary>Set to 1, the tests write their tables.</summary>
    public const string AcceptVariable = "FASTMLP_ACCEPT_ONNX";

    private const string End = "<!-- end -->";

    public static bool IsAccepted => Environment.GetEnvironmentVariable(AcceptVariable) == "1";

    /// <summary>What stands there now; skips the test where the sources are not here.</summary>
    public static string Read(string name)
    {
        (string page, int start, int end) = Find(name);
        return page[start..end];
    }

    public static void Write(string name, string text)
    {
        (string page, int start, int end) = Find(name);
        File.WriteAllText(PagePath(), page[..start] + text + page[end..]);
    }

    private static (string Page, int Start, int End) Find(string name)
    {
        string page = File.ReadAllText(PagePath()).ReplaceLineEndings("\n");
        string head = $"<!-- {name} -->\n";
        int start = page.IndexOf(head, StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/onnx.md has no place for {name}.");
        start += head.Length;
        return (page, start, page.IndexOf(End, start, StringComparison.Ordinal));
    }

    private static string PagePath()
    {
        Assert.SkipWhen(Sources.Root is null, "The sources, and so docs/onnx.md, are not here.");
        return Path.Combine(Sources.Root!, "docs", "onnx.md");
    }
}
