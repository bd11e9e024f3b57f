using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace FastMlp.Data;

/// <summary>
/// The header of an npy file, versions 1 to 3: magic string, version, length, and a Python dictionary such as
/// <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c>. The format is NumPy's NEP 1 and numpy.lib.format.
/// </summary>
internal sealed record NpyHeader(NpyType Type, bool BigEndian, bool FortranOrder, int[] Shape, int Count)
{
    private const int MaxDimensions = 64;
    private const int MaxLength = 1 << 20;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Bytes of data.</summary>
    public int Length => Count * NpyArray.ElementSize(Type);

    /// <summary>Reads the header; <paramref name="end"/> is the offset behind it.</summary>
    /// <exception cref="DataFormatException">It is none, or of a type that is not read.</exception>
    public static NpyHeader Read(Stream content, string source, out int end)
    {
        Span<byte> start = stackalloc byte[12];
        int got = content.ReadAtLeast(start[..8], 8, throwOnEndOfStream: false);
        if (!start[..Math.Min(got, 6)].SequenceEqual(Magic[..Math.Min(got, 6)]))
        {
            throw new DataFormatException($"{source}: the file does not begin with the magic string of an npy file (0x93 NUMPY).");
        }

        int version = start[6];
        if (got == 8 && (version is < 1 or > 3 || start[7] != 0))
        {
            throw new DataFormatException($"{source}: the version at offset 6 is {version}.{start[7]}; 1.0, 2.0 or 3.0 was expected.");
        }

        int lengthSize = version == 1 ? 2 : 4;
        got += got == 8 ? content.ReadAtLeast(start.Slice(8, lengthSize), lengthSize, throwOnEndOfStream: false) : 0;
        if (got < 8 + lengthSize)
        {
            throw new DataFormatException($"{source}: the file ends at offset {got}, within its header.");
        }

        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaxLength)
        {
            throw new DataFormatException($"{source}: the header claims {length} bytes at offset 8; at most {MaxLength} were expected.");
        }

        byte[] text = new byte[length];
        int read = content.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        if (read < text.Length)
        {
            throw new DataFormatException($"{source}: the file ends at offset {got + read}, within its header of {got + text.Length} bytes.");
        }

