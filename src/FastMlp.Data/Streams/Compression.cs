using System.IO.Compression;

namespace FastMlp.Data;

/// <summary>Tells gzip from plain content by its first two bytes, so that a file's name does not matter.</summary>
internal static class Compression
{
    /// <summary>The content of the stream, unpacked if it is gzip. Disposing the result leaves the stream open.</summary>
    /// <exception cref="InvalidDataException">On reading: the gzip data is damaged or cut short.</exception>
    public static Stream Open(Stream stream)
    {
        byte[] start = new byte[2];
        int got = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        bool packed = got == 2 && start[0] == 0x1f && start[1] == 0x8b;
        Stream whole = new PrefixedStream(start, got, stream, packed);
        return packed ? new GZipStream(whole, CompressionMode.Decompress) : whole;
    }

    /// <summary>
    /// A few bytes already read, and then the rest of a stream that need not seek; and then, for gzip, nonsense without end.
    /// </summary>
    /// <remarks>
    /// GZipStream takes the end of its input for the end of the data, even within a block, so a file cut short would pass for a
    /// shorter one (its strict mode is a switch of the whole application). With nonsense after the end, an unfinished block or
    /// checksum fails; after a finished member, bytes that do not start another are passed over, as gzip does with padding.
    /// </remarks>
    private sealed class PrefixedStream(byte[] prefix, int prefixLength, Stream rest, bool endless) : ForwardStream
    {
        private int position;
        private uint nonsense;

        public override int Read(Span<byte> buffer)
        {
            if (position == prefixLength)
            {
                int got = nonsense == 0 ? rest.Read(buffer) : 0;
                return got > 0 || !endless ? got : Nonsense(buffer);
            }

            int count = Math.Min(buffer.Length, prefixLength - position);
            prefix.AsSpan(position, count).CopyTo(buffer);
            position += count;
            return count;
        }

        /// <summary>Four bytes 0xff, which no real length ends with, and then Marsaglia's xorshift: no run of bits that one code could read for ever.</summary>
        private int Nonsense(Span<byte> buffer)
        {
            for (int i = 0; i < buffer.Length; i++)
            {
                if (nonsense < 4)
                {
                    nonsense++;
                    buffer[i] = 0xff;
                    continue;
                }

                nonsense ^= nonsense << 13;
                nonsense ^= nonsense >> 17;
                nonsense ^= nonsense << 5;
                buffer[i] = (byte)(nonsense >> 24);
            }

            return buffer.Length;
        }
    }
}
