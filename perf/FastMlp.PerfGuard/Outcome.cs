namespace FastMlp.PerfGuard;

/// <param name="ExitCode">0 or 1.</param>
/// <param name="Regressions">The cases that became slower.</param>
/// <param name="Unsteady">The cases whose processes do not agree.</param>
/// <param name="Noisy">The cases that nothing is said about.</param>
/// <param name="Judged">Whether there is a verdict at all.</param>
internal sealed record Outcome(int ExitCode, IReadOnlyList<string> Regressions, IReadOnlyList<string> Unsteady, IReadOnlyList<string> Noisy, bool Judged = true)
{
    public static readonly Outcome Good = new(0, [], [], []);
    public static readonly Outcome NotJudged = new(0, [], [], [], Judged: false);

    /// <summary>The cases that looked slower than the file, and were not beside a build of its commit.</summary>
    public IReadOnlyList<string> Cleared { get; init; } = [];
}
