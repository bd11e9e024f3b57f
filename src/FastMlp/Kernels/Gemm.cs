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

    /// <summary>Panels from which on packing A pays: below, each packed value is read too few times.</summary>
    private const nint PanelsWorthPacking = 4;

    /// <summary>Panels up to which an A of few steps is read as it is: packed values would be read too few times.</summary>
    private const nint FewPanels = 8;

    /// <summary>Floats of A that lie in L1 beside B and C, whatever their stride is (dW of 64 x 64 at 32 rows: 3.1 us, packed 3.5).</summary>
    private const nint NearFloats = 4096;

    /// <summary>Steps of p from which on packing a longer A pays for few panels too: with 32 a step of 784-64-10 takes 3.5 % less unpacked, of 784-128-10 1.5.</summary>
    private const nint StepsWorthPacking = 41;

    /// <summary>Rows a multiple of this many floats apart share few sets of the L1 cache and evict one another.</summary>
    private const nint Aliasing = 128;

    /// <summary>Steps of p from which on a list of those that are not all 0 is made: below, the call for each tile that it needs costs more.</summary>
    private const nint StepsWorthListing = 64;

    /// <summary>One step in so many must be all 0 for a list to pay.</summary>
    private const nint WorthSkipping = 8;

    /// <summary>Tiles that are looked at before a block is packed without its empty steps.</summary>
    private const nint TilesTried = 8;

    /// <summary>Steps of each of these tiles.</summary>
    private const nint StepsTried = 4;

    /// <summary>Tiles in a block of rows, at most.</summary>
    private const int MaxTiles = 1 + (GemmBlocking.MaxRowBlock / (Microkernel.MaxRows / 2));

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
    public static void Run<TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads = 1)
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
            where TVec : unmanaged => Gemm.Run<TSimd, TVec, TEpilogue>(in arguments, epilogue, threads);
    }

    /// <summary>The same on a given instruction set.</summary>
    public static void Run<TSimd, TVec, TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads = 1)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        if (arguments.PanelVectors == 1)
        {
            Run<TSimd, TVec, N1, TEpilogue>(in arguments, epilogue, threads);
        }
        else
        {
            Run<TSimd, TVec, N2, TEpilogue>(in arguments, epilogue, threads);
        }
    }

    private static void Run<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, int threads)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        nint panels = (arguments.N + (sizeof(TVectors) * TSimd.Width) - 1) / (sizeof(TVectors) * TSimd.Width);
        if (threads <= 1 || (double)arguments.M * arguments.N * arguments.K < ForkThreshold)
        {
            PackedBlock none = new() { Row = -1 };
            Block<TSimd, TVec, TVectors, TEpilogue>(in arguments, epilogue, 0, arguments.M, 0, panels, ref none);
        }
        else
        {
            RunForked<TSimd, TVec, TVectors, TEpilogue>(in arguments, epilogue, panels, threads);
        }
    }

    /// <summary>The forked way, on its own so that the frame of a product on one core stays small.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunForked<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments arguments, TEpilogue epilogue, nint panels, int threads)
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
        if (g.K > g.KBlock || g.M <= TwoRows.Rows)
        {
            // Each visit of a block goes through all blocks of k and packs A for each; kernels for one and two rows take several panels at once.
            return Math.Max(8, panels / 4);
        }

        double unit = (double)g.M / blocks * panelWidth * g.K;
        return (nint)Math.Clamp(GrainWork / unit, 1, panels);
    }

    /// <summary>Loop 5: panels of a block of rows, as the shares come.</summary>
    [SkipLocalsInit]
    private static void Part<TSimd, TVec, TVectors, TEpilogue>(void* context, int part, int parts)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        Fork<TEpilogue>* fork = (Fork<TEpilogue>*)context;
        ref readonly GemmArguments arguments = ref *fork->Arguments;
        int tileRows = GemmBlocking.TileRows<TSimd, TVec>(sizeof(TVectors));
        nint* lengths = stackalloc nint[MaxTiles];
        nint tiles = (arguments.M + tileRows - 1) / tileRows;
        PackedBlock packed = new() { Lengths = lengths, Row = -1, Tallest = (tiles + fork->Blocks - 1) / fork->Blocks * tileRows };
        while (fork->Shares.Take(part, out nint unit, out nint last))
        {
            while (unit < last)
            {
                nint block = unit / fork->Panels;
                nint panel = unit - (block * fork->Panels);
                nint end = Math.Min(fork->Panels, panel + last - unit);
                (nint rowBegin, nint rowEnd) = Partition.Range(arguments.M, (int)fork->Blocks, (int)block, tileRows);
                Block<TSimd, TVec, TVectors, TEpilogue>(in arguments, fork->Epilogue, rowBegin, rowEnd, panel, end, ref packed);
                unit += end - panel;
            }
        }
    }

    /// <summary>What the thread's buffer holds of A, so that it need not be packed again for the next panels of the same rows.</summary>
    private ref struct PackedBlock
    {
        /// <summary>The first row of the block; -1 for none.</summary>
        public nint Row;

        /// <summary>Rows of the tallest block, for which the buffer is made at once: another block may come late.</summary>
        public nint Tallest;

        /// <summary>Whether steps are left out.</summary>
        public bool Skips;

        /// <summary>Room for the steps that are left of each tile, which must last from panel to panel; null where one call takes them all.</summary>
        public nint* Lengths;
    }

    /// <summary>Loops 4 to 1 over a range of rows and panels.</summary>
    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    private static void Block<TSimd, TVec, TVectors, TEpilogue>(
        in GemmArguments g, TEpilogue epilogue, nint rowBegin, nint rowEnd, nint panelBegin, nint panelEnd, ref PackedBlock held)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        int panelWidth = sizeof(TVectors) * TSimd.Width;
        nint panels = (g.N + panelWidth - 1) / panelWidth;
        int tileRows = GemmBlocking.TileRows<TSimd, TVec>(sizeof(TVectors));
        nint rowBlock = GemmBlocking.RowBlock(in g, rowEnd - rowBegin);

        // Columns of a row-major matrix as rows of A (x^T in dW): one cache line for each step of p, of which a tile uses a part.
        // Packed once they serve every panel. It pays most where rows are a power of two apart and evict one another: 66 to 75 % of
        // the peak for 512 to 512 at 128 rows, 512 floats apart (AVX2, separate runs); at other strides it gained little.
        bool manyPanels = panels >= PanelsWorthPacking;
        bool isNear = g.K < StepsWorthListing && g.K * g.AColumnStride <= NearFloats;
        bool isShort = g.K < StepsWorthPacking && g.AColumnStride % Aliasing != 0;
        bool staysUnpacked = panels <= FewPanels && (isNear || isShort);
        bool packs = g.ARowStride == 1 && manyPanels && g.BForm == PanelForm.Panels && !staysUnpacked;

        // Steps in which a tile of A is all 0 are left out, where a list of the others is soon made: the edges of images, rectified units.
        bool lists = g.KBlock >= StepsWorthListing && (packs || (manyPanels && g.AColumnStride == 1));
        bool packsRowMajor = lists && GemmBlocking.PacksRowMajor(in g);
        nint tallest = Math.Max(rowBlock, held.Tallest);
        nint maxTiles = (tallest + tileRows - 1) / tileRows;
        nint packedLength = packs || lists ? tallest * g.KBlock : 0;
        nint listedLength = lists ? maxTiles * (g.KBlock + NonZero.Slack) : 0;
        nint madeLength = g.BForm == PanelForm.Panels ? 0 : GemmBlocking.MadeSteps(g.KBlock) * panelWidth;
        float* scratch = packedLength + listedLength + madeLength > 0 ? PackBuffer.OfThisThread(madeLength + packedLength + listedLength) : null;
        float* made = scratch;
        float* packed = scratch + madeLength;
        int* list = (int*)(scratch + madeLength + packedLength);
        nint* own = stackalloc nint[MaxTiles];
        nint* lengths = held.Lengths == null ? own : held.Lengths;
        TileArguments t = new() { ARowStride = g.ARowStride, AColumnStride = g.AColumnStride, BRowStride = madeLength > 0 ? panelWidth : g.BRowStride, CRowStride = g.CRowStride };
        for (nint ic = rowBegin; ic < rowEnd; ic += rowBlock)
        {
            nint rows = Math.Min(rowBlock, rowEnd - ic);

            // Heights as even as can be: 7 rows go as 4 + 3, not as 6 + 1. The first `taller` tiles have one row more.
            nint tiles = (rows + tileRows - 1) / tileRows;
            nint height = rows / tiles;
            nint taller = rows % tiles;
            nint pc = 0;
            do
            {
                t.K = Math.Min(g.KBlock, g.K - pc);
                t.IsFirst = pc == 0 && !g.Accumulate;
                t.IsLast = pc + t.K == g.K;
                float* a = g.A + (pc * g.AColumnStride);
                if (rows <= (g.BForm == PanelForm.BFloat16 ? TwoRows.Rows : 1) && IsForRows<TSimd, TVec, TVectors>(in g))
                {
                    for (nint row = ic; row < ic + rows; row++)
                    {
                        One<TSimd, TVec, TVectors, TEpilogue>(in g, epilogue, row, panelBegin, panelEnd);
                    }

                    break;
                }

                if (rows == TwoRows.Rows && g.BForm == PanelForm.Panels && g.CPanelStride == panelWidth)
                {
                    t.A = a + (ic * g.ARowStride);
                    Two<TSimd, TVec, TVectors, TEpilogue>(in g, ref t, epilogue, ic, pc, panelBegin, panelEnd);
                    pc += t.K;
                    continue;
                }

                nint listStride = t.K + NonZero.Slack;
                bool skips = false;
                if (held.Row == ic && (packs || lists))
                {
                    skips = held.Skips;
                }
                else if (packs)
                {
                    skips = lists && HasEmptySteps(a + ic, g.AColumnStride, height, tiles, t.K);
                    if (skips)
                    {
                        Packing.PackNonZeroRows(a + ic, g.AColumnStride, height, taller, tiles, t.K, packed, list, listStride, lengths);
                    }
                    else
                    {
                        Packing.PackRows(a + ic, g.AColumnStride, height, taller, tiles, t.K, packed);
                    }
                }
                else if (lists)
                {
                    skips = ListSteps(a + (ic * g.ARowStride), g.ARowStride, height, taller, tiles, t.K, list, listStride, lengths);
                    if (skips)
                    {
                        Packing.PackListed(a + (ic * g.ARowStride), g.ARowStride, height, taller, tiles, t.K, list, listStride, lengths, packed);
                    }
                    else if (packsRowMajor)
                    {
                        Packing.PackRowMajor(a + (ic * g.ARowStride), g.ARowStride, height, taller, tiles, t.K, packed, list, lengths);
                    }
                }

                held.Row = t.K == g.K ? ic : -1;
                held.Skips = skips;
                bool isPacked = packs || (packsRowMajor && !skips);
                for (nint jr = panelBegin; jr < panelEnd; jr++)
                {
                    t.Column = jr * panelWidth;
                    t.Columns = (int)Math.Min(panelWidth, g.CIsPadded ? panelWidth : g.N - t.Column);
                    if (g.BForm == PanelForm.Transposed)
                    {
                        Packing.TransposePanel(g.B + (pc / g.BRowStride * g.BPanelStride), g.BPanelStride, g.BRowStride, t.Column, g.N, t.K, made, panelWidth);
                        t.B = t.Next = t.NextEnd = made;
                    }
                    else
                    {
                        t.B = g.B + (jr * g.BPanelStride) + (pc * g.BRowStride);
                        t.Next = t.NextEnd = t.B;
                        if (jr + 1 < panels && g.BRowStride <= panelWidth)
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

                    float* c = g.C + (jr * g.CPanelStride);
                    if (skips)
                    {
                        nint row = ic;
                        TileArguments one = t;
                        for (nint tile = 0; tile < tiles; tile++)
                        {
                            nint tileHeight = tile < taller ? height + 1 : height;
                            one.K = lengths[tile];
                            one.List = list + (tile * listStride);
                            one.A = packed + ((row - ic) * t.K);
                            one.C = c + (row * g.CRowStride);
                            Microkernel.Run<TSimd, TVec, TVectors, PackedListed, TEpilogue>((int)tileHeight, 1, in one, in epilogue);
                            row += tileHeight;
                        }

                        continue;
                    }

                    // The taller tiles, then the others.
                    for (int part = 0; part < 2; part++)
                    {
                        nint tileHeight = part == 0 ? height + 1 : height;
                        nint count = part == 0 ? taller : tiles - taller;
                        nint row = part == 0 ? ic : ic + (taller * (height + 1));
                        t.A = isPacked ? packed + ((row - ic) * t.K) : a + (row * g.ARowStride);
                        t.ATileStride = isPacked ? tileHeight * t.K : tileHeight * g.ARowStride;
                        t.C = c + (row * g.CRowStride);
                        if (isPacked)
                        {
                            Microkernel.Run<TSimd, TVec, TVectors, Packed, TEpilogue>((int)tileHeight, count, in t, in epilogue);
                        }
                        else if (g.AColumnStride == 1)
                        {
                            Microkernel.Run<TSimd, TVec, TVectors, RowMajor, TEpilogue>((int)tileHeight, count, in t, in epilogue);
                        }
                        else if (g.ARowStride == 1)
                        {
                            Microkernel.Run<TSimd, TVec, TVectors, ColumnMajor, TEpilogue>((int)tileHeight, count, in t, in epilogue);
                        }
                        else
                        {
                            Microkernel.Run<TSimd, TVec, TVectors, Strided, TEpilogue>((int)tileHeight, count, in t, in epilogue);
                        }
                    }
                }

                pc += t.K;
            }
            while (pc < g.K);
        }
    }

    /// <summary>
    /// Whether enough steps of a transposed A are all 0, judged by a few steps, each time others, of a few tiles from the block's start to its
    /// end. Each look waits for a line of its own, some 60 cycles: with 512 of them dW of 784 to 128 at 128 rows took 3 % longer (AVX2, Zen 3).
    /// </summary>
    private static bool HasEmptySteps(float* source, nint stride, nint height, nint tiles, nint k)
    {
        nint samples = Math.Min(tiles, TilesTried);
        nint every = Math.Max(1, k / StepsTried);
        nint looks = 0, full = 0;
        for (nint sample = 0; sample < samples; sample++)
        {
            float* tile = source + (((2 * sample) + 1) * tiles / (2 * samples) * height);
            for (nint p = sample * every / samples; p < k; p += every)
            {
                looks++;
                full += NonZero.Count(tile + (p * stride), height) > 0 ? 1 : 0;
            }
        }

        return full * WorthSkipping <= looks * (WorthSkipping - 1);
    }

    /// <summary>
    /// The steps in which a tile of A is not all 0, [tiles, steps]; false if they are not worth leaving out. A first tile that is
    /// nearly full answers for all, and a row that is, for its tile: dense data cost one row, not six (64 x 64 x 64: 89.5 to 91.0
    /// GFLOP/s, 91.3 without any look; AVX2, Zen 3).
    /// </summary>
    private static bool ListSteps(float* a, nint rowStride, nint height, nint taller, nint tiles, nint k, int* list, nint listStride, nint* lengths)
    {
        nint tooMany = k - (k / WorthSkipping);
        if (NonZero.Count(a, k) > tooMany)
        {
            return false;
        }

        for (nint tile = 0; tile < tiles; tile++)
        {
            nint tileHeight = tile < taller ? height + 1 : height;
            lengths[tile] = NonZero.List(a, rowStride, tileHeight, k, list + (tile * listStride));
            if (tile == 0 && lengths[0] > tooMany)
            {
                return false;
            }

            a += tileHeight * rowStride;
        }

        return true;
    }

    /// <summary>Whether the operands lie as <see cref="Gemv"/> wants them: packed panels, A contiguous, C row-major.</summary>
    private static bool IsForRows<TSimd, TVec, TVectors>(in GemmArguments g)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
    {
        int panelWidth = sizeof(TVectors) * TSimd.Width;
        return g.BForm != PanelForm.Transposed && g.CPanelStride == panelWidth && g.AColumnStride == 1
            && g.BRowStride == (g.BForm == PanelForm.BFloat16 ? TSimd.Width : panelWidth);
    }

    /// <summary>All that is left of the loops for one row.</summary>
    private static void One<TSimd, TVec, TVectors, TEpilogue>(in GemmArguments g, TEpilogue epilogue, nint row, nint panelBegin, nint panelEnd)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        nint vectors = panelEnd * sizeof(TVectors);
        RowShape shape = new(g.K, g.N, sizeof(TVectors), vectors, g.BPanelStride, g.KBlock, g.BForm == PanelForm.BFloat16);
        nint begin = panelBegin * sizeof(TVectors);
        float* x = g.A + (row * g.ARowStride), y = g.C + (row * g.CRowStride);
        if (g.BForm == PanelForm.BFloat16)
        {
            Gemv.Run<TSimd, TVec, TVectors, BFloat16Weights, TEpilogue>(in shape, x, g.B, y, g.CIsPadded, g.Accumulate, begin, vectors, in epilogue);
        }
        else
        {
            Gemv.Run<TSimd, TVec, TVectors, Float32Weights, TEpilogue>(in shape, x, g.B, y, g.CIsPadded, g.Accumulate, begin, vectors, in epilogue);
        }
    }

    /// <summary>Loops 2 and 1 for two rows: pairs of vectors, several at a time.</summary>
    private static void Two<TSimd, TVec, TVectors, TEpilogue>(
        in GemmArguments g, ref TileArguments t, TEpilogue epilogue, nint ic, nint pc, nint panelBegin, nint panelEnd)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, IConstant
        where TEpilogue : unmanaged, IEpilogue
    {
        int panelWidth = sizeof(TVectors) * TSimd.Width;
        nint panelsInPair = 2 / sizeof(TVectors);
        nint pairStride = panelsInPair * g.BPanelStride;
        nint halfStride = sizeof(TVectors) == 2 ? TSimd.Width : g.BPanelStride;
        nint jr = panelBegin;
        while (jr < panelEnd)
        {
            nint pairs = Math.Min((panelEnd - jr) / panelsInPair, TwoRows.MaxPairs);
            nint panels = Math.Max(1, pairs * panelsInPair);
            t.B = g.B + (jr * g.BPanelStride) + (pc * g.BRowStride);
            t.C = g.C + (ic * g.CRowStride) + (jr * panelWidth);
            t.Column = jr * panelWidth;
            t.Columns = (int)Math.Min(panels * panelWidth, g.CIsPadded ? panels * panelWidth : g.N - t.Column);
            if (pairs == 0)
            {
                // A last panel of one vector has no partner.
                Microkernel.Run<TSimd, TVec, TVectors, Strided, TEpilogue>(TwoRows.Rows, 1, in t, in epilogue);
            }
            else
            {
                TwoRows.Run<TSimd, TVec, TEpilogue>((int)pairs, in t, pairStride, halfStride, epilogue);
            }

            jr += panels;
        }
    }
}
