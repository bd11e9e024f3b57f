using System.Runtime.CompilerServices;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>
/// C[m, n] &lt;- epilogue(A[m, k] B[k, n]), the one driver of forward, dX and dW: they differ in strides and epilogue.
/// </summary>
/// <remarks>
/// The loops are numbered from the outside as in Van Zee and van de Geijn, "BLIS" (2015):
/// <code>
/// 5  threads    each panels of blocks of rows, as they come
/// 4  ic         blocks of rows of A that stay in L2
/// 3  pc         blocks of k
/// 2  jr         panels of B, each in L1 while the tiles pass over it
/// 1  ir         register tiles: the microkernel
/// </code>
/// No loop changes the order in which one element of C is summed: chains of KBlock steps, added in order.
/// </remarks>
internal static unsafe class Gemm
{
    /// <summary>
    /// Multiply-adds below which a product stays on one core: 20 us of work at 50 multiply-adds a nanosecond. A fork costs less than 1 us
    /// while the worker looks out for it, some microseconds where it sleeps, and on a busy machine the worker may stop in the middle of its units.
    /// </summary>
    private const double ForkThreshold = 1_000_000;

    private const nint RowProductRows = 2;

    /// <summary>Multiply-adds that a thread takes at a time at least: 4 us of work, against which taking them costs nothing.</summary>
    private const double GrainWork = 200_000;

    /// <summary>Rows of a thread's own for which it makes panels that another makes too: a weight costs half a cycle, as much as 8 rows of its products.</summary>
    private const nint RowsWorthMaking = 128;

    /// <summary>Steps of a product so short that what it stores and reads beside costs more than making its panels twice.</summary>
    private const nint FewSteps = 64;

    /// <summary>Units that a thread should have at least, so that another can take some of them.</summary>
    private const nint UnitsOfThread = 8;

    /// <summary>Times the grain that another thread must have left for some of it to be taken: packing its block costs as much as two panels.</summary>
    private const nint LeastOfPacked = 4;

    /// <summary>The same where nothing is packed: its rows must still come into this core's cache.</summary>
    private const nint LeastOfOthers = 2;

