using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// C[r, j] &lt;- epilogue(C[r, j] + sum over p of A[r, p] B[p, j]) for one register tile of Rows x (Vectors * Width).
/// </summary>
/// <remarks>
/// <code>
///            b0     b1            one step of p: load Vectors vectors of B (contiguous), broadcast
///  a[0,p]   c0x0   c0x1           Rows values of A (any strides), Rows * Vectors multiply-adds
///  a[1,p]   c1x0   c1x1
///   ...
/// </code>
/// Preconditions: B rows are readable for Vectors * Width floats (panels are padded with zeros); C is readable
/// and writable for <c>columns</c> floats in each row and nothing beyond is touched.
/// Register budget: 16 registers hold 6 x 2 or 12 x 1 sums, 32 hold 12 x 2, plus Vectors of B and one of A.
/// Every sum is one chain of multiply-adds over p, so its bits do not depend on the tile it falls in.
/// Edges: a shorter tile is another value of <c>TRows</c>, the same body; a narrower one goes through a spilled tile
/// and stores only its own columns. Rows and Vectors are types, so each use compiles to straight code.
/// </remarks>
internal static unsafe class Microkernel
{
    /// <summary>Rows of the largest tile.</summary>
    public const int MaxRows = 12;

    /// <summary>Runs a tile of <paramref name="rows"/> rows, 1 to <see cref="MaxRows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TSimd, TVec, TVectors, TEpilogue>(int rows, in TileArguments t, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : struct, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        switch (rows)
        {
            case 1:
                Run<TSimd, TVec, N1, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 2:
                Run<TSimd, TVec, N2, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 3:
                Run<TSimd, TVec, N3, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 4:
                Run<TSimd, TVec, N4, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 5:
                Run<TSimd, TVec, N5, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 6:
                Run<TSimd, TVec, N6, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 7:
                Run<TSimd, TVec, N7, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 8:
                Run<TSimd, TVec, N8, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 9:
                Run<TSimd, TVec, N9, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 10:
                Run<TSimd, TVec, N10, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 11:
                Run<TSimd, TVec, N11, TVectors, TEpilogue>(in t, epilogue);
                break;
            case 12:
                Run<TSimd, TVec, N12, TVectors, TEpilogue>(in t, epilogue);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Run<TSimd, TVec, TRows, TVectors, TEpilogue>(in TileArguments t, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : struct, IConstant
        where TVectors : struct, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        TVec c0x0 = TSimd.Zero, c0x1 = TSimd.Zero;
        TVec c1x0 = TSimd.Zero, c1x1 = TSimd.Zero;
        TVec c2x0 = TSimd.Zero, c2x1 = TSimd.Zero;
        TVec c3x0 = TSimd.Zero, c3x1 = TSimd.Zero;
        TVec c4x0 = TSimd.Zero, c4x1 = TSimd.Zero;
        TVec c5x0 = TSimd.Zero, c5x1 = TSimd.Zero;
        TVec c6x0 = TSimd.Zero, c6x1 = TSimd.Zero;
        TVec c7x0 = TSimd.Zero, c7x1 = TSimd.Zero;
        TVec c8x0 = TSimd.Zero, c8x1 = TSimd.Zero;
        TVec c9x0 = TSimd.Zero, c9x1 = TSimd.Zero;
        TVec c10x0 = TSimd.Zero, c10x1 = TSimd.Zero;
        TVec c11x0 = TSimd.Zero, c11x1 = TSimd.Zero;

        // Four row pointers and two strides reach twelve rows within x64's base + index addressing.
        float* b = t.B;
        nint bStep = t.BRowStride, aStep = t.AColumnStride, row1 = t.ARowStride, row2 = 2 * t.ARowStride;
        float* a0 = t.A;
        float* a3 = a0 + row1 + row2;
        float* a6 = a3 + row1 + row2;
        float* a9 = a6 + row1 + row2;
        for (nint p = t.K; p > 0; p--)
        {
            TVec b0 = TSimd.Load(b);
            TVec b1 = TVectors.Value > 1 ? TSimd.Load(b + TSimd.Width) : b0;
            b += bStep;

            {
                TVec a = TSimd.Broadcast(*a0);
                c0x0 = TSimd.MultiplyAdd(a, b0, c0x0);
                if (TVectors.Value > 1)
                {
                    c0x1 = TSimd.MultiplyAdd(a, b1, c0x1);
                }
            }

            if (TRows.Value > 1)
            {
                TVec a = TSimd.Broadcast(*(a0 + row1));
                c1x0 = TSimd.MultiplyAdd(a, b0, c1x0);
                if (TVectors.Value > 1)
                {
                    c1x1 = TSimd.MultiplyAdd(a, b1, c1x1);
                }
            }

            if (TRows.Value > 2)
            {
                TVec a = TSimd.Broadcast(*(a0 + row2));
                c2x0 = TSimd.MultiplyAdd(a, b0, c2x0);
                if (TVectors.Value > 1)
                {
                    c2x1 = TSimd.MultiplyAdd(a, b1, c2x1);
                }
            }

            if (TRows.Value > 3)
            {
                TVec a = TSimd.Broadcast(*a3);
                c3x0 = TSimd.MultiplyAdd(a, b0, c3x0);
                if (TVectors.Value > 1)
                {
                    c3x1 = TSimd.MultiplyAdd(a, b1, c3x1);
                }
            }

            if (TRows.Value > 4)
            {
                TVec a = TSimd.Broadcast(*(a3 + row1));
                c4x0 = TSimd.MultiplyAdd(a, b0, c4x0);
                if (TVectors.Value > 1)
                {
                    c4x1 = TSimd.MultiplyAdd(a, b1, c4x1);
                }
            }

            if (TRows.Value > 5)
            {
                TVec a = TSimd.Broadcast(*(a3 + row2));
                c5x0 = TSimd.MultiplyAdd(a, b0, c5x0);
                if (TVectors.Value > 1)
                {
                    c5x1 = TSimd.MultiplyAdd(a, b1, c5x1);
                }
            }

            if (TRows.Value > 6)
            {
                TVec a = TSimd.Broadcast(*a6);
                c6x0 = TSimd.MultiplyAdd(a, b0, c6x0);
                if (TVectors.Value > 1)
                {
                    c6x1 = TSimd.MultiplyAdd(a, b1, c6x1);
                }
            }

            if (TRows.Value > 7)
            {
                TVec a = TSimd.Broadcast(*(a6 + row1));
                c7x0 = TSimd.MultiplyAdd(a, b0, c7x0);
                if (TVectors.Value > 1)
                {
                    c7x1 = TSimd.MultiplyAdd(a, b1, c7x1);
                }
            }

            if (TRows.Value > 8)
            {
                TVec a = TSimd.Broadcast(*(a6 + row2));
                c8x0 = TSimd.MultiplyAdd(a, b0, c8x0);
                if (TVectors.Value > 1)
                {
                    c8x1 = TSimd.MultiplyAdd(a, b1, c8x1);
                }
            }

            if (TRows.Value > 9)
            {
                TVec a = TSimd.Broadcast(*a9);
                c9x0 = TSimd.MultiplyAdd(a, b0, c9x0);
                if (TVectors.Value > 1)
                {
                    c9x1 = TSimd.MultiplyAdd(a, b1, c9x1);
                }
            }

            if (TRows.Value > 10)
            {
                TVec a = TSimd.Broadcast(*(a9 + row1));
                c10x0 = TSimd.MultiplyAdd(a, b0, c10x0);
                if (TVectors.Value > 1)
                {
                    c10x1 = TSimd.MultiplyAdd(a, b1, c10x1);
                }
            }

            if (TRows.Value > 11)
            {
                TVec a = TSimd.Broadcast(*(a9 + row2));
                c11x0 = TSimd.MultiplyAdd(a, b0, c11x0);
                if (TVectors.Value > 1)
                {
                    c11x1 = TSimd.MultiplyAdd(a, b1, c11x1);
                }
            }

            a0 += aStep;
            if (TRows.Value > 3)
            {
                a3 += aStep;
            }

            if (TRows.Value > 6)
            {
                a6 += aStep;
            }

            if (TRows.Value > 9)
            {
                a9 += aStep;
            }
        }

        if (TEpilogue.IsCheap && t.Columns == TVectors.Value * TSimd.Width)
        {
            TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c0x0, 0, 0);
            if (TVectors.Value > 1)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c0x1, 0, TSimd.Width);
            }

