using System.Runtime.CompilerServices;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>
/// C[m, n] &lt;- epilogue(A[m, k] B[k, n]), the one driver of forward, dX and dW: they differ in strides and epilogue.
/// </summary>
/// <remarks>
/// Taken for every dense layer of more than one unit, over more than one row, that does not go on its side.
/// The loops are numbered from the outside as in Van Zee and van de Geijn, "BLIS" (2015):
/// <code>
/// 5  threads    each panels of blocks of rows, as they come
/// 4  ic         blocks of rows of A that stay in L2
/// 3  pc         blocks of k
/// 2  jr         panels of B, each in L1 while the tiles pass over it; one or two rows leave here for RowProduct
/// 1  ir         register tiles: the microkernel
/// </code>
/// <see cref="Routes"/> says how large each block is, what is packed and who takes which share.
/// No loop changes the order in which one element of C is summed: chains of KBlock steps, added in order.
/// </remarks>
internal static unsafe class Gemm
{
    /// <summary>The product on up to <paramref name="threads"/> threads; the result is the same for any number.</summary>
    public static void Multiply<TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads = 1)
        where TEpilogue : unmanaged, IEpilogue
    {
        Isa.Dispatch(new Kernel<TEpilogue>(in arguments, epilogue, threads));
    }

    private readonly ref struct Kernel<TEpilogue>(ref readonly GemmArguments arguments, TEpilogue epilogue, int threads) : IVectorKernel
        where TEpilogue : unmanaged, IEpilogue
    {
        private readonly ref readonly GemmArguments arguments = ref arguments;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void On<TSimd, TVec>()
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
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        nint panels = (arguments.N + (sizeof(TVectors) * TSimd.Width) - 1) / (sizeof(TVectors) * TSimd.Width);
        if (!Routes.IsForked(in arguments, threads))
        {
            int tileRows = Routes.TileRows(TSimd.Registers, sizeof(TVectors));
            nint rowBlock = Routes.RowBlock(arguments.M, arguments.KBlock);
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
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        fixed (GemmArguments* pinned = &arguments)
        {
            threads = Math.Min(threads, Shares.MostParts);
            nint blocks = Routes.BlocksOfRows(in arguments, panels, threads, Routes.TileRows(TSimd.Registers, sizeof(TVectors)));
            nint grain = Routes.PanelsAtATime(in arguments, panels, blocks, sizeof(TVectors) * TSimd.Width);
            long* memory = stackalloc long[Shares.Length(threads)];
            Fork<TEpilogue> fork = new()
            {
                Arguments = pinned,
                Epilogue = epilogue,
                Panels = panels,
                Blocks = blocks,
                Shares = new Shares(memory, threads, blocks * panels, grain, Routes.PanelsWorthTakingOver(in arguments, grain)),
            };
            WorkerPool.Shared.ForkJoin(threads, &Part<TSimd, TVec, TVectors, TEpilogue>, &fork);
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

    /// <summary>Loop 5: panels of a block of rows, as the shares come.</summary>
    private static void Part<TSimd, TVec, TVectors, TEpilogue>(void* context, int part, int parts)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        Fork<TEpilogue>* fork = (Fork<TEpilogue>*)context;
        ref readonly GemmArguments arguments = ref *fork->Arguments;
        int tileRows = Routes.TileRows(TSimd.Registers, sizeof(TVectors));
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
                nint rowBlock = Routes.RowBlock(rowEnd - rowBegin, arguments.KBlock);
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
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        int panelWidth = sizeof(TVectors) * TSimd.Width;
        int tileRows = Routes.TileRows(TSimd.Registers, sizeof(TVectors));
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
            if (Routes.IsRowProduct(in g, rows, panelWidth))
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
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        for (int part = 0; part < 2; part++)
        {
            nint height = part == 0 ? heights.Least + 1 : heights.Least;
            nint count = part == 0 ? heights.Taller : heights.Count - heights.Taller;
            nint row = part == 0 ? 0 : heights.Row(heights.Taller);
            t.A = a.PacksColumns ? a.Packed(row, t.K) : g.A + ((ic + row) * g.ARowStride) + (pc * g.AColumnStride);
            t.ATileStride = height * (a.PacksColumns ? t.K : g.ARowStride);
            t.AColumnStride = a.PacksColumns ? height : g.AColumnStride;
            t.C = c + (row * g.CRowStride);
            if (a.PacksColumns || g.ARowStride == 1)
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
        where TVectors : unmanaged, ICount
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

    /// <summary>All that is left of the loops for one row or two.</summary>
    private static void FewRows<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments g, TEpilogue epilogue, nint row, nint rows, nint panelBegin, nint panelEnd)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
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
