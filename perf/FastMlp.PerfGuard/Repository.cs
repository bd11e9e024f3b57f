using System.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>The checkout that the guard runs in, as git knows it.</summary>
internal sealed class Repository
{
    private const string GuardProject = "perf/FastMlp.PerfGuard";
    private const string Diagnostics = "src/FastMlp/Diagnostics";

    private Repository(string root) => Root = root;

    public string Root { get; }

    public string BaselinePath(string kind) => Path.Combine(Root, "perf", "baselines", kind + ".json");

    /// <summary>The nearest folder above the program or the current folder that holds the solution.</summary>
    public static Repository Find()
    {
        foreach (string start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "FastMlp.sln")))
                {
                    return new Repository(folder.FullName);
                }
            }
        }

        throw new GuardException("No FastMlp.sln above the current folder: run the guard inside a checkout of the repository.");
    }

    /// <summary>The full commit of a name; null where git or the name is not there.</summary>
    public string? Commit(string name) => Git("rev-parse", "--verify", "--quiet", name + "^{commit}");

    /// <summary>The commit, with a plus sign where src has changes on top of it.</summary>
    public string Describe() => Commit("HEAD") is { } head ? head + (SourcesChanged ? "+" : "") : "unknown";

    /// <summary>
    /// What a change is held against: the merge base with the main branch, or, on the main branch itself with nothing
    /// changed, the commit before. Null where there is none, as in a shallow clone.
    /// </summary>
    public string? MergeBase()
    {
        string? head = Commit("HEAD");
        foreach (string main in new[] { "origin/main", "origin/HEAD", "main" })
        {
            if (Commit(main) is not null && Git("merge-base", "HEAD", main) is { } common && (common != head || SourcesChanged))
            {
                return common;
            }
        }

        return Commit("HEAD~1");
    }

    /// <summary>
    /// Checks a commit out beside this one, with the guard's own code as it is here, so that both sides are measured the
    /// same way, and builds it. Null where that state cannot be built.
    /// </summary>
    public Worktree? Build(string commit)
    {
        Worktree tree = new(this, Path.Combine(Path.GetTempPath(), "fastmlp-guard-" + Guid.NewGuid().ToString("N")[..8]));
        if (Git("worktree", "add", "--detach", tree.Folder, commit) is null)
        {
            tree.Dispose();
            return null;
        }

        string guard = Path.Combine(tree.Folder, GuardProject);
        string diagnostics = Path.Combine(tree.Folder, Diagnostics);
        Replace(Path.Combine(Root, GuardProject), guard);

        // The probe and the sampler are the measuring instrument too. They stand on a few kernels, which that state may have
        // in another form: then it is measured with its own.
        Replace(Path.Combine(Root, Diagnostics), diagnostics);
        if (Compile(tree, guard))
        {
            return tree;
        }

        Directory.Delete(diagnostics, recursive: true);
        if (Run("git", tree.Folder, "checkout", "--", Diagnostics) is null || !Compile(tree, guard))
        {
            tree.Dispose();
            return null;
        }

        return tree;
    }

    private static bool Compile(Worktree tree, string project) =>
        Run("dotnet", tree.Folder, "build", "-c", "Release", "--nologo", "-v", "quiet", project) is not null;

    internal string? Git(params string[] arguments) => Run("git", Root, arguments);

    private bool SourcesChanged => Git("status", "--porcelain", "--", "src") is { Length: > 0 };

    private static void Replace(string source, string destination)
    {
        if (Directory.Exists(destination))
        {
            Directory.Delete(destination, recursive: true);
        }

        Directory.CreateDirectory(destination);
        foreach (string file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, Path.Combine(destination, Path.GetFileName(file)));
        }
    }

    /// <summary>What the program wrote, trimmed; null where it failed or is not there.</summary>
    private static string? Run(string program, string folder, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            errors.Wait();
            return process.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

/// <summary>A second checkout, gone when disposed.</summary>
internal sealed class Worktree(Repository repository, string folder) : IDisposable
{
    public string Folder => folder;

    public string Program => Path.Combine(folder, "perf/FastMlp.PerfGuard/bin/Release/net10.0/FastMlp.PerfGuard.dll");

    public void Dispose()
    {
        repository.Git("worktree", "remove", "--force", folder);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        repository.Git("worktree", "prune");
    }
}
