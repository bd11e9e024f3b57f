using System.Buffers.Binary;
using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>
/// TensorProto to <see cref="Constant"/>: floating-point numbers and integers, from typed fields, raw bytes or a
/// file beside the model. The shape is checked against the data that are there before anything is reserved.
/// </summary>
internal sealed class TensorReader(string? folder)
{
    /// <summary>Tensors of more axes than this are no tables of features or weights.</summary>
    public const int MostAxes = 16;

    /// <summary>Elements that were found in the file so far.</summary>
    public long ElementsRead { get; private set; }

    /// <summary>A tensor of numbers or of texts.</summary>
    public Value ReadAny(TensorProto tensor, string where) => tensor.DataType == ElementType.Text
        ? new Texts([.. tensor.StringData.Select(text => text.ToStringUtf8())])
        : Read(tensor, where);

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
        int size = ElementType.Size(tensor.DataType);
        if (size == 0)
        {
            throw new ModelFormatException($"{where} has the element type {ElementType.Name(tensor.DataType)}; {ElementType.Readable}.");
        }

        long[] dims = [.. tensor.Dims];
        long count = Count(dims, where);
        if (tensor.DataLocation != 0)
        {
            if (tensor.DataLocation != 1)
            {
                throw new ModelFormatException($"{where} says that its data lie in place {tensor.DataLocation}; 0 (this file) or 1 (another file) was expected.");
            }

            byte[] bytes = ExternalData.Read(folder, tensor.ExternalData, count, size, where);
            return new Constant(dims, FromBytes(bytes, tensor.DataType, size), tensor.DataType);
        }

        if (tensor.RawData.Length > 0)
        {
            Expect(where, dims, count, tensor.RawData.Length, size);
            return new Constant(dims, FromBytes(tensor.RawData.Span, tensor.DataType, size), tensor.DataType);
        }

        return new Constant(dims, FromFields(tensor, dims, count, where), tensor.DataType);
    }

    private static double[] FromFields(TensorProto tensor, long[] dims, long count, string where)
    {
        int there = tensor.DataType switch
        {
            ElementType.Float => tensor.FloatData.Count,
            ElementType.Double => tensor.DoubleData.Count,
            ElementType.Int64 => tensor.Int64Data.Count,
            ElementType.UInt32 or ElementType.UInt64 => tensor.Uint64Data.Count,
            _ => tensor.Int32Data.Count,
        };
        Expect(where, dims, count, there, 1);
        double[] values = new double[there];
        for (int i = 0; i < there; i++)
        {
            values[i] = tensor.DataType switch
            {
                ElementType.Float => tensor.FloatData[i],
                ElementType.Double => tensor.DoubleData[i],
                ElementType.Int64 => tensor.Int64Data[i],
                ElementType.UInt32 or ElementType.UInt64 => tensor.Uint64Data[i],
                ElementType.Float16 => (double)BitConverter.UInt16BitsToHalf((ushort)tensor.Int32Data[i]),
                ElementType.BFloat16 => FromBFloat16((ushort)tensor.Int32Data[i]),
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
                ElementType.Float => BinaryPrimitives.ReadSingleLittleEndian(at),
                ElementType.Double => BinaryPrimitives.ReadDoubleLittleEndian(at),
                ElementType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                ElementType.BFloat16 => FromBFloat16(BinaryPrimitives.ReadUInt16LittleEndian(at)),
                ElementType.Int8 => (sbyte)at[0],
                ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(at),
                ElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(at),
                ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(at),
                ElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(at),
                ElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(at),
                ElementType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(at),
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
