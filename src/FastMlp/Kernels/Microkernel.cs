using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// C[r, j] &lt;- epilogue(C[r, j] + sum over p of A[r, p] B[p, j]) for a column of register tiles of Rows x (Vectors * Width), one below the other.
/// </summary>
/// <remarks>
/// Taken by <see cref="Gemm"/> for every product of three rows and more, forward, dX and dW.
/// <code>
///            b0     b1            one step of p: load Vectors vectors of B (contiguous), broadcast
///  a[0,p]   c0x0   c0x1           Rows values of A, Rows * Vectors multiply-adds
///  a[1,p]   c1x0   c1x1
///   ...
/// </code>
/// Register budget: 16 registers hold 6 x 2 or 12 x 1 sums, 32 hold 12 x 2, plus Vectors of B and one of A (<see cref="Routes.TileRows"/>).
/// Preconditions: rows of B and C are whole panels; what lies past column n of C is written too.
/// Every sum is one chain of multiply-adds over p, so its bits do not depend on the tile it falls in. Steps of p whose values of A
/// are all 0 may be left out (<see cref="Listed"/>): they change no bit (but see <see cref="RowProduct"/> on -0).
/// A shorter tile is another value of <c>TRows</c>, the same body. Rows and Vectors are types, whose sizes are the numbers, so each use
/// compiles to straight code; the width is the vector's size, for TSimd.Width would be one more call to inline at each place (see <see cref="ICount"/>).
/// The loop over tiles stands in here because a call for each costs 30 cycles, 2 % of 64 x 64 x 64 (AVX2, Zen 3).
/// </remarks>
internal static unsafe class Microkernel
{
    /// <summary>Multiplies <paramref name="tiles"/> tiles of <paramref name="rows"/> rows each, 1 to <see cref="Routes.MaxTileRows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyTiles<TSimd, TVec, TVectors, TAccess, TEpilogue>(int rows, nint tiles, in TileArguments t, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TAccess : unmanaged, ITileAccess
        where TEpilogue : unmanaged, IEpilogue
    {
        switch (rows)
        {
            case 1:
                MultiplyTiles<TSimd, TVec, N1, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 2:
                MultiplyTiles<TSimd, TVec, N2, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 3:
                MultiplyTiles<TSimd, TVec, N3, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 4:
                MultiplyTiles<TSimd, TVec, N4, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 5:
                MultiplyTiles<TSimd, TVec, N5, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 6:
                MultiplyTiles<TSimd, TVec, N6, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            default:
                // Where 16 registers cannot hold them, the compiler leaves these bodies out.
                if (sizeof(TVectors) == 1 || TSimd.Registers >= 32)
                {
                    MultiplyTallTiles<TSimd, TVec, TVectors, TAccess, TEpilogue>(rows, tiles, in t, in epilogue);
                }

                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyTallTiles<TSimd, TVec, TVectors, TAccess, TEpilogue>(int rows, nint tiles, in TileArguments t, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TAccess : unmanaged, ITileAccess
        where TEpilogue : unmanaged, IEpilogue
    {
        switch (rows)
        {
            case 7:
                MultiplyTiles<TSimd, TVec, N7, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 8:
                MultiplyTiles<TSimd, TVec, N8, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 9:
                MultiplyTiles<TSimd, TVec, N9, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 10:
                MultiplyTiles<TSimd, TVec, N10, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 11:
                MultiplyTiles<TSimd, TVec, N11, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 12:
                MultiplyTiles<TSimd, TVec, N12, TVectors, TAccess, TEpilogue>(tiles, in t, in epilogue);
                break;
        }
    }

    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    private static void MultiplyTiles<TSimd, TVec, TRows, TVectors, TAccess, TEpilogue>(nint tiles, in TileArguments t, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
        where TVectors : unmanaged, ICount
        where TAccess : unmanaged, ITileAccess
        where TEpilogue : unmanaged, IEpilogue
    {
        // A copy of its own can live in registers; passed by value it would be copied for every call.
        TEpilogue finish = epilogue;
        nint ldc1 = t.CRowStride, ldc2 = 2 * ldc1;
        nint row1 = TAccess.RowStride(t.ARowStride), row2 = 2 * row1;
        nint aStep = TAccess.Step(t.AColumnStride), bStep = t.BRowStride;

        // Four steps are one iteration. What four does not divide goes first, so that the last four are whole.
        bool endsByPairs = sizeof(TRows) <= Routes.MostPairedRows && sizeof(TAccess) != sizeof(Listed) && t.K >= Routes.StepsWorthPairing;
        nint singles = t.K & 3, fours = (t.K >> 2) - (endsByPairs ? 1 : 0);
        float* a = t.A, c0 = t.C, next = t.Next;
        for (; tiles > 0; tiles--)
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

            // C is wanted when the loop ends: asked for now, its lines arrive behind the arithmetic.
            float* c3 = c0 + ldc1 + ldc2, c6 = c3 + ldc1 + ldc2, c9 = c6 + ldc1 + ldc2;
            if (t.K >= Routes.StepsWorthPrefetching)
            {
                Prefetch<TSimd, TVec, TRows>(c0, c3, c6, c9, ldc1, ldc2);
                nint pair = finish.PairOffset;
                if (pair != 0)
                {
                    Prefetch<TSimd, TVec, TRows>(c0 + pair, c3 + pair, c6 + pair, c9 + pair, ldc1, ldc2);
                }
            }

            // Four row pointers and two strides reach twelve rows within x64's base + index addressing.
            float* b = t.B;
            float* a0 = a, a3 = a0 + row1 + row2, a6 = a3 + row1 + row2, a9 = a6 + row1 + row2;
            if (sizeof(TAccess) == sizeof(Listed))
            {
                int* list = t.List;
                for (nint k = t.K; k > 0; k--)
                {
                    b = t.B + (*list++ * bStep);
                    Step<TSimd, TVec, TRows, TVectors>(a0, a3, a6, a9, row1, row2, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1, ref c2x0, ref c2x1, ref c3x0, ref c3x1, ref c4x0, ref c4x1, ref c5x0, ref c5x1, ref c6x0, ref c6x1, ref c7x0, ref c7x1, ref c8x0, ref c8x1, ref c9x0, ref c9x1, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
                    a0 += aStep;
                    if (sizeof(TRows) > 3) a3 += aStep;
                    if (sizeof(TRows) > 6) a6 += aStep;
                    if (sizeof(TRows) > 9) a9 += aStep;
                }
            }
            else
            {
                // The panel of B that comes next is not in L2: the core's own prefetching stops at each page of 4 KB. One row of it in four
                // steps of p costs nothing that can be measured and takes a fifth from large products.
                nint line = ((nint)next - (nint)t.NextEnd) >> 63 & Math.Max(CacheLine.Floats, sizeof(TVectors) * sizeof(TVec) / sizeof(float));
                for (nint i = singles; i != 0; i--)
                {
                    Step<TSimd, TVec, TRows, TVectors>(a0, a3, a6, a9, row1, row2, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1, ref c2x0, ref c2x1, ref c3x0, ref c3x1, ref c4x0, ref c4x1, ref c5x0, ref c5x1, ref c6x0, ref c6x1, ref c7x0, ref c7x1, ref c8x0, ref c8x1, ref c9x0, ref c9x1, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
                    b += bStep;
                    a0 += aStep;
                    if (sizeof(TRows) > 3) a3 += aStep;
                    if (sizeof(TRows) > 6) a6 += aStep;
                    if (sizeof(TRows) > 9) a9 += aStep;
                }

                nint left = fours;
                if (left != 0)
                {
                    do
                    {
                        CacheLine.PrefetchSecond(next);
                        if (sizeof(TVectors) * sizeof(TVec) / sizeof(float) > CacheLine.Floats) CacheLine.PrefetchSecond(next + CacheLine.Floats);
                        next += line;
                        Step<TSimd, TVec, TRows, TVectors>(a0, a3, a6, a9, row1, row2, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1, ref c2x0, ref c2x1, ref c3x0, ref c3x1, ref c4x0, ref c4x1, ref c5x0, ref c5x1, ref c6x0, ref c6x1, ref c7x0, ref c7x1, ref c8x0, ref c8x1, ref c9x0, ref c9x1, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
                        b += bStep;
                        Step<TSimd, TVec, TRows, TVectors>(a0 + aStep, a3 + aStep, a6 + aStep, a9 + aStep, row1, row2, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1, ref c2x0, ref c2x1, ref c3x0, ref c3x1, ref c4x0, ref c4x1, ref c5x0, ref c5x1, ref c6x0, ref c6x1, ref c7x0, ref c7x1, ref c8x0, ref c8x1, ref c9x0, ref c9x1, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
                        b += bStep;
                        Step<TSimd, TVec, TRows, TVectors>(a0 + (2 * aStep), a3 + (2 * aStep), a6 + (2 * aStep), a9 + (2 * aStep), row1, row2, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1, ref c2x0, ref c2x1, ref c3x0, ref c3x1, ref c4x0, ref c4x1, ref c5x0, ref c5x1, ref c6x0, ref c6x1, ref c7x0, ref c7x1, ref c8x0, ref c8x1, ref c9x0, ref c9x1, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
                        b += bStep;
                        Step<TSimd, TVec, TRows, TVectors>(a0 + (3 * aStep), a3 + (3 * aStep), a6 + (3 * aStep), a9 + (3 * aStep), row1, row2, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1, ref c2x0, ref c2x1, ref c3x0, ref c3x1, ref c4x0, ref c4x1, ref c5x0, ref c5x1, ref c6x0, ref c6x1, ref c7x0, ref c7x1, ref c8x0, ref c8x1, ref c9x0, ref c9x1, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
                        b += bStep;
                        a0 += 4 * aStep;
                        if (sizeof(TRows) > 3) a3 += 4 * aStep;
                        if (sizeof(TRows) > 6) a6 += 4 * aStep;
                        if (sizeof(TRows) > 9) a9 += 4 * aStep;
                    }
                    while (--left != 0);
                }
            }

            if (sizeof(TRows) <= Routes.MostPairedRows)
            {
                FinishPair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 1, endsByPairs, a0, a0 + row1, aStep, b, bStep, c0, c0 + ldc1, in t, finish, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
                if (sizeof(TRows) > 2) FinishPair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 3, endsByPairs, a0 + row2, a3, aStep, b, bStep, c0 + ldc2, c3, in t, finish, ref c2x0, ref c2x1, ref c3x0, ref c3x1);
                if (sizeof(TRows) > 4) FinishPair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 5, endsByPairs, a3 + row1, a3 + row2, aStep, b, bStep, c3 + ldc1, c3 + ldc2, in t, finish, ref c4x0, ref c4x1, ref c5x0, ref c5x1);
            }
            else
            {
                StorePair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 1, c0, c0 + ldc1, in t, finish, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
                StorePair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 3, c0 + ldc2, c3, in t, finish, ref c2x0, ref c2x1, ref c3x0, ref c3x1);
                StorePair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 5, c3 + ldc1, c3 + ldc2, in t, finish, ref c4x0, ref c4x1, ref c5x0, ref c5x1);
                StorePair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 7, c6, c6 + ldc1, in t, finish, ref c6x0, ref c6x1, ref c7x0, ref c7x1);
                if (sizeof(TRows) > 8) StorePair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 9, c6 + ldc2, c9, in t, finish, ref c8x0, ref c8x1, ref c9x0, ref c9x1);
                if (sizeof(TRows) > 10) StorePair<TSimd, TVec, TVectors, TEpilogue>(sizeof(TRows) > 11, c9 + ldc1, c9 + ldc2, in t, finish, ref c10x0, ref c10x1, ref c11x0, ref c11x1);
            }

            a += t.ATileStride;
            c0 += sizeof(TRows) * ldc1;
        }
    }

    /// <summary>The first line of each row of a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TSimd, TVec, TRows>(float* c0, float* c3, float* c6, float* c9, nint ldc1, nint ldc2)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
    {
        TSimd.Prefetch(c0);
        if (sizeof(TRows) > 1) TSimd.Prefetch(c0 + ldc1);
        if (sizeof(TRows) > 2) TSimd.Prefetch(c0 + ldc2);
        if (sizeof(TRows) > 3) TSimd.Prefetch(c3);
        if (sizeof(TRows) > 4) TSimd.Prefetch(c3 + ldc1);
        if (sizeof(TRows) > 5) TSimd.Prefetch(c3 + ldc2);
        if (sizeof(TRows) > 6) TSimd.Prefetch(c6);
        if (sizeof(TRows) > 7) TSimd.Prefetch(c6 + ldc1);
        if (sizeof(TRows) > 8) TSimd.Prefetch(c6 + ldc2);
        if (sizeof(TRows) > 9) TSimd.Prefetch(c9);
        if (sizeof(TRows) > 10) TSimd.Prefetch(c9 + ldc1);
        if (sizeof(TRows) > 11) TSimd.Prefetch(c9 + ldc2);
    }

    /// <summary>One step of p for all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TSimd, TVec, TRows, TVectors>(
        float* a0, float* a3, float* a6, float* a9, nint row1, nint row2, float* b,
        ref TVec c0x0, ref TVec c0x1, ref TVec c1x0, ref TVec c1x1, ref TVec c2x0, ref TVec c2x1,
        ref TVec c3x0, ref TVec c3x1, ref TVec c4x0, ref TVec c4x1, ref TVec c5x0, ref TVec c5x1,
        ref TVec c6x0, ref TVec c6x1, ref TVec c7x0, ref TVec c7x1, ref TVec c8x0, ref TVec c8x1,
        ref TVec c9x0, ref TVec c9x1, ref TVec c10x0, ref TVec c10x1, ref TVec c11x0, ref TVec c11x1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
        where TVectors : unmanaged, ICount
    {
        TVec b0 = TSimd.Load(b);
        TVec b1 = sizeof(TVectors) > 1 ? TSimd.Load(b + (sizeof(TVec) / sizeof(float))) : b0;
        Row<TSimd, TVec, TVectors>(a0, b0, b1, ref c0x0, ref c0x1);
        if (sizeof(TRows) > 1) Row<TSimd, TVec, TVectors>(a0 + row1, b0, b1, ref c1x0, ref c1x1);
        if (sizeof(TRows) > 2) Row<TSimd, TVec, TVectors>(a0 + row2, b0, b1, ref c2x0, ref c2x1);
        if (sizeof(TRows) > 3) Row<TSimd, TVec, TVectors>(a3, b0, b1, ref c3x0, ref c3x1);
        if (sizeof(TRows) > 4) Row<TSimd, TVec, TVectors>(a3 + row1, b0, b1, ref c4x0, ref c4x1);
        if (sizeof(TRows) > 5) Row<TSimd, TVec, TVectors>(a3 + row2, b0, b1, ref c5x0, ref c5x1);
        if (sizeof(TRows) > 6) Row<TSimd, TVec, TVectors>(a6, b0, b1, ref c6x0, ref c6x1);
        if (sizeof(TRows) > 7) Row<TSimd, TVec, TVectors>(a6 + row1, b0, b1, ref c7x0, ref c7x1);
        if (sizeof(TRows) > 8) Row<TSimd, TVec, TVectors>(a6 + row2, b0, b1, ref c8x0, ref c8x1);
        if (sizeof(TRows) > 9) Row<TSimd, TVec, TVectors>(a9, b0, b1, ref c9x0, ref c9x1);
        if (sizeof(TRows) > 10) Row<TSimd, TVec, TVectors>(a9 + row1, b0, b1, ref c10x0, ref c10x1);
        if (sizeof(TRows) > 11) Row<TSimd, TVec, TVectors>(a9 + row2, b0, b1, ref c11x0, ref c11x1);
    }

    /// <summary>The end of two rows of a tile: the last four steps of p, the epilogue, the store.</summary>
    /// <remarks>
    /// Two rows at a time: twelve sums that are done at the same moment and go to memory in a row hold up the multiply-adds of the next tile
    /// for 16 cycles more (Zen 3; Sapphire Rapids shows less than 2 %). Each pair is stored before the next begins, or the JIT keeps the
    /// vectors of B on the stack.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishPair<TSimd, TVec, TVectors, TEpilogue>(
        bool isPair, bool hasSteps, float* a, float* aBelow, nint aStep, float* b, nint bStep, float* c, float* cBelow,
        in TileArguments t, TEpilogue epilogue, ref TVec c0x0, ref TVec c0x1, ref TVec c1x0, ref TVec c1x1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        if (hasSteps)
        {
            PairStep<TSimd, TVec, TVectors>(isPair, a, aBelow, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
            b += bStep;
            PairStep<TSimd, TVec, TVectors>(isPair, a + aStep, aBelow + aStep, b, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
            b += bStep;
            PairStep<TSimd, TVec, TVectors>(isPair, a + (2 * aStep), aBelow + (2 * aStep), b, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
            b += bStep;
            PairStep<TSimd, TVec, TVectors>(isPair, a + (3 * aStep), aBelow + (3 * aStep), b, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
        }

        StorePair<TSimd, TVec, TVectors, TEpilogue>(isPair, c, cBelow, in t, epilogue, ref c0x0, ref c0x1, ref c1x0, ref c1x1);
    }

    /// <summary>The end of two rows of a tile: what earlier blocks of k left, the epilogue, the store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair<TSimd, TVec, TVectors, TEpilogue>(
        bool isPair, float* c, float* cBelow, in TileArguments t, TEpilogue epilogue, ref TVec c0x0, ref TVec c0x1, ref TVec c1x0, ref TVec c1x1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        if (!t.IsFirst)
        {
            Add<TSimd, TVec, TVectors>(c, ref c0x0, ref c0x1);
            if (isPair) Add<TSimd, TVec, TVectors>(cBelow, ref c1x0, ref c1x1);
        }

        if (t.IsLast)
        {
            Apply<TSimd, TVec, TVectors, TEpilogue>(epilogue, c, t.Column, ref c0x0, ref c0x1);
            if (isPair) Apply<TSimd, TVec, TVectors, TEpilogue>(epilogue, cBelow, t.Column, ref c1x0, ref c1x1);
        }

        Store<TSimd, TVec, TVectors>(c, c0x0, c0x1);
        if (isPair) Store<TSimd, TVec, TVectors>(cBelow, c1x0, c1x1);
    }

    /// <summary>One step of p for two rows, or for the first of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PairStep<TSimd, TVec, TVectors>(bool isPair, float* a, float* aBelow, float* b, ref TVec c0x0, ref TVec c0x1, ref TVec c1x0, ref TVec c1x1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
    {
        TVec b0 = TSimd.Load(b);
        TVec b1 = sizeof(TVectors) > 1 ? TSimd.Load(b + (sizeof(TVec) / sizeof(float))) : b0;
        Row<TSimd, TVec, TVectors>(a, b0, b1, ref c0x0, ref c0x1);
        if (isPair) Row<TSimd, TVec, TVectors>(aBelow, b0, b1, ref c1x0, ref c1x1);
    }

    /// <summary>One row's step of p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TSimd, TVec, TVectors>(float* a, TVec b0, TVec b1, ref TVec c0, ref TVec c1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
    {
        TVec value = TSimd.Broadcast(*a);
        c0 = TSimd.MultiplyAdd(value, b0, c0);
        if (sizeof(TVectors) > 1)
        {
            c1 = TSimd.MultiplyAdd(value, b1, c1);
        }
    }

    /// <summary>Adds what earlier blocks of k left in a row of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TSimd, TVec, TVectors>(float* c, ref TVec c0, ref TVec c1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
    {
        c0 = TSimd.Add(TSimd.Load(c), c0);
        if (sizeof(TVectors) > 1)
        {
            c1 = TSimd.Add(TSimd.Load(c + (sizeof(TVec) / sizeof(float))), c1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply<TSimd, TVec, TVectors, TEpilogue>(TEpilogue epilogue, float* c, nint column, ref TVec c0, ref TVec c1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        c0 = epilogue.Apply<TSimd, TVec>(c0, c, column);
        if (sizeof(TVectors) > 1)
        {
            c1 = epilogue.Apply<TSimd, TVec>(c1, c + (sizeof(TVec) / sizeof(float)), column + (sizeof(TVec) / sizeof(float)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TSimd, TVec, TVectors>(float* c, TVec c0, TVec c1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
    {
        TSimd.Store(c, c0);
        if (sizeof(TVectors) > 1)
        {
            TSimd.Store(c + (sizeof(TVec) / sizeof(float)), c1);
        }
    }
}
