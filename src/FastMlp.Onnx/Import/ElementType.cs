namespace FastMlp.Onnx.Import;

/// <summary>The element types of tensors by the numbers of the format.</summary>
internal static class ElementType
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int UInt16 = 4;
    public const int Int16 = 5;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Text = 8;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int UInt32 = 12;
    public const int UInt64 = 13;
    public const int BFloat16 = 16;

    public const string Readable = "float32, float64, float16, bfloat16, bool and integers of 8 to 64 bits can be read";

    public static bool IsInteger(int type) => type is UInt8 or Int8 or UInt16 or Int16 or Int32 or Int64 or Bool or UInt32 or UInt64;

    /// <summary>Whether the numbers of a computed tensor can be of the type.</summary>
    public static bool IsFloat(int type) => type is Float or Float16 or BFloat16 or Double;

    /// <summary>Bytes of an element; 0 for a type that is not read.</summary>
    public static int Size(int type) => type switch
    {
        UInt8 or Int8 or Bool => 1,
        UInt16 or Int16 or Float16 or BFloat16 => 2,
        Float or Int32 or UInt32 => 4,
        Int64 or UInt64 or Double => 8,
        _ => 0,
    };

    /// <summary>The name of an element type, for messages.</summary>
    public static string Name(long type) => type switch
    {
        Float => "float32",
        UInt8 => "uint8",
        Int8 => "int8",
        UInt16 => "uint16",
        Int16 => "int16",
        Int32 => "int32",
        Int64 => "int64",
        Text => "string",
        Bool => "bool",
        Float16 => "float16",
        Double => "float64",
        UInt32 => "uint32",
        UInt64 => "uint64",
        14 or 15 => "complex",
        BFloat16 => "bfloat16",
        _ => $"number {type}",
    };
}
