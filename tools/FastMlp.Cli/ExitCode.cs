namespace FastMlp.Cli;

/// <summary>What the command tells the shell.</summary>
internal static class ExitCode
{
    /// <summary>
    /// The work was done. Also after Ctrl-C during training: the command then stops early as it was asked to, and the model
    /// is evaluated and written like any other, so a script that goes on with it is right to do so.
    /// </summary>
    public const int Done = 0;

    /// <summary>The work failed; one line on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line was not understood.</summary>
    public const int BadUsage = 2;
}
