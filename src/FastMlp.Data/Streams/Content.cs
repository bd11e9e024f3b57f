namespace FastMlp.Data;

/// <summary>Reads data of a length that a header promises.</summary>
internal static class Content
{
    // Large enough for one read of a small file; doubled while data really arrives, so that a header that lies costs nothing.
    private const int FirstBuffer = 1 << 16;

    /// <summary>Exactly so many bytes, and then the end of the stream. At most twice as much memory is held as bytes arrived, and 64 KB.</summary>
    /// <param name="content">The stream, behind its header.</param>
    /// <param name="source">The name in messages.</param>
    /// <param name="start">The offset of the first byte.</param>
    /// <param name="length">Bytes promised.</param>
    /// <param name="promise">What the header promises, such as "2 x 3 bytes of data".</param>
    /// <exception cref="DataFormatException">There are fewer or more.</exception>
    public static byte[] Read(Stream content, string source, long start, int length, string promise)
    {
        byte[] data = new byte[Math.Min(length, FirstBuffer)];
        int filled = 0;
        while (true)
        {
            filled += content.ReadAtLeast(data.AsSpan(filled), data.Length - filled, throwOnEndOfStream: false);
            if (filled < data.Length)
            {
                throw new DataFormatException($"{source}: the file ends at offset {start + filled}; its header promises {promise}, {start + length} bytes in all.");
            }

            if (filled == length)
            {
                break;
            }

            Array.Resize(ref data, (int)Math.Min(length, 2L * data.Length));
        }

        return content.ReadByte() < 0
            ? data
            : throw new DataFormatException($"{source}: more data follows at offset {start + length}; its header promises {promise} and then the end of the file.");
    }
}
