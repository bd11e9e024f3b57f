using System.Numerics;
using System.Runtime.InteropServices;

namespace FastMlp.Data;

/// <summary>A NumPy array in memory: elements of one type in C order, the last dimension fastest.</summary>
public sealed class NpyArray
{
    private readonly int[] shape;
    private readonly byte[] data;

    /// <param name="type">The element.</param>
    /// <param name="shape">The length of each dimension.</param>
    /// <param name="data">The elements in C order and in this machine's byte order.</param>
    internal NpyArray(NpyType type, int[] shape, byte[] data)
    {
        Type = type;
        this.shape = shape;
        this.data = data;
    }

    /// <summary>The type of an element.</summary>
    public NpyType Type { get; }

    /// <summary>The length of each dimension; none for a single value.</summary>
    public IReadOnlyList<int> Shape => shape;

    /// <summary>Elements in all.</summary>
    public int Count => data.Length / ElementSize(Type);

    internal ReadOnlySpan<byte> Data => data;

    /// <summary>An array of float32.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values.</exception>
    public static NpyArray Of(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) => Make(NpyType.Float32, values, shape);

    /// <summary>An array of float64.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values.</exception>
    public static NpyArray Of(ReadOnlySpan<double> values, params ReadOnlySpan<int> shape) => Make(NpyType.Float64, values, shape);

    /// <summary>An array of int32.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values.</exception>
    public static NpyArray Of(ReadOnlySpan<int> values, params ReadOnlySpan<int> shape) => Make(NpyType.Int32, values, shape);

    /// <summary>An array of int64.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values.</exception>
    public static NpyArray Of(ReadOnlySpan<long> values, params ReadOnlySpan<int> shape) => Make(NpyType.Int64, values, shape);

    /// <summary>An array of uint8.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values.</exception>
    public static NpyArray Of(ReadOnlySpan<byte> values, params ReadOnlySpan<int> shape) => Make(NpyType.UInt8, values, shape);

    /// <summary>An array of bool.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values.</exception>
    public static NpyArray Of(ReadOnlySpan<bool> values, params ReadOnlySpan<int> shape) => Make(NpyType.Boolean, values, shape);

    /// <summary>The elements as float32, rounded where float32 cannot hold them; true is 1.</summary>
    public float[] ToSingles() => Convert<float>();

    /// <summary>The elements as float64, rounded where float64 cannot hold them; true is 1.</summary>
    public double[] ToDoubles() => Convert<double>();

    internal static int ElementSize(NpyType type) => type switch
    {
        NpyType.Boolean or NpyType.Int8 or NpyType.UInt8 => 1,
        NpyType.Int16 or NpyType.UInt16 or NpyType.Float16 => 2,
        NpyType.Int32 or NpyType.UInt32 or NpyType.Float32 => 4,
        _ => 8,
    };

    private static NpyArray Make<T>(NpyType type, ReadOnlySpan<T> values, ReadOnlySpan<int> shape)
        where T : unmanaged
    {
        long count = 1;
        foreach (int length in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
            count = Math.Min(count * length, long.MaxValue / int.MaxValue);
        }

        return count == values.Length
            ? new NpyArray(type, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray())
            : throw new ArgumentException($"The shape [{string.Join(", ", shape.ToArray())}] holds {count} values, not {values.Length}.", nameof(shape));
    }

    private T[] Convert<T>()
        where T : IFloatingPoint<T>
    {
        T[] values = new T[Count];
        switch (Type)
        {
            case NpyType.Boolean:
                Fill<byte, T>(Array.ConvertAll(data, b => (byte)(b == 0 ? 0 : 1)), values);
                break;
            case NpyType.Int8:
                Fill(As<sbyte>(), values);
                break;
            case NpyType.Int16:
                Fill(As<short>(), values);
                break;
            case NpyType.Int32:
                Fill(As<int>(), values);
                break;
            case NpyType.Int64:
                Fill(As<long>(), values);
                break;
            case NpyType.UInt8:
                Fill(As<byte>(), values);
                break;
            case NpyType.UInt16:
                Fill(As<ushort>(), values);
                break;
            case NpyType.UInt32:
                Fill(As<uint>(), values);
                break;
            case NpyType.UInt64:
                Fill(As<ulong>(), values);
                break;
            case NpyType.Float16:
                Fill(As<Half>(), values);
                break;
            case NpyType.Float32:
                Fill(As<float>(), values);
                break;
            default:
                Fill(As<double>(), values);
                break;
        }

        return values;
    }

    private ReadOnlySpan<T> As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(data);

    private static void Fill<TFrom, TTo>(ReadOnlySpan<TFrom> from, TTo[] to)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo>
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = TTo.CreateTruncating(from[i]);
        }
    }
}
