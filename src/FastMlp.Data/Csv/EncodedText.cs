using System.Text;
using System.Text.Unicode;

namespace FastMlp.Data;

/// <summary>
/// Bytes to text. Bytes that are not of the encoding are kept as lone surrogates, U+DC80 to U+DCFF for 0x80 to 0xFF, so that whoever takes the text apart can
/// say where they stand.
/// </summary>
internal sealed class EncodedText : TextReader
{
    private const int BufferSize = 1 << 16;

    private readonly Stream stream;
    private readonly Decoder? decoder;
    private readonly byte[] bytes = new byte[BufferSize];
    private int start;
    private int end;
    private bool ended;
    private char? kept;

    /// <param name="stream">The text; it stays open.</param>
    /// <param name="encoding">Null is UTF-8, checked.</param>
    public EncodedText(Stream stream, Encoding? encoding)
    {
        this.stream = stream;
        Fill();
        (Encoding? marked, int length) = ByteOrderMark(bytes.AsSpan(0, end));
        start = length;
        bool isUtf8 = length > 0 ? marked is null : encoding is null or UTF8Encoding;
        decoder = isUtf8 ? null : (marked ?? encoding)!.GetDecoder();
    }

    /// <summary>Whether bytes have come that are not of the encoding.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>The byte that a lone surrogate stands for.</summary>
    public static bool TryGetByte(ReadOnlySpan<char> text, out byte value)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is >= '\udc80' and <= '\udcff' && (i == 0 || !char.IsHighSurrogate(text[i - 1])))
            {
                value = (byte)(text[i] - 0xdc00);
                return true;
            }
        }

        value = 0;
        return false;
    }

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (kept is { } second)
        {
            buffer[0] = second;
            kept = null;
            return 1;
        }

        if (buffer.Length == 1)
        {
            // A pair of surrogates is decoded at once, even where there is room for one.
            Span<char> pair = stackalloc char[2];
            int got = Read(pair);
            kept = got == 2 ? pair[1] : null;
            buffer[0] = pair[0];
            return Math.Min(1, got);
        }

        while (true)
        {
            int written = decoder is null ? DecodeUtf8(buffer) : Decode(decoder, buffer);
            if (written > 0 || (ended && start == end))
            {
                return written;
            }

            Fill();
        }
    }

    public override int Read() => throw new NotSupportedException("Characters are read in blocks.");

    private int DecodeUtf8(Span<char> buffer)
    {
        int written = 0;
        while (start < end && written < buffer.Length)
        {
            System.Buffers.OperationStatus status = Utf8.ToUtf16(bytes.AsSpan(start, end - start), buffer[written..], out int read, out int chars, replaceInvalidSequences: false, isFinalBlock: ended);
            start += read;
            written += chars;
            if (status == System.Buffers.OperationStatus.InvalidData && written < buffer.Length)
            {
                buffer[written++] = (char)(0xdc00 + bytes[start++]);
                IsDamaged = true;
            }
            else if (status != System.Buffers.OperationStatus.InvalidData)
            {
                break;
            }
        }

        return written;
    }

    private int Decode(Decoder other, Span<char> buffer)
    {
        other.Convert(bytes.AsSpan(start, end - start), buffer, flush: ended, out int used, out int written, out _);
        start += used;
        return written;
    }

    private void Fill()
    {
        int left = end - start;
        bytes.AsSpan(start, left).CopyTo(bytes);
        start = 0;
        int got = stream.ReadAtLeast(bytes.AsSpan(left), 4, throwOnEndOfStream: false);
        end = left + got;
        ended = got == 0 || ended;
    }

    private static (Encoding? Encoding, int Length) ByteOrderMark(ReadOnlySpan<byte> text) => text switch
    {
        [0xef, 0xbb, 0xbf, ..] => (null, 3),
        [0xff, 0xfe, 0, 0, ..] => (new UTF32Encoding(bigEndian: false, byteOrderMark: true), 4),
        [0, 0, 0xfe, 0xff, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: true), 4),
        [0xff, 0xfe, ..] => (Encoding.Unicode, 2),
        [0xfe, 0xff, ..] => (Encoding.BigEndianUnicode, 2),
        _ => (null, 0),
    };
}
