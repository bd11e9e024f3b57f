using System.Text.RegularExpressions;

namespace FastMlp.Tests.Claims;

/// <summary>README.md and docs/ link only to what exists, and README stays short.</summary>
public partial class DocumentationTests
{
    [Fact]
    public void EveryLinkLeadsToAFileAndAHeading()
    {
        string[] broken = [.. Documentation.Pages().SelectMany(page => Links().Matches(Repository.Read(page))
            .Select(match => (Path: match.Groups[1].Value, Heading: match.Groups[2].Value))
            .Where(link => !link.Path.Contains("://", StringComparison.Ordinal) && !Exists(page, link.Path, link.Heading))
            .Select(link => $"{Repository.Relative(page)} links to {link.Path}{link.Heading}"))];

        Assert.True(broken.Length == 0, string.Join("\n", broken));
    }

    [Fact]
    public void ReadmeHasAtMost120Lines() =>
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, "README.md")).Length, 20, 120);

    private static bool Exists(string page, string path, string heading)
    {
        string target = path.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, path);
        return Path.Exists(target) && (heading.Length == 0 || !target.EndsWith(".md", StringComparison.Ordinal)
            || Headings().Matches(Repository.Read(target)).Any(match => "#" + Anchor(match.Groups[1].Value) == heading));
    }

    /// <summary>As GitHub makes it: small letters, no punctuation, hyphens for spaces.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)#\s]*)(#[^)\s]+)?\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^#{1,6} +(.+?) *$", RegexOptions.Multiline)]
    private static partial Regex Headings();
}
