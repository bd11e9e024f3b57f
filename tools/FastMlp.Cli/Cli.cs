using System.CommandLine;
using System.CommandLine.Invocation;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary>The <c>fastmlp</c> command: parses, runs one command, and turns every failure into one line and an exit code.</summary>
internal static class Cli
{
    /// <summary>Set to 1, it shows where an error came from.</summary>
    private const string DebugVariable = "FASTMLP_DEBUG";

    /// <summary>How command lines are read.</summary>
    public static ParserConfiguration Parsing { get; } = new()
    {
        EnablePosixBundling = false,
        ResponseFileTokenReplacer = null, // a path may start with @
    };

    /// <summary>Runs in this process, with the streams given.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, TextReader? input = null, CancellationToken stop = default) =>
        Run(args, new CommandConsole(output, error, input ?? TextReader.Null), stop);

    public static int Run(string[] args, CommandConsole console, CancellationToken stop = default)
    {
        ParseResult parsed = Root(console, stop).Parse(args, Parsing);
        if (parsed.Action is ParseErrorAction || (parsed.Action is null && parsed.Errors.Count > 0))
        {
            return BadUsage(console, parsed, Misunderstood(parsed));
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = console.Output,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (UsageException exception)
        {
            return BadUsage(console, parsed, exception.Message);
        }
        catch (Exception exception) when (!ShowsDetails())
        {
            console.Error.WriteLine($"fastmlp: {Describe(exception)}");
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            console.Error.WriteLine(exception);
            return ExitCode.Failed;
        }
    }

    /// <summary>All commands, new objects at each call.</summary>
    public static RootCommand Root(CommandConsole console, CancellationToken stop)
    {
        Option<bool> json = new("--json")
        {
            Description = "Print one JSON object on standard output and nothing else there",
            Recursive = true,
        };
        CommandContext context = new(console, json, stop);
        RootCommand root = new("Trains multilayer perceptrons and runs them.")
        {
            json,
            new TrainCommand(context),
            new TuneCommand(context),
            new EvaluateCommand(context),
            new PredictCommand(context),
            new CompareCommand(context),
            new DataCommand(context),
            new InspectCommand(context),
            new ConvertCommand(context),
            new InfoCommand(context),
            new BenchCommand(context),
            new ServeCommand(context),
            new CompletionCommand(context),
        };
        root.HelpName = "fastmlp";
        Help.AddTo(root);
        return root;
    }

    private static string Misunderstood(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-') && token.Length > 2) is { } unknown)
        {
            string[] options = [.. command.Options.Concat(parsed.RootCommandResult.Command.Options.Where(option => option.Recursive)).Select(option => option.Name)];
            string typed = unknown.Split('=')[0];
            string? near = Spelling.Nearest(typed, options) ?? Array.Find(options, option => option.StartsWith(typed, StringComparison.Ordinal));
            return $"there is no option '{Text.Shortened(typed)}'{(near is null ? "." : $"; did you mean {near}?")}";
        }

        if (command is not RootCommand || parsed.UnmatchedTokens is not [string word, ..])
        {
            return parsed.Errors[0].Message;
        }

        string[] names = [.. command.Subcommands.Select(subcommand => subcommand.Name)];
        string? nearest = Spelling.Nearest(word, names);
        return nearest is null
            ? $"there is no command '{word}'; there are {string.Join(", ", names)}."
            : $"there is no command '{word}'; did you mean {nearest}?";
    }

    private static int BadUsage(CommandConsole console, ParseResult parsed, string message)
    {
        Command command = parsed.CommandResult.Command;
        string name = command is RootCommand ? "fastmlp" : $"fastmlp {command.Name}";
        console.Error.WriteLine($"fastmlp: {OneLine(message)}");
        console.Error.WriteLine($"See '{name} --help'.");
        return ExitCode.BadUsage;
    }

    private static bool ShowsDetails() => Environment.GetEnvironmentVariable(DebugVariable) == "1";

    /// <summary>Expected failures speak for themselves; the others say which kind they are and how to see more.</summary>
    private static string Describe(Exception exception) => exception switch
    {
        CommandFailedException or OutputException or ModelFormatException or DataFormatException or TrainingDivergedException or IOException
            or UnauthorizedAccessException or InvalidDataException => OneLine(exception.Message),
        OutOfMemoryException => "there is not enough memory for this.",
        _ => $"{OneLine(exception.Message)} (unexpected {exception.GetType().Name}; set {DebugVariable}=1 to see where)",
    };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
