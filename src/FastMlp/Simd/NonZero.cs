using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastMlp.Simd;

/// <summary>Where a row is not 0 (NaN counts as not 0).</summary>
internal static unsafe class NonZero
{
    /// <summary>Entries past the last that a list may be written over.</summary>
    public const int Slack = 8;

    /// <summary>For each byte, the places of its ones, from the lowest, padded with 0: 256 rows of 8.</summary>
    private static readonly byte[] Places = MakePlaces();

    /// <summary>Values that are not 0.</summary>
    [MethodImpl(Compile.Loop)]
    public static nint Count(float* x, nint length)
    {
        nint count = 0, i = 0;
        if (Avx2.IsSupported)
        {
            Vector256<int> zeros = Vector256<int>.Zero;
            for (; i <= length - 8; i += 8)
            {
                zeros = Avx2.Add(zeros, Avx.CompareEqual(Avx.LoadVector256(x + i), Vector256<float>.Zero).AsInt32());
            }

            count = i + Vector128.Sum(zeros.GetLower() + Avx2.ExtractVector128(zeros, 1));
        }

        for (; i < length; i++)
        {
            count += x[i] != 0 ? 1 : 0;
        }

        return count;
    }

    /// <summary>Writes the indices of values that are not 0, in order, and returns how many; <see cref="Slack"/> entries more may be overwritten.</summary>
    public static nint List(float* x, nint length, int* list) => List(x, 0, 1, length, list);

    /// <summary>The same for the columns in which any of <paramref name="rows"/> rows is not 0.</summary>
    [MethodImpl(Compile.Loop)]
    public static nint List(float* x, nint stride, nint rows, nint length, int* list)
    {
        nint count = 0, i = 0;
        if (Avx2.IsSupported)
        {
            fixed (byte* places = Places)
            {
                for (; i <= length - 8; i += 8)
                {
                    // Bits of the rows together: none but the sign where all are 0 or -0.
                    Vector256<float> any = Avx.LoadVector256(x + i);
                    for (nint row = 1; row < rows; row++)
                    {
                        any = Avx.Or(any, Avx.LoadVector256(x + i + (row * stride)));
                    }

                    uint bits = ~(uint)Avx.MoveMask(Avx.CompareEqual(any, Vector256<float>.Zero)) & 0xFF;
                    Vector128<ushort> words = Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)(places + (8 * (nint)bits))).AsByte());
                    (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(words);
                    Vector128<int> start = Vector128.Create((int)i);
                    (lower.AsInt32() + start).Store(list + count);
                    (upper.AsInt32() + start).Store(list + count + 4);
                    count += BitOperations.PopCount(bits);
                }
            }
        }

        for (; i < length; i++)
        {
            bool any = false;
            for (nint row = 0; row < rows; row++)
            {
                any |= x[i + (row * stride)] != 0;
            }

            list[count] = (int)i;
            count += any ? 1 : 0;
        }

        return count;
    }

    private static byte[] MakePlaces()
    {
        byte[] places = new byte[256 * 8];
        for (int bits = 0; bits < 256; bits++)
        {
            int count = 0;
            for (int place = 0; place < 8; place++)
            {
                if ((bits >> place & 1) != 0)
                {
                    places[(bits * 8) + count++] = (byte)place;
                }
            }
        }

        return places;
    }
}