    /// <summary>Runs the product on up to <paramref name="threads"/> threads; the result is the same for any number.</summary>
    public static void Multiply<TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads = 1)
        where TEpilogue : unmanaged, IEpilogue
    {
        Isa.Run(new Kernel<TEpilogue>(in arguments, epilogue, threads));
    }

    private readonly ref struct Kernel<TEpilogue>(ref readonly GemmArguments arguments, TEpilogue epilogue, int threads) : IVectorKernel
        where TEpilogue : unmanaged, IEpilogue
    {
        private readonly ref readonly GemmArguments arguments = ref arguments;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Multiply<TSimd, TVec, TEpilogue>(in arguments, epilogue, threads);
    }

    /// <summary>The same on a given instruction set.</summary>
    public static void Multiply<TSimd, TVec, TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads = 1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        if (arguments.PanelVectors == 1)
        {
            Multiply<TSimd, TVec, N1, TEpilogue>(in arguments, epilogue, threads);
        }
        else
        {
            Multiply<TSimd, TVec, N2, TEpilogue>(in arguments, epilogue, threads);
        }
    }

    private static void Multiply<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        nint panels = (arguments.N + (sizeof(TVectors) * TSimd.Width) - 1) / (sizeof(TVectors) * TSimd.Width);
        if (threads <= 1 || (double)arguments.M * arguments.N * arguments.K < ForkThreshold)
        {
            int tileRows = GemmBlocking.TileRows<TSimd, TVec>(sizeof(TVectors));
            nint rowBlock = GemmBlocking.RowBlock(in arguments, arguments.M);
            BlockOfA a = new(in arguments, panels, sizeof(TVectors) * TSimd.Width, tileRows, rowBlock);
            Blocks<TSimd, TVec, TVectors, TEpilogue>(in arguments, epilogue, rowBlock, 0, arguments.M, 0, panels, ref a);
        }
        else
        {
            MultiplyForked<TSimd, TVec, TVectors, TEpilogue>(in arguments, epilogue, panels, threads);
        }
    }

    /// <summary>The forked way, on its own so that the frame of a product on one core stays small.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MultiplyForked<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, nint panels, int threads)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        fixed (GemmArguments* pinned = &arguments)
        {
            threads = Math.Min(threads, Shares.MostParts);
            nint blocks = BlocksOfRows<TSimd, TVec, TVectors>(in arguments, panels, threads);
            nint grain = Grain(in arguments, panels, blocks, sizeof(TVectors) * TSimd.Width);
            long* memory = stackalloc long[Shares.Length(threads)];
            Fork<TEpilogue> fork = new()
            {
                Arguments = pinned,
                Epilogue = epilogue,
                Panels = panels,
                Blocks = blocks,
                Shares = new Shares(memory, threads, blocks * panels, grain, arguments.ARowStride == 1 || GemmBlocking.PacksRowMajor(in arguments) ? LeastOfPacked * grain : LeastOfOthers * grain),
            };
            WorkerPool.Shared.Run(threads, &Part<TSimd, TVec, TVectors, TEpilogue>, &fork);
        }
    }

    private struct Fork<TEpilogue>
        where TEpilogue : unmanaged, IEpilogue
    {
        public GemmArguments* Arguments;
        public TEpilogue Epilogue;
        public nint Panels;
        public nint Blocks;
        public Shares Shares;
    }

    /// <summary>
    /// Blocks of rows that a forked product is cut into: some for each thread, of even height, if there is a good handful of tiles for each,
    /// else as on one thread. So too where each panel is made first, for each block makes them all.
    /// </summary>
    private static nint BlocksOfRows<TSimd, TVec, TVectors>(in GemmArguments g, nint panels, int threads)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
    {
        int tileRows = GemmBlocking.TileRows<TSimd, TVec>(sizeof(TVectors));
        bool isMade = g.BForm != PanelForm.Panels && panels >= 4 * threads;
        nint each = (g.M + threads - 1) / threads;
        bool byRows = each >= (isMade && g.K > FewSteps ? RowsWorthMaking : 4 * tileRows) || panels < threads;
        if (!byRows)
        {
            nint whole = GemmBlocking.RowBlock(in g, g.M);
            return (g.M + whole - 1) / whole;
        }

        nint block = GemmBlocking.RowBlock(in g, each);
        nint blocks = (each + block - 1) / block;

        // Few panels make few units: rows are cut finer then.
        nint finer = Math.Min((UnitsOfThread + panels - 1) / panels, each / (2 * tileRows));
        return threads * Math.Max(blocks, finer);
    }

    /// <summary>Panels that a thread takes at a time.</summary>
    private static nint Grain(in GemmArguments g, nint panels, nint blocks, int panelWidth)
    {
        if (g.K > g.KBlock || g.M <= RowProductRows)
        {
            // Each visit of a block goes through all blocks of k and packs A for each; kernels for one and two rows take several panels at once.
            return Math.Max(8, panels / 4);
        }

        double unit = (double)g.M / blocks * panelWidth * g.K;
        return (nint)Math.Clamp(GrainWork / unit, 1, panels);
    }

    /// <summary>Loop 5: panels of a block of rows, as the shares come.</summary>
    private static void Part<TSimd, TVec, TVectors, TEpilogue>(void* context, int part, int parts)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        Fork<TEpilogue>* fork = (Fork<TEpilogue>*)context;
        ref readonly GemmArguments arguments = ref *fork->Arguments;
        int tileRows = GemmBlocking.TileRows<TSimd, TVec>(sizeof(TVectors));
        nint tiles = (arguments.M + tileRows - 1) / tileRows;
        BlockOfA a = new(in arguments, fork->Panels, sizeof(TVectors) * TSimd.Width, tileRows, (tiles + fork->Blocks - 1) / fork->Blocks * tileRows);
        while (fork->Shares.Take(part, out nint unit, out nint last))
        {
            while (unit < last)
            {
                nint block = unit / fork->Panels;
                nint panel = unit - (block * fork->Panels);
                nint end = Math.Min(fork->Panels, panel + last - unit);
                (nint rowBegin, nint rowEnd) = Partition.Range(arguments.M, (int)fork->Blocks, (int)block, tileRows);
                nint rowBlock = GemmBlocking.RowBlock(in arguments, rowEnd - rowBegin);
                Blocks<TSimd, TVec, TVectors, TEpilogue>(in arguments, fork->Epilogue, rowBlock, rowBegin, rowEnd, panel, end, ref a);
                unit += end - panel;
            }
        }
    }

    /// <summary>Loops 4 to 1 over a range of rows and panels.</summary>
    [MethodImpl(Compile.Loop)]
    private static void Blocks<TSimd, TVec, TVectors, TEpilogue>(
        in GemmArguments g, TEpilogue epilogue, nint rowBlock, nint rowBegin, nint rowEnd, nint panelBegin, nint panelEnd, ref BlockOfA a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        int panelWidth = sizeof(TVectors) * TSimd.Width;
        int tileRows = GemmBlocking.TileRows<TSimd, TVec>(sizeof(TVectors));
        TileArguments t = new()
        {
            ARowStride = g.ARowStride,
            AColumnStride = g.AColumnStride,
            BRowStride = g.BForm == PanelForm.Panels ? g.BRowStride : panelWidth,
            CRowStride = g.CRowStride,
        };
        for (nint ic = rowBegin; ic < rowEnd; ic += rowBlock)
        {
            nint rows = Math.Min(rowBlock, rowEnd - ic);
            TileHeights heights = new(rows, tileRows);
            if (rows <= RowProductRows && IsForRows<TSimd, TVec, TVectors>(in g))
            {
                FewRows<TSimd, TVec, TVectors, TEpilogue>(in g, epilogue, ic, rows, panelBegin, panelEnd);
                continue;
            }

            nint pc = 0;
            do
            {
                t.K = Math.Min(g.KBlock, g.K - pc);
                t.IsFirst = pc == 0;
                t.IsLast = pc + t.K == g.K;
                a.Take(in g, ic, in heights, pc, t.K);
                for (nint jr = panelBegin; jr < panelEnd; jr++)
                {
                    Panel<TSimd, TVec>(in g, ref t, jr, pc, panelWidth, a.Made);
                    float* c = g.C + (jr * g.CPanelStride) + (ic * g.CRowStride);
                    if (a.Skips)
                    {
                        ListedTiles<TSimd, TVec, TVectors, TEpilogue>(in t, in a, in heights, c, in epilogue);
                    }
                    else
                    {
                        Tiles<TSimd, TVec, TVectors, TEpilogue>(in g, ref t, in a, in heights, ic, pc, c, in epilogue);
                    }
                }

                pc += t.K;
            }
            while (pc < g.K);
        }
    }

    /// <summary>Panel <paramref name="jr"/> of B for the steps from <paramref name="pc"/> on, made at <paramref name="made"/> if it does not lie ready.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Panel<TSimd, TVec>(in GemmArguments g, ref TileArguments t, nint jr, nint pc, int panelWidth, float* made)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        t.Column = jr * panelWidth;
        if (g.BForm == PanelForm.Transposed)
        {
            Packing.TransposePanel(g.B + (pc / g.BRowStride * g.BPanelStride), g.BPanelStride, g.BRowStride, t.Column, g.N, t.K, made, panelWidth);
            t.B = t.Next = t.NextEnd = made;
            return;
        }

        t.B = g.B + (jr * g.BPanelStride) + (pc * g.BRowStride);
        t.Next = t.NextEnd = t.B;
        if (t.Column + panelWidth < g.N && g.BRowStride <= panelWidth)
        {
            t.Next += g.BPanelStride;
            t.NextEnd = t.Next + (t.K * g.BRowStride);
        }

        if (g.BForm == PanelForm.BFloat16)
        {
            BFloat16.Widen<TSimd, TVec>(t.B, t.K, made);
            t.B = made;
        }
    }

    /// <summary>Loop 1: the taller tiles, then the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tiles<TSimd, TVec, TVectors, TEpilogue>(
        in GemmArguments g, ref TileArguments t, in BlockOfA a, in TileHeights heights, nint ic, nint pc, float* c, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        for (int part = 0; part < 2; part++)
        {
            nint height = part == 0 ? heights.Least + 1 : heights.Least;
            nint count = part == 0 ? heights.Taller : heights.Count - heights.Taller;
            nint row = part == 0 ? 0 : heights.Row(heights.Taller);
            t.A = a.IsPacked ? a.Packed(row, t.K) : g.A + ((ic + row) * g.ARowStride) + (pc * g.AColumnStride);
            t.ATileStride = height * (a.IsPacked ? t.K : g.ARowStride);
            t.AColumnStride = a.IsPacked ? height : g.AColumnStride;
            t.C = c + (row * g.CRowStride);
            if (a.IsPacked || g.ARowStride == 1)
            {
                Microkernel.MultiplyTiles<TSimd, TVec, TVectors, ColumnMajor, TEpilogue>((int)height, count, in t, in epilogue);
            }
            else
            {
                Microkernel.MultiplyTiles<TSimd, TVec, TVectors, RowMajor, TEpilogue>((int)height, count, in t, in epilogue);
            }
        }
    }

    /// <summary>Loop 1 where each tile leaves out the steps in which it is all 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ListedTiles<TSimd, TVec, TVectors, TEpilogue>(
        in TileArguments t, in BlockOfA a, in TileHeights heights, float* c, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        TileArguments one = t;
        for (nint tile = 0; tile < heights.Count; tile++)
        {
            nint row = heights.Row(tile);
            one.List = a.Steps(tile, out one.K);
            one.A = a.Packed(row, t.K);
            one.C = c + (row * t.CRowStride);
            one.AColumnStride = heights.Of(tile);
            Microkernel.MultiplyTiles<TSimd, TVec, TVectors, Listed, TEpilogue>((int)heights.Of(tile), 1, in one, in epilogue);
        }
    }

    /// <summary>Whether the operands lie as <see cref="RowProduct"/> wants them: packed panels, A contiguous, C row-major.</summary>
    private static bool IsForRows<TSimd, TVec, TVectors>(in GemmArguments g)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
    {
        int panelWidth = sizeof(TVectors) * TSimd.Width;
        return g.BForm != PanelForm.Transposed && g.CPanelStride == panelWidth && g.AColumnStride == 1
            && g.BRowStride == (g.BForm == PanelForm.BFloat16 ? TSimd.Width : panelWidth);
    }

    /// <summary>All that is left of the loops for one row or two.</summary>
    private static void FewRows<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments g, TEpilogue epilogue, nint row, nint rows, nint panelBegin, nint panelEnd)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        nint begin = panelBegin * sizeof(TVectors), end = panelEnd * sizeof(TVectors);
        RowShape shape = new(g.K, g.N, sizeof(TVectors), end, g.BPanelStride, g.KBlock, g.BForm == PanelForm.BFloat16);
        float* x = g.A + (row * g.ARowStride), y = g.C + (row * g.CRowStride);
        if (g.BForm == PanelForm.BFloat16)
        {
            for (; rows > 0; rows--, x += g.ARowStride, y += g.CRowStride)
            {
                RowProduct.Multiply<TSimd, TVec, N1, TVectors, BFloat16Weights, TEpilogue>(in shape, x, 0, g.B, y, 0, isPadded: true, begin, end, in epilogue);
            }
        }
        else if (rows == 1)
        {
            RowProduct.Multiply<TSimd, TVec, N1, TVectors, Float32Weights, TEpilogue>(in shape, x, 0, g.B, y, 0, isPadded: true, begin, end, in epilogue);
        }
        else
        {
            RowProduct.Multiply<TSimd, TVec, N2, TVectors, Float32Weights, TEpilogue>(in shape, x, g.ARowStride, g.B, y, g.CRowStride, isPadded: true, begin, end, in epilogue);
        }
    }
}
