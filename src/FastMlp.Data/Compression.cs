using System.IO.Compression;

namespace FastMlp.Data;

/// <summary>Tells gzip from plain content by its first two bytes, so that a file's name does not matter.</summary>
internal static class Compression
{
    /// <summary>The content of the stream, unpacked if it is gzip. Disposing the result leaves the stream open.</summary>
    /// <exception cref="InvalidDataException">On reading: the gzip data is damaged.</exception>
    public static Stream Open(Stream stream)
    {
        byte[] start = new byte[2];
        int got = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        Stream whole = new PrefixedStream(start, got, stream);
        return got == 2 && start[0] == 0x1f && start[1] == 0x8b ? new GZipStream(whole, CompressionMode.Decompress) : whole;
    }

    /// <summary>A few bytes already read, and then the rest of a stream that need not seek.</summary>
    private sealed class PrefixedStream(byte[] prefix, int prefixLength, Stream rest) : Stream
    {
        private int position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            if (position == prefixLength)
            {
                return rest.Read(buffer);
            }

            int count = Math.Min(buffer.Length, prefixLength - position);
            prefix.AsSpan(position, count).CopyTo(buffer);
            position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
