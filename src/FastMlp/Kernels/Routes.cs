namespace FastMlp.Kernels;

/// <summary>
/// Every decision which kernel, tile, packing, block or side a product takes, and how many threads share it: pure functions of
/// shape and machine, each with the measurement that it stands on. Whoever computes asks here and decides nothing.
/// </summary>
/// <remarks>
/// <code>
/// a network     narrow, and padding costs more than turning?     on its side (Sideways, SidewaysGradient), else upright
/// a batch       large?                                           blocks of rows, each through all layers
/// a product     one unit?                                        Dot
///               one row or two?                                  RowProduct (of one row: weights by inputs where much of x is 0)
///               else                                             Gemm: blocks of k and of rows, A packed or not, register tiles
/// </code>
/// No decision changes a bit of a result, except <see cref="KBlock"/>, <see cref="IsDot"/> and, in training, how many sums of a
/// large batch are kept apart: these depend on shapes alone. Times: Z is AVX2 on Zen 3, X is AVX-512 on Sapphire Rapids.
/// </remarks>
internal static class Routes
{
    // ---- Panels and tiles

    /// <summary>Rows of the tallest register tile: 12 x 2 sums in 32 registers, 12 x 1 or 6 x 2 in 16, beside the vectors of B and one of A.</summary>
    public const int MaxTileRows = 12;

    /// <summary>Vectors in a panel row: two, or one where the second would hold only padding.</summary>
    public static int PanelVectors(nint n, int width) => (n + width - 1) / width % 2 == 0 ? 2 : 1;

    /// <summary>Rows of a register tile.</summary>
    public static int TileRows(int registers, int panelVectors) => registers >= 32 || panelVectors == 1 ? MaxTileRows : MaxTileRows / 2;

    /// <summary>Steps of p from which on the lines of C are asked for ahead (step 784-512-512-10 x 256 takes 3.6 % longer without, X): with fewer they would come late.</summary>
    public const nint StepsWorthPrefetching = 24;

    /// <summary>Steps of p from which on a tile ends by pairs of rows: below, the loop that is left is too short (8-32-32-1 takes 4 % longer, Z).</summary>
    public const nint StepsWorthPairing = 16;

    /// <summary>Rows of the tallest tile that ends by pairs: with more the JIT's budget for inlining runs out, and the product takes 1.7 times as long (X).</summary>
    public const int MostPairedRows = MaxTileRows / 2;

    // ---- Few rows, one unit

    /// <summary>Rows that <see cref="RowProduct"/> takes: 512 to 512 of two rows takes 16 us, as a tile 20 (Z).</summary>
    public const int RowProductRows = 2;

    /// <summary>Vectors of B in one pass over a row: eight sums hide the latency of a multiply-add, 4 cycles on two units.</summary>
    public const int RowVectors = 8;

    /// <summary>The same over two rows: twelve sums, three quarters of 16 registers.</summary>
    public const int PairOfRowsVectors = 6;

    /// <summary>Whether a product is for <see cref="RowProduct"/>: few rows, B in panels as it reads them, A and C row by row.</summary>
    /// <param name="g">The product.</param>
    /// <param name="rows">Rows of the block.</param>
    /// <param name="panelWidth">Nr.</param>
    public static bool IsRowProduct(in GemmArguments g, nint rows, nint panelWidth) =>
        rows <= RowProductRows && g.BForm != PanelForm.Transposed && g.AColumnStride == 1 && g.CPanelStride == panelWidth
        && g.BRowStride == (g.BForm == PanelForm.BFloat16 ? panelWidth / 2 : panelWidth);

    /// <summary>Whether a layer is a dot product a row: a panel would hold one column and padding.</summary>
    public static bool IsDot(nint n) => n == 1;

    /// <summary>Whether a row's sums fit in registers with nothing to decide: 4-16-3 takes 48 ns so, 69 without (X).</summary>
    public static bool IsSmallRow(nint k, nint n, nint vectors, nint kBlock, bool isBFloat16) =>
        vectors <= RowVectors && !IsSearched(k, n) && kBlock >= k && !isBFloat16;

    /// <summary>Whether zeros of a row are looked for: fewer weights stay in L1, where the search costs as much as it saves. Four in five inputs 0: 784-128-10 takes 1.4 us, 3.4 without (X).</summary>
    public static bool IsSearched(nint k, nint n) => k * n >= 8 * 1024;

    /// <summary>Whether so many of k inputs not being 0 make a list of them worth while: one in six must be 0.</summary>
    public static bool IsWorthListing(nint nonZero, nint k) => nonZero <= k - (k / 6);

    /// <summary>Whether weights by inputs are better than panels: one in four must be 0 (1024 x 1024, 70 % set: 54 us, panels 58; 82 %: 69 and 59, Z).</summary>
    public static bool IsByInputs(nint nonZero, nint k) => nonZero <= k - (k / 4);

