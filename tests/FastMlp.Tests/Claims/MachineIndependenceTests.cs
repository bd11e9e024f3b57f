using System.Text.RegularExpressions;

namespace FastMlp.Tests.Claims;

/// <summary>A clone builds anywhere: no file knows the machine that it was written on.</summary>
public partial class MachineIndependenceTests
{
    private static readonly string[] textFiles =
        [".cs", ".csproj", ".props", ".targets", ".sln", ".md", ".json", ".yml", ".yaml", ".sh", ".py", ".txt", ".csv", ".editorconfig", ""];

    [Fact]
    public void NoFileNamesAFolderOfSomeMachine()
    {
        string[] found = [.. Repository.Files(".", "*")
            .Where(path => textFiles.Contains(Path.GetExtension(path)) && Path.GetFileName(path) is not ".git")
            .SelectMany(path => MachineFolder().Matches(Repository.Read(path)).Select(match => $"{Repository.Relative(path)}: {match.Value}"))];

        Assert.True(found.Length == 0, string.Join("\n", found));
    }

    [Fact]
    public void NoFileChoosesThePackageSource()
    {
        // The machine's own sources serve; one written here would be some machine's.
        string[] found = [.. Repository.Files(".", "*")
            .Where(path => Path.GetFileName(path).Equals("nuget.config", StringComparison.OrdinalIgnoreCase))
            .Select(Repository.Relative)];

        Assert.Empty(found);
    }

    [Fact]
    public void AMachineFolderIsSeen()
    {
        string slash = "/";
        Assert.Matches(MachineFolder(), $"in {slash}work{slash}main now");
        Assert.Matches(MachineFolder(), $"\"{slash}home{slash}someone{slash}model\"");
        Assert.DoesNotMatch(MachineFolder(), "https://host/tmp/file and src/work/x");
    }

    // A path from the file system's root, not the tail of an address or of a relative path.
    [GeneratedRegex(@"(?<![\w.:/$}-])/(?:tmp|work|root|home|Users|farm)/[\w.-]+")]
    private static partial Regex MachineFolder();
}
