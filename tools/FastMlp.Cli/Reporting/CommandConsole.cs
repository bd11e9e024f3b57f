using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace FastMlp.Cli.Reporting;

/// <summary>
/// Where a command writes. Results go to standard output; progress, notes and errors go to standard error, so that
/// redirecting the results leaves the progress on the screen.
/// </summary>
internal sealed class CommandConsole
{
    /// <summary>Columns to lay tables out in where nothing bounds them.</summary>
    private const int UnboundedWidth = 200;

    private IAnsiConsole? results;
    private IAnsiConsole? status;

    public CommandConsole(TextWriter output, TextWriter error, TextReader input, bool outputIsTerminal = false, bool errorIsTerminal = false)
    {
        Output = output;
        Error = error;
        Input = input;
        OutputIsTerminal = outputIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public TextReader Input { get; }

    /// <summary>Whether results are read on a screen.</summary>
    public bool OutputIsTerminal { get; }

    /// <summary>Whether progress may move the cursor.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Standard output with styles, which are dropped where it is not a terminal.</summary>
    public IAnsiConsole Results => results ??= Create(Output, OutputIsTerminal);

    /// <summary>Standard error with styles, which are dropped where it is not a terminal.</summary>
    public IAnsiConsole Status => status ??= Create(Error, ErrorIsTerminal);

    public static CommandConsole OfProcess() =>
        new(Console.Out, Console.Error, Console.In, !Console.IsOutputRedirected, !Console.IsErrorRedirected);

    /// <summary>Prints one JSON object and nothing else.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        Output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
        {
            console.Profile.Width = UnboundedWidth;
        }

        return console;
    }
}
