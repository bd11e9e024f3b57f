using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>The block sizes: what must fit where.</summary>
internal static class GemmBlocking
{
    /// <summary>
    /// Steps of k in a block. A B panel of 1024 x 16 floats streams from L2 while its tiles pass, and that is cheap enough: on AVX2
    /// (Zen 3) a layer of 784 to 512 at 128 rows reached 95 % of the peak in one block, 89 % in two of 392, which fit L1 but pass over C twice.
    /// </summary>
    public const int MaxKBlock = 1024;

    /// <summary>Bytes of A that one block of rows may take: half of a 512 KB L2, the smallest among AVX2 servers.</summary>
    private const int RowBlockBytes = 256 * 1024;

    /// <summary>Columns of C from which on a row-major A is packed.</summary>
    private const nint ColumnsWorthPacking = 768;

    /// <summary>Steps of k from which on it is: shorter rows lie close enough.</summary>
    private const nint LongRow = 256;

    /// <summary>More rows in a block gain nothing, whatever k.</summary>
    private const int LargestRowBlock = 2048;

    /// <summary>Vectors in a panel row: two, or one where the second would hold only padding.</summary>
    public static int PanelVectors(nint n) => Vectors(n) % 2 == 0 ? 2 : 1;

    /// <summary>Vectors that n columns need.</summary>
    public static nint Vectors(nint n) => (n + Isa.Width - 1) / Isa.Width;

    /// <summary>Nr, the columns of a panel.</summary>
    public static nint PanelWidth(nint n) => PanelVectors(n) * Isa.Width;

    /// <summary>Panels that n columns need.</summary>
    public static nint Panels(nint n) => (n + PanelWidth(n) - 1) / PanelWidth(n);

    /// <summary>n rounded up to whole panels.</summary>
    public static nint Padded(nint n) => Panels(n) * PanelWidth(n);

    /// <summary>Blocks of k start at multiples of this, the widest panel there is, so that one can be made of whole pieces of a transposed B.</summary>
    private const int KBlockUnit = 32;

    /// <summary>The length of nearly equal blocks that cut k into pieces of at most <see cref="MaxKBlock"/>.</summary>
    public static nint KBlock(nint k)
    {
        nint blocks = Math.Max(1, (k + MaxKBlock - 1) / MaxKBlock);
        nint block = (k + blocks - 1) / blocks;
        return blocks == 1 ? Math.Max(1, block) : (block + KBlockUnit - 1) / KBlockUnit * KBlockUnit;
    }

    /// <summary>Steps that a panel made from a transposed B is written with: up to whole panels of B^T.</summary>
    public static nint MadeSteps(nint kBlock) => (kBlock + KBlockUnit - 1) / KBlockUnit * KBlockUnit;

    /// <summary>Rows of a register tile: what the registers hold beside the vectors of B and one of A.</summary>
    public static int TileRows<TSimd, TVec>(int panelVectors)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.Registers >= 32 || panelVectors == 1 ? Microkernel.MaxRows : Microkernel.MaxRows / 2;

    /// <summary>
    /// Whether a row-major A is packed, tile by tile: long rows lie on as many pages and often in the same sets of L1 and L2. Packing takes about
    /// a cycle an element, its products half a one for each vector of C: of 512 columns a product took 2 % longer so, of 1,024 0 to 3 % less,
    /// of 2,048 3 to 6 (AVX2, Zen 3). Where B is made a panel at a time (dX), the lower blocks would make it more often: 7 % longer.
    /// </summary>
    public static bool PacksRowMajor(in GemmArguments g) =>
        g.AColumnStride == 1 && g.BForm == PanelForm.Panels && g.N >= ColumnsWorthPacking && g.KBlock >= LongRow;

    /// <summary>
    /// Mc: rows of A in a block that stays in L2, a multiple of every tile height. Blocks are as even as can be and may be a quarter
    /// larger than planned: of 128 rows of 512 a last block of 8 rows cost as much B as the other 120, and a sixth of dX. dW of 784 to 512 at
    /// 128 rows gained 0 to 2 % by blocks half as high, of 784 to 128 lost 1.5 (AVX2, Zen 3).
    /// </summary>
    public static nint RowBlock(in GemmArguments g, nint rows)
    {
        // A packed A passes over all of B for each of its blocks, and over a C that is streamed: the three must share L2.
        bool sharesL2 = (g.ARowStride == 1 || PacksRowMajor(in g)) && g.N * g.KBlock * sizeof(float) > RowBlockBytes / 2;
        nint bytes = sharesL2 ? RowBlockBytes / 2 : RowBlockBytes;
        nint planned = Math.Clamp(bytes / sizeof(float) / Math.Max(1, g.KBlock), Microkernel.MaxRows, LargestRowBlock);
        nint blocks = Math.Max(1, (rows + planned + (planned / 4) - 1) / (planned + (planned / 4)));
        return (((rows + blocks - 1) / blocks) + Microkernel.MaxRows - 1) / Microkernel.MaxRows * Microkernel.MaxRows;
    }
}
