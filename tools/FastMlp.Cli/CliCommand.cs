using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;

namespace FastMlp.Cli;

/// <summary>What every command is given: the console, the option <c>--json</c> of the root, and Ctrl-C.</summary>
internal sealed record CommandContext(CommandConsole Console, Option<bool> Json, CancellationToken Stop);

/// <summary>A command of <c>fastmlp</c>. Its options are members of the object, so any number of command lines can be read at the same time.</summary>
internal abstract class CliCommand : Command
{
    private readonly CommandContext context;

    protected CliCommand(CommandContext context, string name, string description)
        : base(name, description)
    {
        this.context = context;
        SetAction(Run);
    }

    /// <summary>Command lines for the end of the help.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>The options that have a heading of their own in the help.</summary>
    public virtual IReadOnlyList<OptionGroup> Groups => [];

    protected CommandConsole Console => context.Console;

    protected CancellationToken Stop => context.Stop;

    /// <summary>Whether one JSON object is all that standard output may get.</summary>
    protected bool AsJson(ParseResult parsed) => parsed.GetValue(context.Json);

    /// <summary>Does the work; the result is the exit code.</summary>
    protected abstract int Run(ParseResult parsed);
}
