using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// What the tiles of a product read instead of A as it lies: the thread's buffer with a block of its rows, packed tile by tile, with or without the
/// steps of p in which a tile is all 0. It is kept from panel to panel, and from call to call for the same rows of one product.
/// </summary>
internal unsafe struct BlockOfA
{
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
        PacksColumns = Routes.PacksColumns(in g, panels);
        lists = Routes.ListsSteps(in g, panels);
        nint madeLength = g.BForm == PanelForm.Panels ? 0 : Packing.MadeSteps(g.KBlock) * panelWidth;
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

    /// <summary>Room for one panel of B, where that is made.</summary>
    public float* Made { get; }

    /// <summary>Whether steps are left out, so that each tile has a list of the others.</summary>
    public bool Skips { get; private set; }

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

        return Routes.IsWorthSkipping(full, looks);
    }

    /// <summary>
    /// Lists the steps in which a tile of A is not all 0; false if they are not worth leaving out. A first tile that is
    /// nearly full answers for all, and a row that is, for its tile: dense data cost one row, not six (64 x 64 x 64: 89.5 to 91.0
    /// GFLOP/s, 91.3 without any look; AVX2, Zen 3).
    /// </summary>
    private readonly bool ListSteps(float* a, nint rowStride, in TileHeights heights, nint k)
    {
        if (!Routes.IsWorthSkipping(NonZero.Count(a, k), k))
        {
            return false;
        }

        for (nint tile = 0; tile < heights.Count; tile++)
        {
            nint height = heights.Of(tile);
            lengths[tile] = NonZero.List(a, rowStride, height, k, list + (tile * listStride));
            if (tile == 0 && !Routes.IsWorthSkipping(lengths[0], k))
            {
                return false;
            }

            a += height * rowStride;
        }

        return true;
    }
}