            if (TRows.Value > 1)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c1x0, 1, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c1x1, 1, TSimd.Width);
                }
            }

            if (TRows.Value > 2)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c2x0, 2, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c2x1, 2, TSimd.Width);
                }
            }

            if (TRows.Value > 3)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c3x0, 3, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c3x1, 3, TSimd.Width);
                }
            }

            if (TRows.Value > 4)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c4x0, 4, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c4x1, 4, TSimd.Width);
                }
            }

            if (TRows.Value > 5)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c5x0, 5, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c5x1, 5, TSimd.Width);
                }
            }

            if (TRows.Value > 6)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c6x0, 6, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c6x1, 6, TSimd.Width);
                }
            }

            if (TRows.Value > 7)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c7x0, 7, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c7x1, 7, TSimd.Width);
                }
            }

            if (TRows.Value > 8)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c8x0, 8, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c8x1, 8, TSimd.Width);
                }
            }

            if (TRows.Value > 9)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c9x0, 9, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c9x1, 9, TSimd.Width);
                }
            }

            if (TRows.Value > 10)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c10x0, 10, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c10x1, 10, TSimd.Width);
                }
            }

            if (TRows.Value > 11)
            {
                TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c11x0, 11, 0);
                if (TVectors.Value > 1)
                {
                    TileStore.Whole<TSimd, TVec, TEpilogue>(in t, ref epilogue, c11x1, 11, TSimd.Width);
                }
            }

            return;
        }

        // One inlined copy of the epilogue for the rare and the dear: the sums go through memory.
        TVec* tile = stackalloc TVec[MaxRows * 2];
        tile[0] = c0x0;
        tile[1] = c0x1;

        if (TRows.Value > 1)
        {
            tile[2] = c1x0;
            tile[3] = c1x1;
        }

        if (TRows.Value > 2)
        {
            tile[4] = c2x0;
            tile[5] = c2x1;
        }

        if (TRows.Value > 3)
        {
            tile[6] = c3x0;
            tile[7] = c3x1;
        }

        if (TRows.Value > 4)
        {
            tile[8] = c4x0;
            tile[9] = c4x1;
        }

        if (TRows.Value > 5)
        {
            tile[10] = c5x0;
            tile[11] = c5x1;
        }

        if (TRows.Value > 6)
        {
            tile[12] = c6x0;
            tile[13] = c6x1;
        }

        if (TRows.Value > 7)
        {
            tile[14] = c7x0;
            tile[15] = c7x1;
        }

        if (TRows.Value > 8)
        {
            tile[16] = c8x0;
            tile[17] = c8x1;
        }

        if (TRows.Value > 9)
        {
            tile[18] = c9x0;
            tile[19] = c9x1;
        }

        if (TRows.Value > 10)
        {
            tile[20] = c10x0;
            tile[21] = c10x1;
        }

        if (TRows.Value > 11)
        {
            tile[22] = c11x0;
            tile[23] = c11x1;
        }

        TileStore.Spilled<TSimd, TVec, TEpilogue>(in t, epilogue, tile, TRows.Value, TVectors.Value, 2);
    }
}
