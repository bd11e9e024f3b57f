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

    /// <summary>Opens standard input as bytes, whose encoding is for the reader to say; null takes the text of <see cref="Input"/> as UTF-8.</summary>
    public Func<Stream>? InputBytes { get; init; }

    /// <summary>Whether results are read on a screen.</summary>
    public bool OutputIsTerminal { get; }

    /// <summary>Whether progress may move the cursor.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Standard output with styles, which are dropped where it is not a terminal.</summary>
    public IAnsiConsole Results => results ??= Create(Output, OutputIsTerminal);

    /// <summary>Standard error with styles, which are dropped where it is not a terminal.</summary>
    public IAnsiConsole Status => status ??= Create(Error, ErrorIsTerminal);

    public static CommandConsole OfProcess()
    {
        Console.SetOut(new StandardOutput(Console.Out));
        return new(Console.Out, Console.Error, Console.In, !Console.IsOutputRedirected, !Console.IsErrorRedirected) { InputBytes = Console.OpenStandardInput };
    }

    /// <summary>Standard input as bytes.</summary>
    public Stream OpenInput() => InputBytes?.Invoke() ?? new MemoryStream(Encoding.UTF8.GetBytes(Input.ReadToEnd()));

    /// <summary>
    /// Prints one JSON object and nothing else. What is long is flushed as it grows; if <paramref name="write"/> fails, nothing
    /// behind its last flush is printed.
    /// </summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        using TextStream stream = new(Output);
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        try
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
            json.Flush();
        }
        catch
        {
            json.Reset();
            throw;
        }

        Output.WriteLine();
    }

    /// <summary>UTF-8 bytes to a writer of text, a character cut in two between writes included.</summary>
    private sealed class TextStream(TextWriter writer) : Stream
    {
        private readonly Decoder decoder = Encoding.UTF8.GetDecoder();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            char[] text = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
            int count = decoder.GetChars(buffer, text, flush: false);
            writer.Write(text, 0, count);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
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