    /// <summary>Columns up to which softmax goes with a row in each lane: along its rows it took a quarter of 64-64-64-10 (Z).</summary>
    public const int NarrowSoftmaxColumns = 16;

    // ---- Blocks of a product

    /// <summary>Steps of k in a block at most. A panel of 1024 steps streams from L2, cheaply: 128 x 784 x 512 has 95 % of the peak in one block, 89 in two (Z).</summary>
    public const int MaxKBlock = 1024;

    /// <summary>Blocks of k start at multiples of this, the widest panel there is, so that one can be made of whole pieces of a transposed B.</summary>
    public const int KBlockUnit = 32;

    /// <summary>Bytes of A in a block of rows: half of a 512 KB L2, the smallest among AVX2 servers.</summary>
    private const int ABlockBytes = 256 * 1024;

    /// <summary>Kc: the length of nearly equal blocks that cut k.</summary>
    public static nint KBlock(nint k)
    {
        nint blocks = Math.Max(1, (k + MaxKBlock - 1) / MaxKBlock);
        nint block = (k + blocks - 1) / blocks;
        return blocks == 1 ? Math.Max(1, block) : (block + KBlockUnit - 1) / KBlockUnit * KBlockUnit;
    }

    /// <summary>
    /// Mc: rows of A in a block that stays in L2, a multiple of every tile height. Blocks are as even as can be and may be a quarter
    /// larger than planned: of 128 rows of 512 a last block of 8 rows cost as much B as the other 120, and a sixth of dX (Z).
    /// </summary>
    public static nint RowBlock(nint rows, nint kBlock)
    {
        const nint largest = 2048;
        nint planned = Math.Clamp(ABlockBytes / sizeof(float) / Math.Max(1, kBlock), MaxTileRows, largest);
        nint blocks = Math.Max(1, (rows + planned + (planned / 4) - 1) / (planned + (planned / 4)));
        return (((rows + blocks - 1) / blocks) + MaxTileRows - 1) / MaxTileRows * MaxTileRows;
    }

    // ---- Packing of A

    /// <summary>Steps of p from which on the empty ones of a tile are left out: below, the call for each tile costs more.</summary>
    private const nint StepsWorthListing = 64;

    /// <summary>Panels from which on a block of A is read often enough to be packed or searched.</summary>
    private const nint PanelsWorthPacking = 4;

    /// <summary>
    /// Whether A as columns of a row-major matrix (x^T in dW) is packed: each step of p is a cache line, of which a tile uses a part. Rows
    /// a power of two apart evict one another: 66 to 75 % of the peak for dW of 512 x 512 at 128 rows (Z). An A that lies in L1 is read
    /// as it is for few panels: step 64-64-10 x 32 takes 5 % longer packed (AVX2, Sapphire Rapids).
    /// </summary>
    public static bool PacksColumns(in GemmArguments g, nint panels)
    {
        const nint fewPanels = 8, nearFloats = 4096;
        bool isNear = g.K < StepsWorthListing && g.K * g.AColumnStride <= nearFloats;
        return g.ARowStride == 1 && g.BForm == PanelForm.Panels && panels >= PanelsWorthPacking && !(panels <= fewPanels && isNear);
    }

    /// <summary>
    /// Whether each tile leaves out the steps of p in which all of its A is 0, the edges of images and rectified units: without, 256 such
    /// rows of 784-512-512-10 take 28 % longer, a step of 784-128-10 6 % (X).
    /// </summary>
    public static bool ListsSteps(in GemmArguments g, nint panels) =>
        g.KBlock >= StepsWorthListing && (PacksColumns(in g, panels) || (panels >= PanelsWorthPacking && g.AColumnStride == 1));

    /// <summary>Whether so few of k steps being full make the list worth while: one in eight must be empty.</summary>
    public static bool IsWorthSkipping(nint full, nint k) => full <= k - (k / 8);

    // ---- Threads

    /// <summary>
    /// Multiply-adds below which a product stays on one core: 20 us of work. A fork costs less than 1 us while the worker looks out for
    /// it, some microseconds where it sleeps, and on a busy machine the worker may stop in the middle.
    /// </summary>
    private const double ForkWork = 1_000_000;

    /// <summary>Elements below which a pass over a range stays on one core: some 10 us of work.</summary>
    public const nint ElementsWorthForking = 16 * 1024;

    /// <summary>The same of a pass of a few instructions an element: activations and updates.</summary>
    public const nint ActivationsWorthForking = 32 * 1024;

    /// <summary>The same of adding alone: 256 rows of 784 take 30 us instead of 48 on two threads.</summary>
    public const nint SumsWorthForking = 64 * 1024;

