using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FastMlp.Serialization;

/// <summary>The safetensors format: [8 bytes: N, little-endian] [N bytes: JSON header] [data].</summary>
/// <remarks>
/// A file is read in two steps: <see cref="ReadHeader"/> checks everything that the header claims against the stream,
/// the caller decides whether these are the tensors it wants, and only then <see cref="ReadData"/> allocates for them.
/// </remarks>
internal static class Safetensors
{
    /// <summary>Bytes of the header's length.</summary>
    public const int LengthBytes = 8;

    /// <summary>The reference reader's bound on the header.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    /// <summary>The first tensor starts on a cache line, for readers that map the file.</summary>
    private const int DataAlignment = 64;

    /// <summary>A multiple of every element size; large enough that calls into the stream do not count.</summary>
    private const int ChunkBytes = 1 << 16;

    private static readonly JsonWriterOptions HeaderFormat = new()
    {
        // Keeps quotes readable as \" where the default writes \u0022; nothing here goes into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads and checks the header, up to the first byte of the data.</summary>
    /// <param name="stream">At the start of the file. If it can seek, its length is checked against the header.</param>
    /// <exception cref="ModelFormatException">The header, or the length of the file, is not what the format allows.</exception>
    public static SafetensorsHeader ReadHeader(Stream stream)
    {
        long? available = stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) : null;

        Span<byte> prefix = stackalloc byte[LengthBytes];
        int got = stream.ReadAtLeast(prefix, LengthBytes, throwOnEndOfStream: false);
        if (got < LengthBytes)
            throw new ModelFormatException($"The file has {got} bytes; a safetensors file begins with the 8 bytes of its header's length.");

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length is < 2 or > MaxHeaderBytes)
            throw new ModelFormatException($"The first 8 bytes give a header of {length} bytes; it must have between 2 and {MaxHeaderBytes}. Is this a safetensors file?");
        if (available is long all && (long)length > all - LengthBytes)
            throw new ModelFormatException($"The first 8 bytes give a header of {length} bytes, but only {all - LengthBytes} follow: the file is cut short.");

