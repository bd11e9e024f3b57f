namespace FastMlp.Onnx.Tests.Support;

/// <summary>A part of a page of docs, onnx.md unless said otherwise, that a test writes, between a comment with its name and one that says end.</summary>
internal static class DocumentedTable
{
    /// <summary>Set to 1, the tests write their tables.</summary>
    public const string AcceptVariable = "FASTMLP_ACCEPT_ONNX";

    private const string Page = "onnx.md";

    private const string End = "<!-- end -->";

    public static bool IsAccepted => Environment.GetEnvironmentVariable(AcceptVariable) == "1";

    /// <summary>What stands there now; skips the test where the sources are not here.</summary>
    public static string Read(string name, string file = Page)
    {
        (string page, int start, int end) = Find(name, file);
        return page[start..end];
    }

    public static void Write(string name, string text, string file = Page)
    {
        (string page, int start, int end) = Find(name, file);
        File.WriteAllText(PagePath(file), page[..start] + text + page[end..]);
    }

    private static (string Page, int Start, int End) Find(string name, string file)
    {
        string page = File.ReadAllText(PagePath(file)).ReplaceLineEndings("\n");
        string head = $"<!-- {name} -->\n";
        int start = page.IndexOf(head, StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/{file} has no place for {name}.");
        start += head.Length;
        return (page, start, page.IndexOf(End, start, StringComparison.Ordinal));
    }

    private static string PagePath(string file)
    {
        Assert.SkipWhen(Sources.Root is null, $"The sources, and so docs/{file}, are not here.");
        return Path.Combine(Sources.Root!, "docs", file);
    }
}