    /// <summary>The same of copying from memory, at 8 bytes a nanosecond.</summary>
    public const nint CopiesWorthForking = 20_000;

    /// <summary>Shares that a thread takes its part in: others find some left where it is slow, and taking them costs nothing.</summary>
    public const int SharesOfThread = 8;

    /// <summary>Whether a product is shared out.</summary>
    public static bool IsForked(in GemmArguments g, int threads) => threads > 1 && (double)g.M * g.N * g.K >= ForkWork;

    /// <summary>
    /// Blocks of rows that a forked product is cut into: some for each thread, of even height, if there is a good handful of tiles for
    /// each, else as on one thread. So too where each panel is made first, for each block makes them all: a weight costs half a cycle, as
    /// much as 8 rows of its products, unless so few steps follow that storing them costs more.
    /// </summary>
    public static nint BlocksOfRows(in GemmArguments g, nint panels, int threads, int tileRows)
    {
        const nint rowsWorthMaking = 128, fewSteps = 64, sharesWanted = 8;
        bool isMade = g.BForm != PanelForm.Panels && panels >= 4 * threads;
        nint each = (g.M + threads - 1) / threads;
        bool byRows = each >= (isMade && g.K > fewSteps ? rowsWorthMaking : 4 * tileRows) || panels < threads;
        if (!byRows)
        {
            nint whole = RowBlock(g.M, g.KBlock);
            return (g.M + whole - 1) / whole;
        }

        // Few panels make few shares: rows are cut finer then.
        nint block = RowBlock(each, g.KBlock);
        nint finer = Math.Min((sharesWanted + panels - 1) / panels, each / (2 * tileRows));
        return threads * Math.Max((each + block - 1) / block, finer);
    }

    /// <summary>Panels that a thread takes at a time: 4 us of work. Where each visit packs A anew for every block of k, or several panels go at once, a good part of all.</summary>
    public static nint PanelsAtATime(in GemmArguments g, nint panels, nint blocks, nint panelWidth)
    {
        const double shareWork = 200_000;
        return g.K > g.KBlock || g.M <= RowProductRows
            ? Math.Max(8, panels / 4)
            : (nint)Math.Clamp(shareWork / ((double)g.M / blocks * panelWidth * g.K), 1, panels);
    }

    /// <summary>Panels that another thread must have left for some to be taken from it: its rows must come into this core's cache, and packing them costs as much as two panels.</summary>
    public static nint PanelsWorthTakingOver(in GemmArguments g, nint atATime) => (g.ARowStride == 1 ? 4 : 2) * atATime;

    /// <summary>Rows of a batch that a thread takes at a time through all layers, whole tiles and no more than a block.</summary>
    public static nint RowsAtATime(nint rows, nint rowBlock, int threads)
    {
        nint share = (rows + (SharesOfThread * threads) - 1) / (SharesOfThread * threads);
        return Math.Min(rowBlock, (share + MaxTileRows - 1) / MaxTileRows * MaxTileRows);
    }

    // ---- Blocks of rows through a network

    /// <summary>
    /// Rows that are carried through all layers before the next start: activations stay in a part of L2, and weights stream once for many
    /// rows. Blocks that fit L1 gain nothing: 64-64-64-10 at 1,024 rows takes 211 us in blocks of 240 rows, 224 in blocks of 36 (Z).
    /// </summary>
    /// <param name="widestPass">Floats of a row in and out of the widest layer.</param>
    public static nint NetworkRowBlock(nint widestPass)
    {
        const nint bytes = 256 * 1024, most = 20;
        return Math.Clamp(bytes / (widestPass * sizeof(float)) / MaxTileRows, 2, most) * MaxTileRows;
    }

    /// <summary>Whether a network of one layer goes as one product, which cuts its rows itself: 256 x 1024 x 1024 takes 6.7 % longer in blocks (X).</summary>
    public static bool IsOneProduct(int layers, bool isActivationCheap, bool padsOutputs) => layers == 1 && isActivationCheap && !padsOutputs;

    /// <summary>Whether outputs that end inside a panel are made with padding and copied: stores of part of a vector cost more.</summary>
    public static bool PadsOutputs(nint n, int width) => !IsDot(n) && n % (PanelVectors(n, width) * width) != 0;

    /// <summary>Rows in a block of training upright: activations and deltas fill half of a 512 KB L2; a product over fewer than 64 spends too much on its start.</summary>
    public static nint UprightBlockRows(nint bytesOfRow)
    {
        const nint bytes = 256 * 1024, fewest = 64;
        return Math.Max(fewest, bytes / bytesOfRow / fewest * fewest);
    }

    /// <summary>Rows of a batch from which on training goes block by block: eight blocks. 4,000 rows of 784-128-10 take 21 ms so, 27 as whole products (Z).</summary>
    public static nint FewestUprightRows(nint blockRows) => 8 * blockRows;

