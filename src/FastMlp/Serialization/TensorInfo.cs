namespace FastMlp.Serialization;

/// <summary>What a safetensors header says of one tensor; <see cref="Begin"/> and <see cref="End"/> count bytes from the start of the data.</summary>
internal sealed record TensorInfo(string Name, TensorType Type, long[] Shape, long Begin, long End)
{
    /// <summary>Product of the shape; 1 for a scalar. The header's reader has checked that it does not overflow.</summary>
    public long Count
    {
        get
        {
            long count = 1;
            foreach (long extent in Shape)
                count *= extent;
            return count;
        }
    }

    /// <summary>The name as it may stand in a one-line message.</summary>
    public string Quoted => MessageText.Quote(Name);

    /// <summary><c>[10, 64]</c>, for messages.</summary>
    public string ShapeText => MessageText.Shape(Shape);

    /// <summary>Whether the type is one of the four that are read as float32.</summary>
    public bool IsReadable => Type is TensorType.F32 or TensorType.F64 or TensorType.F16 or TensorType.BF16;

    /// <summary>Bits of one element.</summary>
    public static int Bits(TensorType type) => type switch
    {
        TensorType.F4 => 4,
        TensorType.F6_E2M3 or TensorType.F6_E3M2 => 6,
        TensorType.BOOL or TensorType.U8 or TensorType.I8 or TensorType.F8_E5M2 or TensorType.F8_E4M3
            or TensorType.F8_E8M0 or TensorType.F8_E4M3FNUZ or TensorType.F8_E5M2FNUZ => 8,
        TensorType.I16 or TensorType.U16 or TensorType.F16 or TensorType.BF16 => 16,
        TensorType.I32 or TensorType.U32 or TensorType.F32 => 32,
        TensorType.C64 or TensorType.F64 or TensorType.I64 or TensorType.U64 => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such tensor type."),
    };
}
