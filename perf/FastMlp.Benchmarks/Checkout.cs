namespace FastMlp.Benchmarks;

/// <summary>Where the repository's own files are.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    public static string Results => Path.Combine(Root, "perf", "results");

    /// <summary>Where tools/install-peers.sh puts what is no system package: a folder of the user's, so that all checkouts share it, or one of this checkout.</summary>
    public static IEnumerable<string> PeerFolders =>
    [
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "fastmlp-peers"),
        Path.Combine(Root, "artifacts", "peers"),
    ];

    private static string Find()
    {
        foreach (string start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "FastMlp.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new InvalidOperationException("No FastMlp.sln above the current folder: run this inside a checkout of the repository.");
    }
}
