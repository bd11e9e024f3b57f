using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>A vector's worth of rows turned on their side: one vector for each column, a row in each lane, so that sums over a row need no step across lanes.</summary>
internal static unsafe class Columns
{
    /// <summary>columns[j, r] &lt;- source[r, j] for <paramref name="rows"/> rows (at most a vector's lanes) of n columns; lanes without a row become 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<TSimd, TVec>(float* source, nint ld, int rows, int n, float* columns)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        int turned = Whole<TSimd, TVec>(rows, n);
        if (rows < TSimd.Width)
        {
            for (int j = 0; j < n; j++)
            {
                TSimd.Store(columns + (j * TSimd.Width), TSimd.Zero);
            }
        }

        // The columns beside the blocks first: their single floats are on their way to L1 when the vectors are read.
        for (int r = 0; r < rows; r++)
        {
            for (int j = turned; j < n; j++)
            {
                columns[(j * TSimd.Width) + r] = source[(r * ld) + j];
            }
        }

        for (int r = 0; r < TSimd.Width && turned > 0; r += Block)
        {
            for (int j = 0; j < turned; j += Block)
            {
                Transpose.Block4(source + (r * ld) + j, ld, columns + (j * TSimd.Width) + r, TSimd.Width);
            }
        }
    }

    /// <summary>destination[r, j] &lt;- columns[j, r], the reverse; nothing past the rows and columns is written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TSimd, TVec>(float* columns, int rows, int n, float* destination, nint ld)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        int turned = Whole<TSimd, TVec>(rows, n);
        for (int r = 0; r < TSimd.Width && turned > 0; r += Block)
        {
            for (int j = 0; j < turned; j += Block)
            {
                Transpose.Block4(columns + (j * TSimd.Width) + r, TSimd.Width, destination + (r * ld) + j, ld);
            }
        }

        for (int r = 0; r < rows; r++)
        {
            for (int j = turned; j < n; j++)
            {
                destination[(r * ld) + j] = columns[(j * TSimd.Width) + r];
            }
        }
    }

    /// <summary>Rows and columns of a block that is turned at once.</summary>
    private const int Block = 4;

    /// <summary>Columns that go in blocks: all fours where the rows fill the vector, else none.</summary>
    private static int Whole<TSimd, TVec>(int rows, int n)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => rows == TSimd.Width && TSimd.Width % Block == 0 ? n / Block * Block : 0;
}