    /// <summary>
    /// Rows in a block of training on their side, whole tiles on every instruction set: a quarter of a 512 KB L2, beside the sums of all
    /// gradients. Each block reads and writes those: 10,000 rows of 4-32-16-4 (tanh) take 980 us in blocks of 48 rows, 806 of 192, 790 of 384 (Z).
    /// </summary>
    public static nint SidewaysBlockRows(nint floatsOfRow)
    {
        const nint bytes = 128 * 1024, unit = 48, most = 384;
        return Math.Clamp(bytes / sizeof(float) / floatsOfRow / unit * unit, unit, most);
    }

    /// <summary>The most sums of a large batch that are kept apart, so the most threads that find work.</summary>
    public const int MostSums = 16;

    /// <summary>
    /// Sums of a large batch that are kept apart, for threads to share: 20 us of work each, as for any fork, and 512 rows, for the end of
    /// a sum costs each weight as much as 20 rows. The number of threads has no part in it, or bits would hang on it.
    /// </summary>
    public static int Sums(nint rows, nint parameters) => (int)Math.Clamp(Math.Min(3.0 * rows * parameters / ForkWork, rows / 512.0), 1, MostSums);

    // ---- Rows on their side

    /// <summary>Rows that are carried through all layers on their side: two buffers of 32 columns are 24 KB and stay in L1, and the rows are whole tiles on every instruction set.</summary>
    public const int SidewaysRows = 96;

    /// <summary>Widest layer or input that goes sideways: two buffers of 64 columns are 48 KB, and wider ones were not measured.</summary>
    public const int MaxSidewaysColumns = 64;

    /// <summary>
    /// Rows from which on a network of such layers gains by going on its side; <see cref="nint.MaxValue"/> if it never does. Costs are in
    /// multiply-adds of a lane, a sixteenth of a cycle on AVX2. One vector of rows is too few: multiply-adds wait for one another.
    /// </summary>
    /// <param name="layers">The layers, in a chain.</param>
    /// <param name="width">Lanes of a vector.</param>
    /// <param name="isTraining">Whether rows go back too; each weight then costs a run, whose sum is cleared, added across lanes and stored.</param>
    /// <param name="endsLinear">Whether the loss is taken from z of the last layer.</param>
    public static nint FewestSidewaysRows(ReadOnlySpan<LayerShape> layers, int width, bool isTraining, bool endsLinear)
    {
        const double weightCost = 70;
        double gain = SidewaysGain(layers, width, isTraining, endsLinear);
        if (width == 1 || gain <= 0)
        {
            return nint.MaxValue;
        }

        double weights = 0;
        foreach (LayerShape layer in layers)
        {
            weights += isTraining ? (layer.K + 1) * layer.N : 0;
        }

        return (nint)Math.Max(width + 1, weightCost * weights / gain);
    }

    /// <summary>What a row gains: padding that is neither multiplied nor activated, less what turning it costs.</summary>
    private static double SidewaysGain(ReadOnlySpan<LayerShape> layers, int width, bool isTraining, bool endsLinear)
    {
        // Turning a value; the copy of padded outputs; a loss over part of a vector; tanh of a lane: 10 cycles a vector, a multiply-add half a one.
        const double turning = 6, outputCopy = 128, partialLoss = 400, exponential = 20;
        nint inputs = layers[0].K, outputs = layers[^1].N;
        double gain = -turning * (isTraining ? inputs + (3 * outputs) : inputs + outputs);
        if (Padded(outputs, width) != outputs)
        {
            gain += outputCopy + (isTraining && !endsLinear ? partialLoss : 0);
        }

        for (int i = 0; i < layers.Length; i++)
        {
            LayerShape layer = layers[i];

            // Forward; in training dW as well, and dX but for the first layer.
            gain += (isTraining ? 2 : 1) * PaddedWork(layer.N, width) * layer.K;
            gain += isTraining && i > 0 ? PaddedWork(layer.K, width) * layer.N : 0;
            bool isLinear = endsLinear && i == layers.Length - 1;
            gain += layer.HasExponential && !isLinear ? (layer.Stride - layer.N) * exponential : 0;
        }

        return gain;
    }

    /// <summary>Columns that an upright product pays for and nobody reads. Panels of one vector take 1.4 times as long: each step loads a row's value for half the multiply-adds.</summary>
    private static double PaddedWork(nint n, int width) =>
        IsDot(n) ? 0 : (Padded(n, width) * (PanelVectors(n, width) == 1 ? 1.4 : 1)) - n;

    private static nint Padded(nint n, int width)
    {
        nint panel = PanelVectors(n, width) * width;
        return (n + panel - 1) / panel * panel;
    }
}
