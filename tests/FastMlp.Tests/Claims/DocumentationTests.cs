using System.Text.RegularExpressions;

namespace FastMlp.Tests.Claims;

/// <summary>README.md and docs/ show only code that the tests run, and link only to files that exist.</summary>
public partial class DocumentationTests
{
    [Fact]
    public void EveryBlockOfCSharpIsCodeThatTheTestsRun()
    {
        string source = Repository.Read(Path.Combine(Repository.Root, "tests", "FastMlp.Tests", "Claims", "SnippetTests.cs"));
        string[] snippets = [.. Snippets().Matches(source).Select(match => Unindent(match.Groups[1].Value))];
        string[] imports = [.. UsingDirective().Matches(source).Select(match => match.Value.Trim())];
        HashSet<string> shown = [];
        foreach (string page in Pages())
        {
            foreach (string block in Blocks().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value))
            {
                // The directives at the head of a block stand at the head of the tests' file.
                Assert.All(UsingDirective().Matches(block).Select(match => match.Value.Trim()), import => Assert.Contains(import, imports));
                string body = UsingDirective().Replace(block, "").Trim('\n');
                Assert.True(snippets.Contains(body), $"{Repository.Relative(page)} shows code that no test runs; put it between \"// snippet\" and \"// end\" in SnippetTests.cs, word for word:\n{body}");
                shown.Add(body);
            }
        }

        Assert.NotEmpty(shown);
        Assert.All(snippets, snippet => Assert.True(shown.Contains(snippet), $"SnippetTests.cs has a snippet that no page shows:\n{snippet}"));
    }

    [Fact]
    public void EveryLinkToAFileLeadsToOne()
    {
        string[] broken = [.. Pages().SelectMany(page => Links().Matches(Repository.Read(page))
            .Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)))
            .Select(target => $"{Repository.Relative(page)} links to {target}"))];

        Assert.True(broken.Length == 0, string.Join("\n", broken));
    }

    private static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Repository.Files("docs", "*.md")).Order(StringComparer.Ordinal);

    private static string Unindent(string code)
    {
        string[] lines = code.Trim('\n').Split('\n');
        int indent = lines[0].Length - lines[0].TrimStart().Length;
        return string.Join("\n", lines.Select(line => line.Length <= indent ? line.Trim() : line[indent..]));
    }

    [GeneratedRegex(@"^ *// snippet\n(.*?)\n *// end$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippets();

    [GeneratedRegex(@"^```(?:csharp|cs|c#)\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^using [\w.]+;\n", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"\]\(([^)#\s]+)")]
    private static partial Regex Links();
}
