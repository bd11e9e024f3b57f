namespace FastMlp.Data;

/// <summary>Text whose beginning can be looked at before it is read, and of which only so much may pass without a record.</summary>
internal sealed class LimitedText(TextReader text, Action tooLong) : TextReader
{
    /// <summary>Characters that a record may have, and what a reader may read ahead.</summary>
    private const int MostCharacters = 64 << 20;

    private char[] beginning = [];
    private int position;
    private long sinceRecord;

    /// <summary>The first characters; to be called before the first reading.</summary>
    public ReadOnlySpan<char> Look(int count)
    {
        beginning = new char[count];
        int filled = 0;
        for (int got = 1; got > 0 && count - filled >= 2; filled += got)
        {
            got = text.Read(beginning, filled, count - filled);
        }

        Array.Resize(ref beginning, filled);
        return beginning;
    }

    /// <summary>A record has ended.</summary>
    public void EndRecord() => sinceRecord = 0;

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        int got;
        if (position < beginning.Length)
        {
            got = Math.Min(buffer.Length, beginning.Length - position);
            beginning.AsSpan(position, got).CopyTo(buffer);
            position += got;
        }
        else
        {
            beginning = [];
            position = 0;
            got = text.Read(buffer);
        }

        sinceRecord += got;
        if (sinceRecord > MostCharacters)
        {
            tooLong();
        }

        return got;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            text.Dispose();
        }

        base.Dispose(disposing);
    }
}
