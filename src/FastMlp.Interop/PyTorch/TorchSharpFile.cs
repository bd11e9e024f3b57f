using System.Text;
using FastMlp.Interop.Chains;

namespace FastMlp.Interop.PyTorch;

/// <summary>
/// What TorchSharp's <c>Module.save</c> writes: the number of tensors, then of each its name, type, sizes and values; numbers as LEB128, values little-endian.
/// </summary>
internal static class TorchSharpFile
{
    private const int Float16 = 5, Float32 = 6, Float64 = 7, BFloat16 = 15;

    /// <summary>Whether bytes begin with a small number of tensors and a name that is a text.</summary>
    public static bool LooksLike(ReadOnlySpan<byte> bytes)
    {
        try
        {
            int position = 0;
            long count = Number(bytes, ref position);
            string name = Name(bytes, ref position);
            return count is > 0 and < 100_000 && name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_') && Number(bytes, ref position) <= 20;
        }
        catch (ModelFormatException)
        {
            return false;
        }
    }

    public static Chain Read(byte[] content, ForeignModelOptions options)
    {
        int position = 0;
        long count = Number(content, ref position);
        List<StoredTensor> tensors = [];
        for (long i = 0; i < count; i++)
        {
            tensors.Add(Tensor(content, ref position));
        }

        if (position != content.Length)
        {
            throw new ModelFormatException($"The TorchSharp file has {content.Length - position} bytes behind its {count} tensors.");
        }

        return new Chain("TorchSharp", StateDict.Read(tensors, isOrdered: true, options));
    }

    private static StoredTensor Tensor(ReadOnlySpan<byte> content, ref int position)
    {
        string name = Name(content, ref position);
        long type = Number(content, ref position);
        long axes = Number(content, ref position);
        if (axes > 8)
        {
            throw new ModelFormatException($"Tensor '{name}' has {axes} sizes; at most 8 are read.");
        }

        int[] shape = new int[axes];
        long total = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            long size = Number(content, ref position);
            shape[i] = size <= int.MaxValue ? (int)size : throw new ModelFormatException($"Tensor '{name}' has a size of {size}.");
            total = Math.Min(int.MaxValue, total * size);
        }

        int width = type switch
        {
            Float16 or BFloat16 or 2 => 2,
            Float32 or 3 => 4,
            Float64 or 4 => 8,
            0 or 1 or 11 => 1,
            _ => throw new ModelFormatException($"Tensor '{name}' is of type number {type}; float16, bfloat16, float32, float64 and integers are read."),
        };
        if (total > (content.Length - position) / width)
        {
            throw new ModelFormatException($"Tensor '{name}' takes {total} values; the file ends before.");
        }

        ReadOnlySpan<byte> data = content.Slice(position, (int)total * width);
        position += data.Length;
        string? storage = type switch { Float16 => "HalfStorage", BFloat16 => "BFloat16Storage", Float32 => "FloatStorage", Float64 => "DoubleStorage", _ => null };
        float[] values = new float[storage is null ? 0 : total];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = TorchStorage.Value(storage!, data, i);
        }

        return new StoredTensor(name, shape, values);
    }

    private static string Name(ReadOnlySpan<byte> bytes, ref int position)
    {
        long length = Number(bytes, ref position);
        if (length > Math.Min(1000, bytes.Length - position))
        {
            throw new ModelFormatException($"A name of {length} bytes at byte {position} is longer than the file or than any name.");
        }

        position += (int)length;
        return Encoding.UTF8.GetString(bytes.Slice(position - (int)length, (int)length));
    }

    private static long Number(ReadOnlySpan<byte> bytes, ref int position)
    {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            if (position >= bytes.Length)
            {
                throw new ModelFormatException("The TorchSharp file ends within a number.");
            }

            byte next = bytes[position++];
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new ModelFormatException($"The number before byte {position} is too large.");
    }
}
