namespace FastMlp.Data;

/// <summary>A reader of the caller's, which stays open.</summary>
internal sealed class BorrowedText(TextReader reader) : TextReader
{
    public override int Read(char[] buffer, int index, int count) => reader.Read(buffer, index, count);

    public override int Read(Span<char> buffer) => reader.Read(buffer);
}
