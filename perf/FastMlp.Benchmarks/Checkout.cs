namespace FastMlp.Benchmarks;

/// <summary>Where the repository's own files are.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

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
