using System.Buffers.Binary;
using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>
/// TensorProto to <see cref="Constant"/>: float32, float64, float16, bfloat16 and integers, from typed fields, raw bytes or a
/// file beside the model. The shape is checked against the data that are there before anything is reserved.
/// </summary>
internal sealed class TensorReader(string? folder)
{
    /// <summary>Tensors of more axes than this are no tables of features or weights.</summary>
    public const int MostAxes = 16;

    public const int Float = 1;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int BFloat16 = 16;

    private const string Readable = "float32, float64, float16, bfloat16, int32, int64 and bool can be read";

    /// <summary>Elements that were found in the file so far.</summary>
    public long ElementsRead { get; private set; }

    public Constant Read(TensorProto tensor, string where)
    {
        Constant constant = Convert(tensor, where);
        Found(constant.Values.Length);
        return constant;
    }

    /// <summary>Counts elements that stand elsewhere in the file.</summary>
    public void Found(long elements) => ElementsRead += elements;

    private Constant Convert(TensorProto tensor, string where)
    {
        int size = tensor.DataType switch
        {
            Float or Int32 => 4,
            Int64 or Double => 8,
            Float16 or BFloat16 => 2,
            Bool => 1,
            _ => throw new ModelFormatException($"{where} has the element type {TypeName(tensor.DataType)}; {Readable}."),
        };
        long[] dims = [.. tensor.Dims];
        long count = Count(dims, where);
        bool isInteger = tensor.DataType is Int32 or Int64 or Bool;
        if (tensor.DataLocation != 0)
        {
            if (tensor.DataLocation != 1)
            {
                throw new ModelFormatException($"{where} says that its data lie in place {tensor.DataLocation}; 0 (this file) or 1 (another file) was expected.");
            }

            byte[] bytes = ExternalData.Read(folder, tensor.ExternalData, count, size, where);
            return new Constant(dims, FromBytes(bytes, tensor.DataType, size), isInteger);
        }

        if (tensor.RawData.Length > 0)
        {
            Expect(where, dims, count, tensor.RawData.Length, size);
            return new Constant(dims, FromBytes(tensor.RawData.Span, tensor.DataType, size), isInteger);
        }

        return new Constant(dims, FromFields(tensor, dims, count, where), isInteger);
    }

    /// <summary>The name of an element type, for messages.</summary>
    public static string TypeName(int type) => type switch
    {
        Float => "float32",
        2 => "uint8",
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        Int32 => "int32",
        Int64 => "int64",
        8 => "string",
        Bool => "bool",
        Float16 => "float16",
        Double => "float64",
        12 => "uint32",
        13 => "uint64",
        14 or 15 => "complex",
        BFloat16 => "bfloat16",
        _ => $"number {type}",
    };

    private static double[] FromFields(TensorProto tensor, long[] dims, long count, string where)
    {
        int there = tensor.DataType switch
        {
            Float => tensor.FloatData.Count,
            Double => tensor.DoubleData.Count,
            Int64 => tensor.Int64Data.Count,
            _ => tensor.Int32Data.Count,
        };
        Expect(where, dims, count, there, 1);
        double[] values = new double[there];
        for (int i = 0; i < there; i++)
        {
            values[i] = tensor.DataType switch
            {
                Float => tensor.FloatData[i],
                Double => tensor.DoubleData[i],
                Int64 => tensor.Int64Data[i],
                Float16 => (double)BitConverter.UInt16BitsToHalf((ushort)tensor.Int32Data[i]),
                BFloat16 => FromBFloat16((ushort)tensor.Int32Data[i]),
                _ => tensor.Int32Data[i],
            };
        }

        return values;
    }

    private static double[] FromBytes(ReadOnlySpan<byte> bytes, int type, int size)
    {
        double[] values = new double[bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> at = bytes.Slice(i * size, size);
            values[i] = type switch
            {
                Float => BinaryPrimitives.ReadSingleLittleEndian(at),
                Double => BinaryPrimitives.ReadDoubleLittleEndian(at),
                Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                BFloat16 => FromBFloat16(BinaryPrimitives.ReadUInt16LittleEndian(at)),
                Int32 => BinaryPrimitives.ReadInt32LittleEndian(at),
                Int64 => BinaryPrimitives.ReadInt64LittleEndian(at),
                _ => at[0],
            };
        }

        return values;
    }

    /// <summary>A bfloat16 is the upper half of a float32.</summary>
    private static double FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static long Count(long[] dims, string where)
    {
        if (dims.Length > MostAxes)
        {
            throw new ModelFormatException($"{where} has {dims.Length} axes; up to {MostAxes} are supported.");
        }

        long count = 1;
        foreach (long dim in dims)
        {
            if (dim < 0)
            {
                throw new ModelFormatException($"{where} has the shape {Words.Shape(dims)}; a size below 0 cannot be.");
            }

            count = count > 0 && dim > int.MaxValue / count ? long.MaxValue : count * dim;
            if (count == long.MaxValue)
            {
                throw new ModelFormatException($"{where} has the shape {Words.Shape(dims)}, more than the 2^31 elements that can be read.");
            }
        }

        return count;
    }

    private static void Expect(string where, long[] dims, long count, long there, int size)
    {
        if (there != count * size)
        {
            string unit = size == 1 ? "values" : "bytes";
            throw new ModelFormatException($"{where} has the shape {Words.Shape(dims)}, which takes {count * size} {unit}, but {there} are there.");
        }
    }
}
