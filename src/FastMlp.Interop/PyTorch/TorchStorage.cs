using System.Buffers.Binary;

namespace FastMlp.Interop.PyTorch;

/// <summary>The numbers of a storage, in the type that it has in the file.</summary>
internal static class TorchStorage
{
    /// <summary>Bytes of a value.</summary>
    public static int SizeOf(string type) => type switch
    {
        "DoubleStorage" or "LongStorage" => 8,
        "FloatStorage" or "IntStorage" => 4,
        "HalfStorage" or "BFloat16Storage" or "ShortStorage" => 2,
        "ByteStorage" or "CharStorage" or "BoolStorage" => 1,
        _ => throw new ModelFormatException($"A tensor is of type '{type}'; float32, float64, float16, bfloat16 and integers are read."),
    };

    /// <summary>Whether a layer can hold such values.</summary>
    public static bool IsFloat(string type) => type is "FloatStorage" or "DoubleStorage" or "HalfStorage" or "BFloat16Storage";

    /// <summary>Value number <paramref name="index"/>, widened or rounded to float32.</summary>
    public static float Value(string type, ReadOnlySpan<byte> storage, long index)
    {
        ReadOnlySpan<byte> at = storage[checked((int)(index * SizeOf(type)))..];
        return type switch
        {
            "FloatStorage" => BinaryPrimitives.ReadSingleLittleEndian(at),
            "DoubleStorage" => (float)BinaryPrimitives.ReadDoubleLittleEndian(at),
            "HalfStorage" => (float)BinaryPrimitives.ReadHalfLittleEndian(at),
            _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
        };
    }
}
