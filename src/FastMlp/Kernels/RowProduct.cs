using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>y[n] &lt;- epilogue(x[k] B[k, n]) for one row, or for two at once; B in panels.</summary>
/// <remarks>
/// Taken for a row alone and for blocks of one or two rows (<see cref="Routes.IsRowProduct"/>), where a register tile would leave the
/// multiply-add units waiting for their own results.
/// <code>
///          panel 0     panel 1    ...      one step of p: broadcast x[p] (of each row), load up to 8 vectors of B (6 for
///  x[p]    c0   c1     c2   c3             two rows), a multiply-add for each vector and row
/// </code>
/// Register budget: 8 sums of one row, or 12 of two, of 16 registers; they hide the latency of 4 cycles on two units. Each panel is a
/// stream of its own, so weights arrive as fast as the cache gives them.
/// Small layers keep their sums in registers to the store (<see cref="Routes.IsSmallRow"/>); others go through a buffer in L1.
/// Where enough of one row is 0, only the other steps of p are done, from panels or from a frozen network's copy of B by inputs
/// (<see cref="WeightRows"/>). That is exact: a multiply-add with a 0 leaves a sum of finite numbers as it is. One sum it would change: a
/// -0, left by a negative product that underflows, becomes +0. Adding the bias hides that, unless the bias is -0 too.
/// Every sum is the same chain over p as in <see cref="Microkernel"/>, so a row has the same bits in any batch.
/// </remarks>
internal static unsafe class RowProduct
{
    /// <summary>y &lt;- epilogue(x B) for a whole row of n columns, all of B in float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TEpilogue>(in RowShape shape, float* x, float* b, float* y, bool isPadded, in TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue => Isa.Dispatch(new Kernel<TEpilogue>(in shape, x, b, y, isPadded, in epilogue));

