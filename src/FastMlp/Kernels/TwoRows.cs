using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// The same product for two rows, where a tile of two vectors would leave the multiply-add units waiting for
/// their own results: C[r, j] &lt;- epilogue(C[r, j] + sum over p of A[r, p] B[p, j]) over up to three pairs of vectors at once.
/// </summary>
/// <remarks>
/// The two vectors of a pair are those of a panel, or the one each of two panels. Twelve independent sums hide the latency of
/// 4 cycles on two units and fit 16 registers: 512 to 512 takes 16 us, as a tile 20 (AVX2, Zen 3). Three rows do as well in a tile.
/// Every sum is the same chain over p as in <see cref="Microkernel"/>, so the bits are the same.
/// Preconditions as there, and C row-major (the columns of neighbouring panels are neighbours).
/// </remarks>
internal static unsafe class TwoRows
{
    /// <summary>Rows.</summary>
    public const int Rows = 2;

    /// <summary>Pairs of vectors that one call takes.</summary>
    public const int MaxPairs = 3;

    /// <summary>Runs over <paramref name="pairs"/> pairs of vectors, 1 to <see cref="MaxPairs"/>.</summary>
    /// <param name="pairs">Pairs of vectors.</param>
    /// <param name="t">The first pair's tile.</param>
    /// <param name="pairStride">From the first vector of a pair to that of the next.</param>
    /// <param name="halfStride">From the first vector of a pair to its second.</param>
    /// <param name="epilogue">What to do with the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TSimd, TVec, TEpilogue>(int pairs, in TileArguments t, nint pairStride, nint halfStride, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        switch (pairs)
        {
            case 1:
                Run<TSimd, TVec, N1, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
            case 2:
                Run<TSimd, TVec, N2, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
            case 3:
                Run<TSimd, TVec, N3, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
        }
    }

    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    private static void Run<TSimd, TVec, TPairs, TEpilogue>(in TileArguments t, nint pairStride, nint halfStride, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TPairs : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        TVec r0p0lo = TSimd.Zero, r0p0hi = TSimd.Zero, r1p0lo = TSimd.Zero, r1p0hi = TSimd.Zero;
        TVec r0p1lo = TSimd.Zero, r0p1hi = TSimd.Zero, r1p1lo = TSimd.Zero, r1p1hi = TSimd.Zero;
        TVec r0p2lo = TSimd.Zero, r0p2hi = TSimd.Zero, r1p2lo = TSimd.Zero, r1p2hi = TSimd.Zero;

        nint aStep = t.AColumnStride, bStep = t.BRowStride;
        float* x0 = t.A, x1 = x0 + t.ARowStride;
        float* b0 = t.B, b1 = b0 + pairStride, b2 = b1 + pairStride;
        for (nint p = t.K; p > 0; p--)
        {
            TVec a0 = TSimd.Broadcast(*x0), a1 = TSimd.Broadcast(*x1);
            Pair<TSimd, TVec>(b0, halfStride, a0, a1, ref r0p0lo, ref r0p0hi, ref r1p0lo, ref r1p0hi);
            b0 += bStep;
            if (sizeof(TPairs) > 1)
            {
                Pair<TSimd, TVec>(b1, halfStride, a0, a1, ref r0p1lo, ref r0p1hi, ref r1p1lo, ref r1p1hi);
                b1 += bStep;
            }

            if (sizeof(TPairs) > 2)
            {
                Pair<TSimd, TVec>(b2, halfStride, a0, a1, ref r0p2lo, ref r0p2hi, ref r1p2lo, ref r1p2hi);
                b2 += bStep;
            }

            x0 += aStep;
            x1 += aStep;
        }

        const int stride = 2 * MaxPairs;
        TVec* sums = stackalloc TVec[Rows * stride];
        sums[0] = r0p0lo;
        sums[1] = r0p0hi;
        sums[stride] = r1p0lo;
        sums[stride + 1] = r1p0hi;
        if (sizeof(TPairs) > 1)
        {
            sums[2] = r0p1lo;
            sums[3] = r0p1hi;
            sums[stride + 2] = r1p1lo;
            sums[stride + 3] = r1p1hi;
        }

        if (sizeof(TPairs) > 2)
        {
            sums[4] = r0p2lo;
            sums[5] = r0p2hi;
            sums[stride + 4] = r1p2lo;
            sums[stride + 5] = r1p2hi;
        }

        TileStore.Spilled<TSimd, TVec, TEpilogue>(in t, t.C, epilogue, sums, Rows, 2 * sizeof(TPairs), stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<TSimd, TVec>(float* b, nint halfStride, TVec a0, TVec a1, ref TVec r0lo, ref TVec r0hi, ref TVec r1lo, ref TVec r1hi)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec lo = TSimd.Load(b), hi = TSimd.Load(b + halfStride);
        r0lo = TSimd.MultiplyAdd(a0, lo, r0lo);
        r0hi = TSimd.MultiplyAdd(a0, hi, r0hi);
        r1lo = TSimd.MultiplyAdd(a1, lo, r1lo);
        r1hi = TSimd.MultiplyAdd(a1, hi, r1hi);
    }
}
