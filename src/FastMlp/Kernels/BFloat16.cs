using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// Weights as bfloat16, the upper half of a float32, rounded to nearest, ties to even. A panel row of two vectors becomes one vector
/// of 32-bit words: column i in the lower half of word i, column i + Width in its upper half (see <see cref="BFloat16Weights"/>).
/// </summary>
internal static unsafe class BFloat16
{
    private const int HalfBits = 16;

    /// <summary>words[row, i] &lt;- (source[row, i], source[row, i + width]).</summary>
    public static void Pack(float* source, nint rows, nint width, float* words)
    {
        for (nint row = 0; row < rows; row++, source += 2 * width, words += width)
        {
            for (nint i = 0; i < width; i++)
            {
                ((uint*)words)[i] = (uint)Rounded(source[i]) | ((uint)Rounded(source[i + width]) << HalfBits);
            }
        }
    }

    /// <summary>Rounded, but still float32.</summary>
    public static void Round(float* source, nint count, float* destination)
    {
        for (nint i = 0; i < count; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)Rounded(source[i]) << HalfBits);
        }
    }

    /// <summary>Rows of words as rows of two vectors of float32, one behind the other.</summary>
    [MethodImpl(Compile.Loop)]
    public static void Widen<TSimd, TVec>(float* words, nint rows, float* destination)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (nint row = 0; row < rows; row++, words += TSimd.Width, destination += 2 * TSimd.Width)
        {
            TSimd.Store(destination, BFloat16Weights.First<TSimd, TVec>(words));
            TSimd.Store(destination + TSimd.Width, BFloat16Weights.Second<TSimd, TVec>(words));
        }
    }

    /// <summary>The nearest bfloat16 of a finite value; one that would round to infinity stays the largest finite.</summary>
    private static ushort Rounded(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = (bits + 0x7FFF + ((bits >> HalfBits) & 1)) >> HalfBits;
        return (ushort)((rounded & 0x7F80) == 0x7F80 ? bits >> HalfBits : rounded);
    }
}