    private readonly ref struct Kernel<TEpilogue>(ref readonly RowShape shape, float* x, float* b, float* y, bool isPadded, ref readonly TEpilogue epilogue) : IVectorKernel
        where TEpilogue : unmanaged, IEpilogue
    {
        private readonly ref readonly RowShape shape = ref shape;
        private readonly ref readonly TEpilogue epilogue = ref epilogue;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            if (shape.IsSmall)
            {
                Small<TSimd, TVec, TEpilogue>(in shape, x, b, y, isPadded, in epilogue);
                return;
            }

            nint end = shape.Vectors;
            if (shape.PanelVectors == 1)
            {
                Multiply<TSimd, TVec, N1, N1, Float32Weights, TEpilogue>(in shape, x, 0, b, y, 0, isPadded, 0, end, in epilogue);
            }
            else if (shape.IsBFloat16)
            {
                Multiply<TSimd, TVec, N1, N2, BFloat16Weights, TEpilogue>(in shape, x, 0, b, y, 0, isPadded, 0, end, in epilogue);
            }
            else
            {
                Multiply<TSimd, TVec, N1, N2, Float32Weights, TEpilogue>(in shape, x, 0, b, y, 0, isPadded, 0, end, in epilogue);
            }
        }
    }

    /// <summary>
    /// A layer whose sums fit in registers, all of k in one chain: no memory in between and nothing to decide. A net of 4-16-3 takes
    /// 56 ns with it, 85 without (AVX2, Zen 3).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Small<TSimd, TVec, TEpilogue>(in RowShape shape, float* x, float* b, float* y, bool isPadded, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        int lanes = isPadded ? TSimd.Width : shape.LanesOfLast;
        switch (shape.Vectors)
        {
            case 8:
                Small<TSimd, TVec, N2, N8, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 6:
                Small<TSimd, TVec, N2, N6, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 4:
                Small<TSimd, TVec, N2, N4, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 2:
                Small<TSimd, TVec, N2, N2, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 7:
                Small<TSimd, TVec, N1, N7, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 5:
                Small<TSimd, TVec, N1, N5, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 3:
                Small<TSimd, TVec, N1, N3, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
            case 1:
                Small<TSimd, TVec, N1, N1, TEpilogue>(in shape, x, b, y, lanes, in epilogue);
                break;
        }
    }

    // No Compile.Loop: it may be compiled into its caller, which saves one row of 4-16-3 2 of 55 ns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Small<TSimd, TVec, TVectors, TCount, TEpilogue>(in RowShape shape, float* x, float* b, float* y, int lanes, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TCount : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        TVec c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
        TVec c4 = TSimd.Zero, c5 = TSimd.Zero, c6 = TSimd.Zero, c7 = TSimd.Zero;
        Chains<TSimd, TVec, TVectors, TCount, Float32Weights, AllSteps>(
            x, default, shape.K, b, shape.PanelStride, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7);
        TEpilogue finish = epilogue;
        Finish<TSimd, TVec, TCount, N1, TEpilogue>(ref finish, c0, y, lanes);
        if (sizeof(TCount) > 1) Finish<TSimd, TVec, TCount, N2, TEpilogue>(ref finish, c1, y, lanes);
        if (sizeof(TCount) > 2) Finish<TSimd, TVec, TCount, N3, TEpilogue>(ref finish, c2, y, lanes);
        if (sizeof(TCount) > 3) Finish<TSimd, TVec, TCount, N4, TEpilogue>(ref finish, c3, y, lanes);
        if (sizeof(TCount) > 4) Finish<TSimd, TVec, TCount, N5, TEpilogue>(ref finish, c4, y, lanes);
        if (sizeof(TCount) > 5) Finish<TSimd, TVec, TCount, N6, TEpilogue>(ref finish, c5, y, lanes);
        if (sizeof(TCount) > 6) Finish<TSimd, TVec, TCount, N7, TEpilogue>(ref finish, c6, y, lanes);
        if (sizeof(TCount) > 7) Finish<TSimd, TVec, TCount, N8, TEpilogue>(ref finish, c7, y, lanes);
    }

    /// <summary>Vector number <c>TNumber</c> of <c>TCount</c>; only the last may end inside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TSimd, TVec, TCount, TNumber, TEpilogue>(ref TEpilogue epilogue, TVec sum, float* y, int lanes)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TCount : unmanaged, ICount
        where TNumber : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        int column = (sizeof(TNumber) - 1) * TSimd.Width;
        TVec value = epilogue.Apply<TSimd, TVec>(sum, y + column, column);
        if (sizeof(TNumber) < sizeof(TCount))
        {
            TSimd.Store(y + column, value);
        }
        else
        {
            Tail.Store<TSimd, TVec>(y + column, value, lanes);
        }
    }

    /// <summary>The same for vectors <paramref name="begin"/> to <paramref name="end"/> - 1 of the padded y, whole panels, of one row or two.</summary>
    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    public static void Multiply<TSimd, TVec, TRows, TVectors, TWeights, TEpilogue>(
        in RowShape shape, float* x, nint ldx, float* b, float* y, nint ldy, bool isPadded, nint begin, nint end, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
        where TVectors : unmanaged, ICount
        where TWeights : struct, IWeights
        where TEpilogue : unmanaged, IEpilogue
    {
        TEpilogue finish = epilogue;
        float* memory = stackalloc float[(WeightRows.MaxVectors * TSimd.Width) + AlignedBuffer.AlignmentFloats];

        // On whole lines, for WeightRows reads and writes them again and again.
        TVec* sums = (TVec*)(((nint)memory + AlignedBuffer.Alignment - 1) & -AlignedBuffer.Alignment);
        int* room = stackalloc int[MaxListed + NonZero.Slack];
        nint panelStride = shape.PanelStride, rowStride = sizeof(TVectors) * TSimd.Width / TWeights.InWord;
        nint left = shape.K;
        float* rows = b + shape.RowsOffset;
        bool isFirst = true;
        do
        {
            nint k = Math.Min(shape.KBlock, left);
            nint steps = k;
            int* list = null;
            if (sizeof(TRows) == 1 && shape.IsWorthSearching && Routes.IsWorthListing(NonZero.Count(x, k), k))
            {
                steps = NonZero.List(x, k, room);
                list = room;
            }

            bool byRows = shape.RowsOffset != 0 && list != null && Routes.IsByInputs(steps, k);
            int most = byRows ? WeightRows.MaxVectors : sizeof(TRows) == 1 ? Routes.RowVectors : Routes.PairOfRowsVectors;
            for (nint v = begin; v < end; v += most)
            {
                int count = (int)Math.Min(most, end - v);
                if (byRows)
                {
                    WeightRows.Sums<TSimd, TVec, TWeights>(count, x, list, steps, rows + (v * TSimd.Width / TWeights.InWord), shape.RowStride, (float*)sums);
                }
                else
                {
                    Sums<TSimd, TVec, TRows, TVectors, TWeights>(count, x, ldx, list, steps, b + (v / sizeof(TVectors) * panelStride), panelStride, sums);
                }

                for (int i = 0; i < count; i++)
                {
                    nint column = (v + i) * TSimd.Width;
                    int lanes = isPadded ? TSimd.Width : (int)Math.Min(TSimd.Width, shape.N - column);
                    if (lanes <= 0)
                    {
                        break;
                    }

                    Finish<TSimd, TVec, TEpilogue>(ref finish, sums[i], y + column, column, lanes, isFirst, isLast: k == left);
                    if (sizeof(TRows) > 1)
                    {
                        Finish<TSimd, TVec, TEpilogue>(ref finish, sums[Routes.RowVectors + i], y + ldy + column, column, lanes, isFirst, isLast: k == left);
                    }
                }
            }

            x += k;
            b += k * rowStride;
            rows += k * shape.RowStride;
            left -= k;
            isFirst = false;
        }
        while (left > 0);
    }

    /// <summary>Adds what earlier blocks of k left in y, applies the epilogue after the last one, stores the lanes that lie in y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TSimd, TVec, TEpilogue>(ref TEpilogue epilogue, TVec sum, float* y, nint column, int lanes, bool isFirst, bool isLast)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        if (!isFirst)
        {
            sum = TSimd.Add(Tail.Load<TSimd, TVec>(y, lanes), sum);
        }

        Tail.Store<TSimd, TVec>(y, isLast ? epilogue.Apply<TSimd, TVec>(sum, y, column) : sum, lanes);
    }

    /// <summary>Steps that a list has room for: a block of k.</summary>
    private const int MaxListed = Routes.MaxKBlock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sums<TSimd, TVec, TRows, TVectors, TWeights>(int count, float* x, nint ldx, int* list, nint steps, float* b, nint panelStride, TVec* sums)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
        where TVectors : unmanaged, ICount
        where TWeights : struct, IWeights
    {
        if (sizeof(TRows) == 1 && list != null)
        {
            Sums<TSimd, TVec, N1, TVectors, TWeights, ListedSteps>(count, x, ldx, new ListedSteps(list), steps, b, panelStride, sums);
        }
        else
        {
            Sums<TSimd, TVec, TRows, TVectors, TWeights, AllSteps>(count, x, ldx, default, steps, b, panelStride, sums);
        }
    }

    /// <summary>Panels of two vectors leave only even counts to choose from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sums<TSimd, TVec, TRows, TVectors, TWeights, TSteps>(
        int count, float* x, nint ldx, TSteps which, nint steps, float* b, nint panelStride, TVec* sums)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
        where TVectors : unmanaged, ICount
        where TWeights : struct, IWeights
        where TSteps : unmanaged, ISteps
    {
        if (sizeof(TVectors) == 2)
        {
            switch (count)
            {
                case 8 when sizeof(TRows) == 1:
                    Sums<TSimd, TVec, TRows, N2, N8, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                    break;
                case 6:
                    Sums<TSimd, TVec, TRows, N2, N6, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                    break;
                case 4:
                    Sums<TSimd, TVec, TRows, N2, N4, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                    break;
                case 2:
                    Sums<TSimd, TVec, TRows, N2, N2, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                    break;
            }

            return;
        }

        switch (count)
        {
            case 8 when sizeof(TRows) == 1:
                Sums<TSimd, TVec, TRows, N1, N8, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 7 when sizeof(TRows) == 1:
                Sums<TSimd, TVec, TRows, N1, N7, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 6:
                Sums<TSimd, TVec, TRows, N1, N6, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 5:
                Sums<TSimd, TVec, TRows, N1, N5, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 4:
                Sums<TSimd, TVec, TRows, N1, N4, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 3:
                Sums<TSimd, TVec, TRows, N1, N3, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 2:
                Sums<TSimd, TVec, TRows, N1, N2, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
            case 1:
                Sums<TSimd, TVec, TRows, N1, N1, TWeights, TSteps>(x, ldx, which, steps, b, panelStride, sums);
                break;
        }
    }

    /// <summary>The sums of <c>TCount</c> vectors of each row into memory, those of a second row <see cref="Routes.RowVectors"/> behind.</summary>
    [MethodImpl(Compile.Loop)]
    private static void Sums<TSimd, TVec, TRows, TVectors, TCount, TWeights, TSteps>(
        float* x, nint ldx, TSteps which, nint steps, float* b, nint panelStride, TVec* sums)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
        where TVectors : unmanaged, ICount
        where TCount : unmanaged, ICount
        where TWeights : struct, IWeights
        where TSteps : unmanaged, ISteps
    {
        TVec c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
        TVec c4 = TSimd.Zero, c5 = TSimd.Zero, c6 = TSimd.Zero, c7 = TSimd.Zero;
        if (sizeof(TRows) == 1)
        {
            Chains<TSimd, TVec, TVectors, TCount, TWeights, TSteps>(
                x, which, steps, b, panelStride, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7);
        }
        else
        {
            TVec d0 = TSimd.Zero, d1 = TSimd.Zero, d2 = TSimd.Zero, d3 = TSimd.Zero, d4 = TSimd.Zero, d5 = TSimd.Zero;
            ChainsOfTwo<TSimd, TVec, TVectors, TCount>(
                x, ldx, steps, b, panelStride, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5);
            TVec* second = sums + Routes.RowVectors;
            second[0] = d0;
            if (sizeof(TCount) > 1) second[1] = d1;
            if (sizeof(TCount) > 2) second[2] = d2;
            if (sizeof(TCount) > 3) second[3] = d3;
            if (sizeof(TCount) > 4) second[4] = d4;
            if (sizeof(TCount) > 5) second[5] = d5;
        }

        sums[0] = c0;
        if (sizeof(TCount) > 1) sums[1] = c1;
        if (sizeof(TCount) > 2) sums[2] = c2;
        if (sizeof(TCount) > 3) sums[3] = c3;
        if (sizeof(TCount) > 4) sums[4] = c4;
        if (sizeof(TCount) > 5) sums[5] = c5;
        if (sizeof(TCount) > 6) sums[6] = c6;
        if (sizeof(TCount) > 7) sums[7] = c7;
    }

    /// <summary>The loop over p, for <c>TCount</c> vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chains<TSimd, TVec, TVectors, TCount, TWeights, TSteps>(
        float* x, TSteps which, nint steps, float* b, nint panelStride,
        ref TVec c0, ref TVec c1, ref TVec c2, ref TVec c3, ref TVec c4, ref TVec c5, ref TVec c6, ref TVec c7)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TCount : unmanaged, ICount
        where TWeights : struct, IWeights
        where TSteps : unmanaged, ISteps
    {
        nint pair = 2 / sizeof(TVectors) * panelStride;
        float* b0 = b, b1 = b0 + pair, b2 = b1 + pair, b3 = b2 + pair;
        for (nint i = 0; i < steps; i++)
        {
            nint p = which.Step(i);
            nint at = p * (sizeof(TVectors) * TSimd.Width / TWeights.InWord);
            TVec a = TSimd.Broadcast(x[p]);
            Pair<TSimd, TVec, TVectors, TWeights>(sizeof(TCount) - 0, a, b0 + at, panelStride, ref c0, ref c1);
            Pair<TSimd, TVec, TVectors, TWeights>(sizeof(TCount) - 2, a, b1 + at, panelStride, ref c2, ref c3);
            Pair<TSimd, TVec, TVectors, TWeights>(sizeof(TCount) - 4, a, b2 + at, panelStride, ref c4, ref c5);
            Pair<TSimd, TVec, TVectors, TWeights>(sizeof(TCount) - 6, a, b3 + at, panelStride, ref c6, ref c7);
        }
    }

    /// <summary>Two neighbouring vectors, or one where only one is <paramref name="left"/>, or none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<TSimd, TVec, TVectors, TWeights>(int left, TVec a, float* b, nint panelStride, ref TVec c0, ref TVec c1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TWeights : struct, IWeights
    {
        if (left >= 2 && sizeof(TVectors) == 2)
        {
            c0 = TSimd.MultiplyAdd(a, TWeights.First<TSimd, TVec>(b), c0);
            c1 = TSimd.MultiplyAdd(a, TWeights.Second<TSimd, TVec>(b), c1);
        }
        else if (left >= 1)
        {
            c0 = TSimd.MultiplyAdd(a, TSimd.Load(b), c0);
            if (left >= 2)
            {
                c1 = TSimd.MultiplyAdd(a, TSimd.Load(b + panelStride), c1);
            }
        }
    }

    /// <summary>The same for two rows in float32: each vector of B is loaded once for both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ChainsOfTwo<TSimd, TVec, TVectors, TCount>(
        float* x, nint ldx, nint steps, float* b, nint panelStride,
        ref TVec c0, ref TVec c1, ref TVec c2, ref TVec c3, ref TVec c4, ref TVec c5,
        ref TVec d0, ref TVec d1, ref TVec d2, ref TVec d3, ref TVec d4, ref TVec d5)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TCount : unmanaged, ICount
    {
        nint pair = 2 / sizeof(TVectors) * panelStride, half = sizeof(TVectors) == 2 ? TSimd.Width : panelStride;
        float* b0 = b, b1 = b0 + pair, b2 = b1 + pair, x1 = x + ldx;
        for (; steps > 0; steps--)
        {
            TVec a0 = TSimd.Broadcast(*x++), a1 = TSimd.Broadcast(*x1++);
            Both<TSimd, TVec>(a0, a1, b0, ref c0, ref d0);
            if (sizeof(TCount) > 1) Both<TSimd, TVec>(a0, a1, b0 + half, ref c1, ref d1);
            if (sizeof(TCount) > 2) Both<TSimd, TVec>(a0, a1, b1, ref c2, ref d2);
            if (sizeof(TCount) > 3) Both<TSimd, TVec>(a0, a1, b1 + half, ref c3, ref d3);
            if (sizeof(TCount) > 4) Both<TSimd, TVec>(a0, a1, b2, ref c4, ref d4);
            if (sizeof(TCount) > 5) Both<TSimd, TVec>(a0, a1, b2 + half, ref c5, ref d5);
            b0 += sizeof(TVectors) * TSimd.Width;
            b1 += sizeof(TVectors) * TSimd.Width;
            b2 += sizeof(TVectors) * TSimd.Width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Both<TSimd, TVec>(TVec a0, TVec a1, float* b, ref TVec c, ref TVec d)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec value = TSimd.Load(b);
        c = TSimd.MultiplyAdd(a0, value, c);
        d = TSimd.MultiplyAdd(a1, value, d);
    }

    /// <summary>Which steps of p are done.</summary>
    private interface ISteps
    {
        nint Step(nint i);
    }

    private readonly struct AllSteps : ISteps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public nint Step(nint i) => i;
    }

    private readonly struct ListedSteps(int* list) : ISteps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public nint Step(nint i) => list[i];
    }
}
