using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// What the tiles of a product read instead of A as it lies: the thread's buffer with a block of its rows, packed tile by tile, with or without the
/// steps of p in which a tile is all 0. It is kept from panel to panel, and from call to call for the same rows of one product.
/// </summary>
internal unsafe struct BlockOfA
{
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

    private readonly bool lists;
    private readonly float* packed;
    private readonly nint* lengths;
    private readonly int* list;
    private nint listStride;

    /// <summary>The first row of what the buffer holds, -1 for none. The same row comes with the same tiles and steps.</summary>
    private nint held = -1;

    /// <summary>Makes room in the thread's buffer, for a panel of B too where that is made. No other product of this thread may use it meanwhile.</summary>
    /// <param name="g">The product.</param>
    /// <param name="panels">Panels of B.</param>
    /// <param name="panelWidth">Columns of each.</param>
    /// <param name="tallestTile">Rows of the largest tile.</param>
    /// <param name="tallestBlock">Rows of the largest block that will come.</param>
    public BlockOfA(in GemmArguments g, nint panels, int panelWidth, int tallestTile, nint tallestBlock)
    {
        // Columns of a row-major matrix as rows of A (x^T in dW): one cache line for each step of p, of which a tile uses a part.
        // Packed once they serve every panel. It pays most where rows are a power of two apart and evict one another: 66 to 75 % of
        // the peak for 512 to 512 at 128 rows, 512 floats apart (AVX2, separate runs); at other strides it gained little.
        bool manyPanels = panels >= PanelsWorthPacking;
        bool isNear = g.K < StepsWorthListing && g.K * g.AColumnStride <= NearFloats;
        bool isShort = g.K < StepsWorthPacking && g.AColumnStride % Aliasing != 0;
        bool staysUnpacked = panels <= FewPanels && (isNear || isShort);
        PacksColumns = g.ARowStride == 1 && manyPanels && g.BForm == PanelForm.Panels && !staysUnpacked;

        // Steps in which a tile of A is all 0 are left out, where a list of the others is soon made: the edges of images, rectified units.
        lists = g.KBlock >= StepsWorthListing && (PacksColumns || (manyPanels && g.AColumnStride == 1));
        PacksRows = lists && GemmBlocking.PacksRowMajor(in g);
        nint madeLength = g.BForm == PanelForm.Panels ? 0 : GemmBlocking.MadeSteps(g.KBlock) * panelWidth;
        nint packedLength = PacksColumns || lists ? tallestBlock * g.KBlock : 0;
        nint tiles = lists ? (tallestBlock + tallestTile - 1) / tallestTile : 0;
        nint listsLength = tiles * ((sizeof(nint) / sizeof(int)) + g.KBlock + NonZero.Slack);
        nint length = madeLength + packedLength + listsLength;
        Made = length > 0 ? PackBuffer.OfThisThread(length) : null;
        packed = Made + madeLength;
        lengths = (nint*)(packed + packedLength);
        list = (int*)(lengths + tiles);
    }

    /// <summary>Whether A, columns of a row-major matrix, is packed.</summary>
    public bool PacksColumns { get; }

    /// <summary>Whether a row-major A is packed, also where no step is left out.</summary>
    public bool PacksRows { get; }

    /// <summary>Room for one panel of B, where that is made.</summary>
    public float* Made { get; }

    /// <summary>Whether steps are left out, so that each tile has a list of the others.</summary>
    public bool Skips { get; private set; }

    /// <summary>Whether tiles are read from the buffer where no step is left out.</summary>
    public readonly bool IsPacked => PacksColumns || PacksRows;

    /// <summary>Takes <paramref name="k"/> steps of these tiles from A[<paramref name="row"/>, <paramref name="pc"/>] on, unless the buffer holds them.</summary>
    public void Take(in GemmArguments g, nint row, in TileHeights heights, nint pc, nint k)
    {
        if (held == row)
        {
            return;
        }

        listStride = k + NonZero.Slack;
        Skips = false;
        float* a = g.A + (row * g.ARowStride) + (pc * g.AColumnStride);
        if (PacksColumns)
        {
            Skips = lists && HasEmptySteps(a, g.AColumnStride, in heights, k);
            if (Skips)
            {
                Packing.PackNonZeroRows(a, g.AColumnStride, in heights, k, packed, list, listStride, lengths);
            }
            else
            {
                Packing.PackRows(a, g.AColumnStride, in heights, k, packed);
            }
        }
        else if (lists)
        {
            Skips = ListSteps(a, g.ARowStride, in heights, k);
            if (Skips)
            {
                Packing.PackListed(a, g.ARowStride, in heights, k, list, listStride, lengths, packed);
            }
            else if (PacksRows)
            {
                Packing.PackRowMajor(a, g.ARowStride, in heights, k, packed, list, lengths);
            }
        }

        // Of several blocks of k none is there when the next panels come.
        held = k == g.K ? row : -1;
    }

    /// <summary>Where the tile is packed that begins <paramref name="row"/> rows below the block's first.</summary>
    public readonly float* Packed(nint row, nint k) => packed + (row * k);

    /// <summary>The steps of a tile that are not left out.</summary>
    public readonly int* Steps(nint tile, out nint count)
    {
        count = lengths[tile];
        return list + (tile * listStride);
    }

    /// <summary>
    /// Whether enough steps of a transposed A are all 0, judged by a few steps, each time others, of a few tiles from the block's start to its
    /// end. Each look waits for a line of its own, some 60 cycles: with 512 of them dW of 784 to 128 at 128 rows took 3 % longer (AVX2, Zen 3).
    /// </summary>
    private static bool HasEmptySteps(float* source, nint stride, in TileHeights heights, nint k)
    {
        nint samples = Math.Min(heights.Count, TilesTried);
        nint every = Math.Max(1, k / StepsTried);
        nint looks = 0, full = 0;
        for (nint sample = 0; sample < samples; sample++)
        {
            float* tile = source + heights.Row(((2 * sample) + 1) * heights.Count / (2 * samples));
            for (nint p = sample * every / samples; p < k; p += every)
            {
                looks++;
                full += NonZero.Count(tile + (p * stride), heights.Least) > 0 ? 1 : 0;
            }
        }

        return full * WorthSkipping <= looks * (WorthSkipping - 1);
    }

    /// <summary>
    /// Lists the steps in which a tile of A is not all 0; false if they are not worth leaving out. A first tile that is
    /// nearly full answers for all, and a row that is, for its tile: dense data cost one row, not six (64 x 64 x 64: 89.5 to 91.0
    /// GFLOP/s, 91.3 without any look; AVX2, Zen 3).
    /// </summary>
    private readonly bool ListSteps(float* a, nint rowStride, in TileHeights heights, nint k)
    {
        nint tooMany = k - (k / WorthSkipping);
        if (NonZero.Count(a, k) > tooMany)
        {
            return false;
        }

        for (nint tile = 0; tile < heights.Count; tile++)
        {
            nint height = heights.Of(tile);
            lengths[tile] = NonZero.List(a, rowStride, height, k, list + (tile * listStride));
            if (tile == 0 && lengths[0] > tooMany)
            {
                return false;
            }

            a += height * rowStride;
        }

        return true;
    }
}
