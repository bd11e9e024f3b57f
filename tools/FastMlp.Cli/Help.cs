using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FastMlp.Cli.Arguments;

namespace FastMlp.Cli;

/// <summary>The text of <c>--help</c>: within 80 columns, options under headings, examples at the end.</summary>
internal sealed class Help : SynchronousCommandLineAction
{
    private const int Width = 80;

    /// <summary>Where descriptions begin; a name that is longer stands on a line of its own.</summary>
    private const int Indent = 26;

    private static readonly string[] rootExamples = ["fastmlp train digits", "fastmlp predict digits.safetensors new.csv"];

    /// <summary>Makes this the help of every command under <paramref name="root"/>.</summary>
    public static void AddTo(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Remove("/?"); // these are paths elsewhere than on Windows
        help.Aliases.Remove("/h");
        help.Description = "Show this text";
        help.Action = new Help();
        VersionOption version = root.Options.OfType<VersionOption>().Single();
        version.Description = "Show the version";
    }

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.InvocationConfiguration.Output, parseResult.RootCommandResult.Command, parseResult.CommandResult.Command);
        return ExitCode.Done;
    }

    private static void Write(TextWriter output, Command root, Command command)
    {
        bool isRoot = command == root;
        WriteWrapped(output, "", 0, command.Description ?? "");
        string arguments = string.Concat(command.Arguments.Select(argument => argument.Arity.MinimumNumberOfValues == 0 ? $" [{Placeholder(argument)}]" : $" {Placeholder(argument)}"));
        Heading(output, "Usage");
        output.WriteLine(isRoot ? "  fastmlp COMMAND [options]" : $"  fastmlp {command.Name}{arguments} [options]");
        Section(output, "Arguments", command.Arguments.Select(argument => (Placeholder(argument), argument.Description ?? "")));
        Section(output, "Commands", command.Subcommands.Select(subcommand => (subcommand.Name, FirstSentence(subcommand.Description ?? ""))));
        IReadOnlyList<OptionGroup> groups = command is CliCommand ours ? ours.Groups : [];
        foreach (OptionGroup group in groups)
        {
            Section(output, group.Title, group.Options.Select(Entry));
        }

        Option[] grouped = [.. groups.SelectMany(group => group.Options)];
        IEnumerable<Option> others = command.Options.Concat(isRoot ? [] : root.Options.Where(option => option.Recursive)).Distinct().Except(grouped);
        Section(output, grouped.Length > 0 ? "Other options" : "Options", others.Select(Entry));
        Heading(output, "Examples");
        foreach (string line in command is CliCommand one ? one.Examples : rootExamples)
        {
            WriteExample(output, line);
        }
    }

    private static string FirstSentence(string text) => text.IndexOf(". ", StringComparison.Ordinal) is var end && end < 0 ? text : text[..(end + 1)];

    private static string Placeholder(Argument argument) => $"<{argument.Name}>";

    private static (string Name, string Description) Entry(Option option) =>
        (string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.Length)) + (option.HelpName is null || option is HelpOption or VersionOption ? "" : $" <{option.HelpName}>"), option.Description ?? "");

    private static void Heading(TextWriter output, string title)
    {
        output.WriteLine();
        output.WriteLine($"{title}:");
    }

    private static void Section(TextWriter output, string title, IEnumerable<(string Name, string Description)> entries)
    {
        (string Name, string Description)[] lines = [.. entries];
        if (lines.Length == 0)
        {
            return;
        }

        Heading(output, title);
        foreach ((string name, string description) in lines)
        {
            WriteWrapped(output, $"  {name}", Indent, description);
        }
    }

    private static void WriteWrapped(TextWriter output, string head, int indent, string text)
    {
        if (head.Length > indent - 2 && indent > 0)
        {
            output.WriteLine(head);
            head = "";
        }

        string line = head.PadRight(indent);
        bool isEmpty = true;
        foreach (string word in text.Split(' '))
        {
            if (!isEmpty && line.Length + 1 + word.Length > Width)
            {
                output.WriteLine(line);
                line = new string(' ', indent);
                isEmpty = true;
            }

            line += isEmpty ? word : " " + word;
            isEmpty = false;
        }

        output.WriteLine(line);
    }

    /// <summary>A command line that is too long goes on behind a backslash, as a shell takes it.</summary>
    private static void WriteExample(TextWriter output, string example)
    {
        string line = "  ";
        foreach (string word in example.Split(' '))
        {
            if (line.Length + word.Length + 2 > Width)
            {
                output.WriteLine(line + "\\");
                line = "      ";
            }

            line += word + " ";
        }

        output.WriteLine(line.TrimEnd());
    }
}