        SafetensorsHeader header = SafetensorsHeader.Parse(ReadHeaderBytes(stream, (int)length, available is not null));
        if (available is long total && total != header.DataStart + header.DataLength)
            throw WrongLength(header, total);
        return header;
    }

    /// <summary>Reads all tensors as float32, converted from F32, F64, F16 or BF16, in the order of the header's <see cref="SafetensorsHeader.Tensors"/>.</summary>
    /// <param name="stream">Where <see cref="ReadHeader"/> left it.</param>
    /// <param name="header">What that returned.</param>
    /// <exception cref="ModelFormatException">A tensor is of another type, or the data end too soon or go on.</exception>
    public static float[][] ReadData(Stream stream, SafetensorsHeader header)
    {
        foreach (TensorInfo tensor in header.Tensors)
        {
            if (!tensor.IsReadable)
                throw new ModelFormatException($"Tensor {tensor.Quoted} is of type {tensor.Type}, which cannot hold weights; accepted are F32, F64, F16 and BF16.");
            if (tensor.Count > Array.MaxLength)
                throw new ModelFormatException($"Tensor {tensor.Quoted} has {tensor.Count} elements; at most {Array.MaxLength} fit in one array.");
        }

        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            float[][] values = new float[header.Tensors.Count][];
            for (int i = 0; i < values.Length; i++)
                values[i] = ReadTensor(stream, header, header.Tensors[i], chunk.AsSpan(0, ChunkBytes));
            if (stream.Read(chunk, 0, 1) != 0)
                throw new ModelFormatException($"Data follow after the last tensor; the file must end at byte {header.DataStart + header.DataLength}.");
            return values;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>Writes tensors as F32 in the given order, metadata sorted by key: the same content gives the same bytes.</summary>
    /// <exception cref="ArgumentException">A name stands twice or is reserved, a shape disagrees with its data, or a text is not valid Unicode.</exception>
    public static void Write(Stream stream, IReadOnlyList<(string Name, long[] Shape, float[] Values)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> header = new();
        using (Utf8JsonWriter json = new(header, HeaderFormat))
            WriteHeader(json, tensors, metadata);

        int padding = (DataAlignment - (LengthBytes + header.WrittenCount) % DataAlignment) % DataAlignment;
        header.GetSpan(padding)[..padding].Fill((byte)' ');
        header.Advance(padding);
        if (header.WrittenCount > MaxHeaderBytes)
            throw new ArgumentException($"The header would have {header.WrittenCount} bytes, the format allows {MaxHeaderBytes}: store less metadata.", nameof(metadata));

        Span<byte> prefix = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.WrittenCount);
        stream.Write(prefix);
        stream.Write(header.WrittenSpan);
        foreach ((_, _, float[] values) in tensors)
            WriteValues(stream, values);
    }

    private static void WriteHeader(Utf8JsonWriter json, IReadOnlyList<(string Name, long[] Shape, float[] Values)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject();
        if (metadata.Count > 0)
        {
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                if (value is null || !MessageText.IsWellFormed(key) || !MessageText.IsWellFormed(value))
                    throw new ArgumentException($"The metadata entry {MessageText.Quote(key)} is null or has half of a surrogate pair; it must be valid Unicode text.", nameof(metadata));
                json.WriteString(key, value);
            }
            json.WriteEndObject();
        }

        HashSet<string> names = ["__metadata__"];
        long offset = 0;
        foreach ((string name, long[] shape, float[] values) in tensors)
        {
            if (!names.Add(name) || !MessageText.IsWellFormed(name))
                throw new ArgumentException($"The tensor name {MessageText.Quote(name)} is reserved, stands twice or is not valid Unicode.", nameof(tensors));
            if (shape.Aggregate(1L, (product, extent) => checked(product * extent)) != values.Length)
                throw new ArgumentException($"Tensor {MessageText.Quote(name)} of shape {MessageText.Shape(shape)} is given {values.Length} values.", nameof(tensors));

            json.WriteStartObject(name);
            json.WriteString("dtype", nameof(TensorType.F32));
            json.WriteStartArray("shape");
            foreach (long extent in shape)
                json.WriteNumberValue(extent);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            offset += (long)values.Length * sizeof(float);
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteValues(Stream stream, ReadOnlySpan<float> values)
    {
        const int Step = ChunkBytes / sizeof(float);
        int[] swapped = BitConverter.IsLittleEndian ? [] : new int[Math.Min(Step, values.Length)];
        for (; !values.IsEmpty; values = values[Math.Min(Step, values.Length)..])
        {
            ReadOnlySpan<float> part = values[..Math.Min(Step, values.Length)];
            if (BitConverter.IsLittleEndian)
            {
                stream.Write(MemoryMarshal.AsBytes(part));
                continue;
            }
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(part), swapped);
            stream.Write(MemoryMarshal.AsBytes(swapped.AsSpan(0, part.Length)));
        }
    }

    /// <summary>A stream that cannot seek may hold less than the header claims, so its buffer grows with what really arrives.</summary>
    private static ReadOnlySpan<byte> ReadHeaderBytes(Stream stream, int length, bool isLengthChecked)
    {
        byte[] bytes = new byte[isLengthChecked ? length : Math.Min(length, ChunkBytes)];
        int filled = 0;
        while (true)
        {
            int got = stream.ReadAtLeast(bytes.AsSpan(filled), bytes.Length - filled, throwOnEndOfStream: false);
            filled += got;
            if (filled < bytes.Length)
                throw new ModelFormatException($"The first 8 bytes give a header of {length} bytes, but only {filled} follow: the file is cut short.");
            if (filled == length)
                return bytes;
            Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
        }
    }

    private static float[] ReadTensor(Stream stream, SafetensorsHeader header, TensorInfo tensor, Span<byte> chunk)
    {
        int count = (int)tensor.Count;
        int size = TensorInfo.Bits(tensor.Type) / 8;
        int step = chunk.Length / size;
        // As above: exact where the length of the file is known, else growing with the data.
        float[] values = new float[stream.CanSeek ? count : Math.Min(count, step)];
        for (int start = 0; start < count; start += step)
        {
            int length = Math.Min(step, count - start);
            if (start + length > values.Length)
                Array.Resize(ref values, (int)Math.Min(count, Math.Max(2L * values.Length, start + length)));
            Span<byte> bytes = chunk[..(length * size)];
            int got = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (got < bytes.Length)
            {
                long at = header.DataStart + tensor.Begin + (long)start * size + got;
                throw new ModelFormatException($"The file ends at byte {at}, within tensor {tensor.Quoted}; it must have {header.DataStart + header.DataLength} bytes.");
            }
            Convert(tensor.Type, bytes, values.AsSpan(start, length));
        }
        return values;
    }

    private static void Convert(TensorType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (type)
        {
            case TensorType.F32 when BitConverter.IsLittleEndian:
                bytes.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case TensorType.F32:
                for (int i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                break;
            case TensorType.F64:
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                break;
            case TensorType.F16:
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
                break;
            case TensorType.BF16:
                // bfloat16 is the upper half of float32.
                for (int i = 0; i < values.Length; i++)
                    values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type that is read as float32.");
        }
    }

    private static ModelFormatException WrongLength(SafetensorsHeader header, long total) =>
        new($"The file has {total} bytes, but its header of {header.DataStart - LengthBytes} bytes and its tensors of {header.DataLength} need {header.DataStart + header.DataLength}: it is {(total < header.DataStart + header.DataLength ? "cut short" : "too long")}.");
}
