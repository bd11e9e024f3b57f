namespace FastMlp.Hosting.Protocol;

/// <summary>The types of the protocol.</summary>
internal enum TensorType : byte
{
    None, Bool, UInt8, UInt16, UInt32, UInt64, Int8, Int16, Int32, Int64, Fp16, Bf16, Fp32, Fp64, Bytes,
}

/// <summary>Their names and sizes.</summary>
internal static class TensorTypes
{
    public static TensorType Of(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("FP32"u8) => TensorType.Fp32,
        _ when name.SequenceEqual("BYTES"u8) => TensorType.Bytes,
        _ when name.SequenceEqual("FP64"u8) => TensorType.Fp64,
        _ when name.SequenceEqual("INT64"u8) => TensorType.Int64,
        _ when name.SequenceEqual("INT32"u8) => TensorType.Int32,
        _ when name.SequenceEqual("INT16"u8) => TensorType.Int16,
        _ when name.SequenceEqual("INT8"u8) => TensorType.Int8,
        _ when name.SequenceEqual("UINT64"u8) => TensorType.UInt64,
        _ when name.SequenceEqual("UINT32"u8) => TensorType.UInt32,
        _ when name.SequenceEqual("UINT16"u8) => TensorType.UInt16,
        _ when name.SequenceEqual("UINT8"u8) => TensorType.UInt8,
        _ when name.SequenceEqual("BOOL"u8) => TensorType.Bool,
        _ when name.SequenceEqual("FP16"u8) => TensorType.Fp16,
        _ when name.SequenceEqual("BF16"u8) => TensorType.Bf16,
        _ => TensorType.None,
    };

    /// <summary>Bytes of an element; 0 for BYTES, whose elements have a length each.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Bool or TensorType.UInt8 or TensorType.Int8 => 1,
        TensorType.UInt16 or TensorType.Int16 or TensorType.Fp16 or TensorType.Bf16 => 2,
        TensorType.UInt32 or TensorType.Int32 or TensorType.Fp32 => 4,
        TensorType.UInt64 or TensorType.Int64 or TensorType.Fp64 => 8,
        _ => 0,
    };
}
