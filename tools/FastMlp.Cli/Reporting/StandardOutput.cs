using System.Text;

namespace FastMlp.Cli.Reporting;

/// <summary>Standard output of the process: a failure to write there says so, and cannot be taken for one of a model or a data file.</summary>
internal sealed class StandardOutput(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Guard(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Guard(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Guard(() => inner.Write(value));

    public override void WriteLine() => Guard(inner.WriteLine);

    public override void WriteLine(string? value) => Guard(() => inner.WriteLine(value));

    public override void Flush() => Guard(inner.Flush);

    private static void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (UnauthorizedAccessException)
        {
            throw new OutputException("standard output is closed. Files that were to be written are whole.");
        }
        catch (IOException exception)
        {
            throw new OutputException($"standard output cannot be written: {exception.Message.TrimEnd('.')}. Files that were to be written are whole.");
        }
    }
}

/// <summary>Nobody takes the results.</summary>
internal sealed class OutputException(string message) : Exception(message);
