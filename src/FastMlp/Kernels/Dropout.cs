using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Inverted dropout (Srivastava et al., 2014): a = f x with factors f of 0 or 1 / (1 - rate), and its backward pass.</summary>
/// <remarks>
/// One hash of 64 bits makes two factors, by the places of their row and columns, so neither threads nor the order of the
/// work can be seen in them. The factors are kept: making them again for the backward pass would cost more than reading them.
/// </remarks>
internal static unsafe class Dropout
{
    /// <summary>Fills the factors, and a &lt;- f x; neither is touched past the columns of x.</summary>
    public static void Forward(DropoutDraw draw, MatrixView x, MatrixView factors, MatrixView a, int threads) =>
        Ranges.Share(new Draws(draw, x, factors, a), x.Rows, unit: 1, x.Rows * x.Columns, threads);

    /// <summary>z[i] &lt;- x[i] y[i] for whole cache lines; z may be x or y.</summary>
    public static void Multiply(float* x, float* y, float* z, nint count, int threads) =>
        Ranges.Share(new Products(x, y, z), count, AlignedBuffer.AlignmentFloats, count, threads);

    /// <summary>The factors of one row of n columns.</summary>
    [MethodImpl(Compile.Loop)]
    private static void Fill(in DropoutDraw draw, nint row, nint n, float* factors)
    {
        ulong key = draw.Key;
        long threshold = draw.Threshold;
        uint scale = BitConverter.SingleToUInt32Bits(draw.Scale);
        ulong pair = (ulong)row * (ulong)((n + 1) / 2);
        nint j = 0;
        for (; j < n - 1; j += 2)
        {
            ulong bits = CounterRandom.BitsOf(key, pair++);
            factors[j] = Factor((uint)bits, threshold, scale);
            factors[j + 1] = Factor((uint)(bits >> 32), threshold, scale);
        }

        if (j < n)
        {
            factors[j] = Factor((uint)CounterRandom.BitsOf(key, pair), threshold, scale);
        }
    }

    /// <summary>Without a branch, which no predictor could guess: the sign of the difference becomes a mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Factor(uint bits, long threshold, uint scale) =>
        BitConverter.UInt32BitsToSingle(scale & ~(uint)((bits - threshold) >> 63));

    [MethodImpl(Compile.Loop)]
    private static void Multiply<TSimd, TVec>(float* x, float* y, float* z, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            int remaining = (int)Math.Min(TSimd.Width, count - i);
            TVec product = TSimd.Multiply(Tail.Load<TSimd, TVec>(x + i, remaining), Tail.Load<TSimd, TVec>(y + i, remaining));
            Tail.Store<TSimd, TVec>(z + i, product, remaining);
        }
    }

    private readonly struct Draws(DropoutDraw draw, MatrixView x, MatrixView factors, MatrixView a) : IRangeWork
    {
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint row = begin; row < end; row++)
            {
                float* f = factors.Pointer + (row * factors.Stride);
                Fill(in draw, row, x.Columns, f);
                Multiply<TSimd, TVec>(x.Pointer + (row * x.Stride), f, a.Pointer + (row * a.Stride), x.Columns);
            }
        }
    }

    private readonly struct Products(float* x, float* y, float* z) : IRangeWork
    {
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Multiply<TSimd, TVec>(x + begin, y + begin, z + begin, end - begin);
    }
}
