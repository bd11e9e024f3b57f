using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// The same product for two or three rows, where a tile of two vectors would leave the multiply-add units waiting for
/// their own results: C[r, j] &lt;- epilogue(C[r, j] + sum over p of A[r, p] B[p, j]) over several panels at once.
/// </summary>
/// <remarks>
/// Vectors of B come in pairs: the two of a panel, or the one each of two panels. A row takes up to four pairs, two rows three,
/// three rows two: 8 to 12 independent sums hide the latency of 4 cycles on two units, and fit 16 registers.
/// Weights stream once, in order, whatever the rows; with one row their bandwidth is the bound.
/// Every sum is the same chain over p as in <see cref="Microkernel"/>, so the bits are the same.
/// Preconditions as there, and C row-major (the columns of neighbouring panels are neighbours).
/// </remarks>
internal static unsafe class FewRows
{
    /// <summary>Rows up to which this is the way.</summary>
    public const int MaxRows = 3;

    /// <summary>Pairs of vectors that one call takes.</summary>
    public static int Pairs(int rows) => 5 - rows;

    /// <summary>Runs <paramref name="rows"/> rows (1 to 3) over <paramref name="pairs"/> pairs of vectors (1 to <see cref="Pairs"/>).</summary>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="pairs">Pairs of vectors.</param>
    /// <param name="t">The first pair's tile.</param>
    /// <param name="pairStride">From the first vector of a pair to that of the next.</param>
    /// <param name="halfStride">From the first vector of a pair to its second.</param>
    /// <param name="epilogue">What to do with the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TSimd, TVec, TEpilogue>(int rows, int pairs, in TileArguments t, nint pairStride, nint halfStride, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        switch ((4 * rows) + pairs)
        {
            case (4 * 2) + 1:
                Run<TSimd, TVec, N2, N1, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
            case (4 * 2) + 2:
                Run<TSimd, TVec, N2, N2, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
            case (4 * 2) + 3:
                Run<TSimd, TVec, N2, N3, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
            case (4 * 3) + 1:
                Run<TSimd, TVec, N3, N1, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
            case (4 * 3) + 2:
                Run<TSimd, TVec, N3, N2, TEpilogue>(in t, pairStride, halfStride, epilogue);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Run<TSimd, TVec, TRows, TPairs, TEpilogue>(in TileArguments t, nint pairStride, nint halfStride, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : struct, IConstant
        where TPairs : struct, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        TVec r0p0lo = TSimd.Zero, r0p0hi = TSimd.Zero;
        TVec r0p1lo = TSimd.Zero, r0p1hi = TSimd.Zero;
        TVec r0p2lo = TSimd.Zero, r0p2hi = TSimd.Zero;
        TVec r0p3lo = TSimd.Zero, r0p3hi = TSimd.Zero;
        TVec r1p0lo = TSimd.Zero, r1p0hi = TSimd.Zero;
        TVec r1p1lo = TSimd.Zero, r1p1hi = TSimd.Zero;
        TVec r1p2lo = TSimd.Zero, r1p2hi = TSimd.Zero;
        TVec r2p0lo = TSimd.Zero, r2p0hi = TSimd.Zero;
        TVec r2p1lo = TSimd.Zero, r2p1hi = TSimd.Zero;

        nint aStep = t.AColumnStride, bStep = t.BRowStride;
        float* x0 = t.A, x1 = x0 + t.ARowStride, x2 = x1 + t.ARowStride;
        float* b0 = t.B, b1 = b0 + pairStride, b2 = b1 + pairStride, b3 = b2 + pairStride;
        for (nint p = t.K; p > 0; p--)
        {
            TVec a0 = TSimd.Broadcast(*x0);
            TVec a1 = TRows.Value > 1 ? TSimd.Broadcast(*x1) : a0;
            TVec a2 = TRows.Value > 2 ? TSimd.Broadcast(*x2) : a0;

            {
                TVec lo = TSimd.Load(b0), hi = TSimd.Load(b0 + halfStride);
                r0p0lo = TSimd.MultiplyAdd(a0, lo, r0p0lo);
                r0p0hi = TSimd.MultiplyAdd(a0, hi, r0p0hi);
                if (TRows.Value > 1)
                {
                    r1p0lo = TSimd.MultiplyAdd(a1, lo, r1p0lo);
                    r1p0hi = TSimd.MultiplyAdd(a1, hi, r1p0hi);
                }

                if (TRows.Value > 2)
                {
                    r2p0lo = TSimd.MultiplyAdd(a2, lo, r2p0lo);
                    r2p0hi = TSimd.MultiplyAdd(a2, hi, r2p0hi);
                }

                b0 += bStep;
            }

            if (TPairs.Value > 1)
            {
                TVec lo = TSimd.Load(b1), hi = TSimd.Load(b1 + halfStride);
                r0p1lo = TSimd.MultiplyAdd(a0, lo, r0p1lo);
                r0p1hi = TSimd.MultiplyAdd(a0, hi, r0p1hi);
                if (TRows.Value > 1)
                {
                    r1p1lo = TSimd.MultiplyAdd(a1, lo, r1p1lo);
                    r1p1hi = TSimd.MultiplyAdd(a1, hi, r1p1hi);
                }

                if (TRows.Value > 2)
                {
                    r2p1lo = TSimd.MultiplyAdd(a2, lo, r2p1lo);
                    r2p1hi = TSimd.MultiplyAdd(a2, hi, r2p1hi);
                }

                b1 += bStep;
            }

            if (TPairs.Value > 2)
            {
                TVec lo = TSimd.Load(b2), hi = TSimd.Load(b2 + halfStride);
                r0p2lo = TSimd.MultiplyAdd(a0, lo, r0p2lo);
                r0p2hi = TSimd.MultiplyAdd(a0, hi, r0p2hi);
                if (TRows.Value > 1)
                {
                    r1p2lo = TSimd.MultiplyAdd(a1, lo, r1p2lo);
                    r1p2hi = TSimd.MultiplyAdd(a1, hi, r1p2hi);
                }

                b2 += bStep;
            }

            if (TPairs.Value > 3)
            {
                TVec lo = TSimd.Load(b3), hi = TSimd.Load(b3 + halfStride);
                r0p3lo = TSimd.MultiplyAdd(a0, lo, r0p3lo);
                r0p3hi = TSimd.MultiplyAdd(a0, hi, r0p3hi);
                b3 += bStep;
            }

            x0 += aStep;
            x1 += aStep;
            x2 += aStep;
        }

        TVec* sums = stackalloc TVec[3 * 8];
        sums[0] = r0p0lo;
        sums[1] = r0p0hi;

        if (TPairs.Value > 1)
        {
            sums[2] = r0p1lo;
            sums[3] = r0p1hi;
        }

        if (TPairs.Value > 2)
        {
            sums[4] = r0p2lo;
            sums[5] = r0p2hi;
        }

        if (TPairs.Value > 3)
        {
            sums[6] = r0p3lo;
            sums[7] = r0p3hi;
        }

        if (TRows.Value > 1)
        {
            sums[8] = r1p0lo;
            sums[9] = r1p0hi;
        }

        if (TRows.Value > 1 && TPairs.Value > 1)
        {
            sums[10] = r1p1lo;
            sums[11] = r1p1hi;
        }

        if (TRows.Value > 1 && TPairs.Value > 2)
        {
            sums[12] = r1p2lo;
            sums[13] = r1p2hi;
        }

        if (TRows.Value > 2)
        {
            sums[16] = r2p0lo;
            sums[17] = r2p0hi;
        }

        if (TRows.Value > 2 && TPairs.Value > 1)
        {
            sums[18] = r2p1lo;
            sums[19] = r2p1hi;
        }

        TileStore.Spilled<TSimd, TVec, TEpilogue>(in t, t.C, epilogue, sums, TRows.Value, 2 * TPairs.Value, 8);
    }
}