        end = got + text.Length;
        return new Parser((version == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text), source, got).Header();
    }

    /// <summary>Magic string, version, length and dictionary, padded with blanks to a multiple of 64 bytes.</summary>
    public byte[] Write(int version)
    {
        string order = FortranOrder ? "True" : "False";
        string shape = Shape.Length == 1 ? $"({Shape[0]},)" : $"({string.Join(", ", Shape)})";
        string text = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '{Descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
        int start = version == 1 ? 10 : 12;
        int length = ((start + text.Length + 1 + 63) / 64 * 64) - start;
        byte[] header = new byte[start + length];
        Magic.CopyTo(header);
        header[6] = (byte)version;
        if (version == 1)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)length);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)length);
        }

        header.AsSpan(start).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, header.AsSpan(start));
        header[^1] = (byte)'\n';
        return header;
    }

    private string Descr => $"{(NpyArray.ElementSize(Type) == 1 ? '|' : BigEndian ? '>' : '<')}{Code(Type)}";

    private static string Code(NpyType type) => type switch
    {
        NpyType.Boolean => "b1",
        NpyType.Int8 => "i1",
        NpyType.Int16 => "i2",
        NpyType.Int32 => "i4",
        NpyType.Int64 => "i8",
        NpyType.UInt8 => "u1",
        NpyType.UInt16 => "u2",
        NpyType.UInt32 => "u4",
        NpyType.UInt64 => "u8",
        NpyType.Float16 => "f2",
        NpyType.Float32 => "f4",
        _ => "f8",
    };

    /// <summary>Reads the few kinds of Python values that such a dictionary holds.</summary>
    private sealed class Parser(string text, string source, int start)
    {
        private int at;

        public NpyHeader Header()
        {
            (NpyType Type, bool BigEndian)? element = null;
            bool? fortran = null;
            int[]? shape = null;
            Expect('{');
            while (!Take('}'))
            {
                int keyAt = at;
                string key = Text();
                Expect(':');
                switch (key)
                {
                    case "descr" when element is null:
                        element = Element();
                        break;
                    case "fortran_order" when fortran is null:
                        fortran = Boolean();
                        break;
                    case "shape" when shape is null:
                        shape = Tuple();
                        break;
                    default:
                        throw Fault(keyAt, $"the key '{CsvRows.Shown(key)}' is unknown or stands there twice; descr, fortran_order and shape were expected.");
                }

                if (!Take(','))
                {
                    Expect('}');
                    break;
                }
            }

            Blanks();
            if (at < text.Length)
            {
                throw Fault(at, "more text follows the dictionary.");
            }

            if (element is not { } descr || fortran is not { } order || shape is null)
            {
                throw Fault(0, "descr, fortran_order or shape is missing.");
            }

            long count = 1;
            foreach (int length in shape)
            {
                count = Math.Min(count * length, Array.MaxLength + 1L);
            }

            return count * NpyArray.ElementSize(descr.Type) <= Array.MaxLength
                ? new NpyHeader(descr.Type, descr.BigEndian, order, shape, (int)count)
                : throw Fault(0, $"the shape ({string.Join(", ", shape)}) needs more than {Array.MaxLength} bytes, which one array cannot hold.");
        }

        private (NpyType Type, bool BigEndian) Element()
        {
            Blanks();
            int from = at;
            if (at < text.Length && text[at] is '[' or '(')
            {
                throw Fault(from, "the array has named fields; an array of one type was expected.");
            }

            string descr = Text();
            foreach (NpyType type in Enum.GetValues<NpyType>())
            {
                if (descr.AsSpan(descr.Length > 0 && descr[0] is '<' or '>' or '|' or '=' ? 1 : 0).SequenceEqual(Code(type)))
                {
                    return (type, descr[0] == '>');
                }
            }

            throw Fault(from, $"the element type '{CsvRows.Shown(descr)}' is not read; bool, integers of 1 to 8 bytes and floats of 2 to 8 bytes are.");
        }

        private int[] Tuple()
        {
            Expect('(');
            List<int> lengths = [];
            while (!Take(')'))
            {
                Blanks();
                int from = at;
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                {
                    at++;
                }

                if (!int.TryParse(text.AsSpan(from, at - from), NumberStyles.None, CultureInfo.InvariantCulture, out int length) || lengths.Count == MaxDimensions)
                {
                    throw Fault(from, $"at most {MaxDimensions} lengths from 0 to {int.MaxValue} were expected.");
                }

                Take('L'); // a long of Python 2
                lengths.Add(length);
                if (!Take(','))
                {
                    Expect(')');
                    break;
                }
            }

            return [.. lengths];
        }

        private bool Boolean()
        {
            Blanks();
            foreach ((string word, bool value) in (ReadOnlySpan<(string, bool)>)[("True", true), ("False", false)])
            {
                if (text.AsSpan(at).StartsWith(word))
                {
                    at += word.Length;
                    return value;
                }
            }

            throw Fault(at, "True or False was expected.");
        }

        private string Text()
        {
            Blanks();
            char quote = at < text.Length ? text[at] : ' ';
            int end = quote is '\'' or '"' ? text.IndexOf(quote, at + 1) : -1;
            if (end < 0)
            {
                throw Fault(at, "a text in quotes was expected.");
            }

            string found = text[(at + 1)..end];
            at = end + 1;
            return found;
        }

        private void Expect(char c)
        {
            if (!Take(c))
            {
                throw Fault(at, $"'{c}' was expected.");
            }
        }

        private bool Take(char c)
        {
            Blanks();
            bool there = at < text.Length && text[at] == c;
            at += there ? 1 : 0;
            return there;
        }

        private void Blanks()
        {
            while (at < text.Length && text[at] is ' ' or '\n' or '\t' or '\r')
            {
                at++;
            }
        }

        private DataFormatException Fault(int position, string fault) => new($"{source}: in the header at offset {start + position}, {fault}");
    }
}
