namespace FastMlp.PerfGuard;

/// <summary>Builds of other commits beside this state, each made once, gone when disposed.</summary>
internal sealed class Builds(Repository repository, TextWriter output) : IDisposable
{
    private readonly Dictionary<string, Worktree?> built = [];

    /// <summary>The build of a commit or of what a name stands for; null where it is not here or cannot be built with this guard.</summary>
    public Worktree? Of(string name)
    {
        if (repository.Commit(name) is not { } commit)
        {
            return null;
        }

        if (!built.TryGetValue(commit, out Worktree? tree))
        {
            output.WriteLine($"Building {commit[..12]} beside this state.");
            built[commit] = tree = repository.Build(commit);
        }

        return tree;
    }

    public void Dispose()
    {
        foreach (Worktree? tree in built.Values)
        {
            tree?.Dispose();
        }
    }
}
