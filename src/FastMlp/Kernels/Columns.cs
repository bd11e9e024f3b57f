using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Rows turned on their side: a vector or more for each column, a row in each lane, so that sums over a row need no step across lanes.</summary>
/// <remarks>
/// <code>
/// source    r0: a b c d e      columns    a: r0 r1 r2 ... | 0      stride floats to a column, zeros in the
///           r1: a b c d e                 b: r0 r1 r2 ... | 0      lanes of the last vector without a row
/// </code>
/// Blocks of four rows and columns are turned in registers. Columns short of four go in a block too where what is read (or written)
/// past the row's end belongs to rows that follow; columns must then have room for whole blocks.
/// </remarks>
internal static unsafe class Columns
{
    /// <summary>Rows and columns of a block that is turned at once.</summary>
    public const int Block = 4;

    /// <summary>columns[j, r] &lt;- source[r, j] for <paramref name="rows"/> rows of n columns; lanes of the last vector without a row become 0.</summary>
    /// <param name="source">Row 0.</param>
    /// <param name="ld">Floats from row to row.</param>
    /// <param name="rows">Rows to turn.</param>
    /// <param name="n">Columns.</param>
    /// <param name="columns">Column 0.</param>
    /// <param name="stride">Floats from column to column, at least the rows rounded up to whole vectors.</param>
    /// <param name="readable">Rows that may be read from row 0 on, at least those to turn: the room behind them for blocks that read past a row's end.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<TSimd, TVec>(float* source, nint ld, nint rows, nint n, float* columns, nint stride, nint readable)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        nint filled = rows / TSimd.Width * TSimd.Width;
        for (nint j = 0; j < n && filled < rows; j++)
        {
            TSimd.Store(columns + (j * stride) + filled, TSimd.Zero);
        }

        nint r = 0;
        for (; r <= rows - Block; r += Block)
        {
            nint whole = WholeColumns(n, r, readable);
            for (nint j = whole; j < n; j++)
            {
                for (nint i = r; i < r + Block; i++)
                {
                    columns[(j * stride) + i] = source[(i * ld) + j];
                }
            }

            for (nint j = 0; j < whole; j += Block)
            {
                Transpose.Block4(source + (r * ld) + j, ld, columns + (j * stride) + r, stride);
            }
        }

        for (; r < rows; r++)
        {
            for (nint j = 0; j < n; j++)
            {
                columns[(j * stride) + r] = source[(r * ld) + j];
            }
        }
    }

    /// <summary>destination[r, j] &lt;- columns[j, r], the reverse; nothing past the rows and columns is written, but for what <paramref name="following"/> allows.</summary>
    /// <param name="columns">Column 0.</param>
    /// <param name="stride">Floats from column to column.</param>
    /// <param name="rows">Rows to turn.</param>
    /// <param name="n">Columns.</param>
    /// <param name="destination">Row 0.</param>
    /// <param name="ld">Floats from row to row.</param>
    /// <param name="following">
    /// Rows from row 0 on whose values are written by this call or a later one, if rows lie close together (ld = n): a block may then write past a row's end.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TSimd, TVec>(float* columns, nint stride, nint rows, nint n, float* destination, nint ld, nint following)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        if (ld != n)
        {
            following = 0;
        }

        nint r = 0;
        for (; r <= rows - Block; r += Block)
        {
            // Blocks from the right, so that one which spills over into the next rows comes before the blocks that belong there.
            nint whole = WholeColumns(n, r, following);
            for (nint j = whole - Block; j >= 0; j -= Block)
            {
                Transpose.Block4(columns + (j * stride) + r, stride, destination + (r * ld) + j, ld);
            }

            for (nint j = whole; j < n; j++)
            {
                for (nint i = r; i < r + Block; i++)
                {
                    destination[(i * ld) + j] = columns[(j * stride) + i];
                }
            }
        }

        for (; r < rows; r++)
        {
            for (nint j = 0; j < n; j++)
            {
                destination[(r * ld) + j] = columns[(j * stride) + r];
            }
        }
    }

    /// <summary>Columns that go in blocks at row r: all, if a block's worth of rows follows (three floats past a row's end lie in the next three rows, at the narrowest), else whole fours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint WholeColumns(nint n, nint r, nint rows) => r + (2 * Block) <= rows ? (n + Block - 1) & -Block : n & -Block;
}
