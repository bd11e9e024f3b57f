using System.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>The checkout that the gate runs in, as git knows it.</summary>
internal sealed class Repository
{
    private const string Project = "perf/FastMlp.PerfGuard";

    private readonly string root;

    private Repository(string root) => this.root = root;

    /// <summary>The nearest folder above the current one, or above the program, that holds the solution.</summary>
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

        throw new GuardException("No FastMlp.sln above the current folder: run the gate inside a checkout of the repository.");
    }

    /// <summary>
    /// What a change is compared with: the merge base with the main branch, or, on the main branch itself with src unchanged, the commit
    /// before. Null where there is none, as in a shallow clone.
    /// </summary>
    public string? DefaultRef()
    {
        string? head = Commit("HEAD");
        bool isChanged = Run("git", root, "status", "--porcelain", "--", "src").Output is { Length: > 0 };
        foreach (string main in new[] { "origin/main", "origin/HEAD", "main" })
        {
            if (Commit(main) is not null && Git("merge-base", "HEAD", main) is { } common && (common != head || isChanged))
            {
                return common;
            }
        }

        return Commit("HEAD~1");
    }

    /// <summary>
    /// Checks a ref out in a temporary folder and builds it there with the gate's own code as it is here, so that both sides are measured
    /// in the same way.
    /// </summary>
    /// <exception cref="GuardException">There is no such ref, or it cannot be built.</exception>
    public Worktree Build(string name)
    {
        string commit = Commit(name) ?? throw new GuardException($"git knows no commit '{name}' here. Give a branch, tag or commit that was fetched.");
        string folder = Path.Combine(Path.GetTempPath(), "fastmlp-guard-" + Guid.NewGuid().ToString("N")[..8]);
        Worktree tree = new(folder, () => Git("worktree", "remove", "--force", folder));
        try
        {
            _ = Git("worktree", "add", "--detach", folder, commit) ?? throw new GuardException($"git cannot check '{name}' out in {folder}.");
            string project = Path.Combine(folder, Project);
            if (Directory.Exists(project))
            {
                Directory.Delete(project, recursive: true);
            }

            Directory.CreateDirectory(project);
            foreach (string file in Directory.EnumerateFiles(Path.Combine(root, Project)))
            {
                File.Copy(file, Path.Combine(project, Path.GetFileName(file)));
            }

            (int exit, string output) = Run("dotnet", folder, "build", "-c", "Release", "--nologo", "-v", "quiet", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", project);
            return exit == 0 ? tree : throw new NotBuiltException($"'{name}' does not build with the gate's present code:\n{output}");
        }
        catch (GuardException)
        {
            tree.Dispose();
            throw;
        }
    }

    private string? Commit(string name) => Git("rev-parse", "--verify", "--quiet", name + "^{commit}");

    /// <summary>What git wrote; null where it failed.</summary>
    private string? Git(params string[] arguments) => Run("git", root, arguments) is (0, string output) ? output : null;

    private static (int Exit, string Output) Run(string program, string folder, params string[] arguments)
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
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new GuardException($"The gate needs {program}, which cannot be started: {e.Message}");
        }
    }
}

/// <summary>A second checkout with a build of the gate, gone when disposed.</summary>
internal sealed class Worktree(string folder, Action remove) : IDisposable
{
    public string Program => Path.Combine(folder, "perf/FastMlp.PerfGuard/bin/Release/net10.0/FastMlp.PerfGuard.dll");

    public void Dispose()
    {
        remove();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
