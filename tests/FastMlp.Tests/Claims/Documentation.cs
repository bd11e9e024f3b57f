using System.Text.RegularExpressions;

namespace FastMlp.Tests.Claims;

/// <summary>The pages that a reader sees: Markdown at the top level and in docs/, and the README of each package.</summary>
internal static partial class Documentation
{
    public static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Repository.Files("docs", "*.md"))
            .Concat(Repository.Files("src", "README.md"))
            .Concat(Repository.Files("tools", "README.md"))
            .Order(StringComparer.Ordinal);

    /// <summary>The C# blocks of a page, each with the number of its first line.</summary>
    public static IReadOnlyList<(int Line, string Code)> Blocks(string page)
    {
        string text = Repository.Read(page);
        return [.. CSharpBlocks().Matches(text).Select(match => (1 + text.AsSpan(0, match.Index).Count('\n'), match.Groups[1].Value))];
    }

    [GeneratedRegex(@"^```(?:csharp|cs|c#)\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex CSharpBlocks();
}
