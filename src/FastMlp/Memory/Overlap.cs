using System.Runtime.CompilerServices;

namespace FastMlp.Memory;

/// <summary>Whether two blocks of floats share memory: a pass that writes y block by block would read its own answers as x.</summary>
internal static unsafe class Overlap
{
    /// <summary>Whether two runs of floats have one in common.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Of(float* x, nint lengthOfX, float* y, nint lengthOfY) =>
        (nuint)((byte*)y - (byte*)x) < (nuint)lengthOfX * sizeof(float) || (nuint)((byte*)x - (byte*)y) < (nuint)lengthOfY * sizeof(float);

    /// <summary>Whether two matrices have an element in common. Windows side by side in one array do not, although their rows alternate in memory.</summary>
    public static bool Of(MatrixView x, MatrixView y)
    {
        if (x.Rows == 0 || y.Rows == 0 || !Of(x.Pointer, Length(x), y.Pointer, Length(y)))
        {
            return false;
        }

        // Both have their rows in order: of two rows that lie apart, the lower one is behind all that are left of the other matrix.
        for (nint i = 0, j = 0; i < x.Rows && j < y.Rows;)
        {
            float* rowOfX = x.Pointer + (i * x.Stride), rowOfY = y.Pointer + (j * y.Stride);
            if (Of(rowOfX, x.Columns, rowOfY, y.Columns))
            {
                return true;
            }

            if (rowOfX < rowOfY)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return false;
    }

    /// <summary>Floats from the first element to behind the last.</summary>
    private static nint Length(MatrixView m) => ((m.Rows - 1) * m.Stride) + m.Columns;
}
