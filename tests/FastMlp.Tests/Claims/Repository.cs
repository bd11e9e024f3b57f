namespace FastMlp.Tests.Claims;

/// <summary>The sources that these tests were built from, for the claims that are about text.</summary>
internal static class Repository
{
    // Paths from the compiler are rewritten in a deterministic build, so the way up starts at the test assembly.
    private static readonly string? root = FindRoot();

    /// <summary>The folder of FastMlp.sln; skips the test where the assembly runs away from its sources.</summary>
    public static string Root
    {
        get
        {
            Assert.SkipWhen(root is null, $"No folder above {AppContext.BaseDirectory} holds FastMlp.sln: the sources are not here.");
            return root!;
        }
    }

    /// <summary>The files under a folder of the repository, as full paths in a fixed order, without what a build left there.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern)
    {
        string start = Path.Combine(Root, folder);
        return [.. Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(start, path).Split(Path.DirectorySeparatorChar).Any(IsBuildOutput))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The text with line ends as they are in the repository.</summary>
    public static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

    /// <summary>The path as it is written in the repository, with forward slashes.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace(Path.DirectorySeparatorChar, '/');

    private static bool IsBuildOutput(string folder) =>
        folder is "bin" or "obj" or "artifacts" or "TestResults" or "BenchmarkDotNet.Artifacts" or ".git" or ".vs" or ".idea";

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FastMlp.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
