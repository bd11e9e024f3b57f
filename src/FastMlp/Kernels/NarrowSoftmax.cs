using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary><see cref="Softmax"/> for rows of few columns, a vector's worth of rows at a time: one row in each lane.</summary>
/// <remarks>
/// Taken up to <see cref="Routes.NarrowSoftmaxColumns"/> columns, for one row too.
/// <code>
///  column 0   z[r0,0] z[r1,0] z[r2,0] ...      maximum, exponentials, sum and quotient go down the columns,
///  column 1   z[r0,1] z[r1,1] z[r2,1] ...      all rows at once
/// </code>
/// Along the rows a softmax of 10 columns took some 200 cycles (two padded exponentials, three steps across lanes, partial loads and
/// stores), a quarter of a whole 64-64-64-10 net in batches (AVX2, Zen 3). On its side it takes ten exponentials for eight rows and
/// no step across lanes. Every lane does the same, so a row has the same bits in any lane of any batch.
/// </remarks>
internal static unsafe class NarrowSoftmax
{
    /// <inheritdoc cref="Softmax.Rows(float*, float*, int, int, nint, nint)"/>
    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    public static void Rows<TSimd, TVec>(float* z, float* a, int m, int n, nint ldz, nint lda)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        float* columns = stackalloc float[Routes.NarrowSoftmaxColumns * TSimd.Width];
        for (int i = 0; i < m; i += TSimd.Width)
        {
            int rows = Math.Min(TSimd.Width, m - i);
            Columns.Load<TSimd, TVec>(z + (i * ldz), ldz, rows, n, columns, TSimd.Width, rows);
            TVec sum = Exponentials<TSimd, TVec>(columns, n, Max<TSimd, TVec>(columns, n));
            Scale<TSimd, TVec>(columns, n, TSimd.Divide(TSimd.Broadcast(1f), sum));
            Columns.Store<TSimd, TVec>(columns, TSimd.Width, rows, n, a + (i * lda), lda, rows);
        }
    }

    /// <summary>The fused form for class indices or targets.</summary>
    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    public static void CrossEntropy<TSimd, TVec, TTarget>(float* z, TTarget target, float* delta, float* a, float* rowLoss, int m, int n, nint ld, float scale)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TTarget : struct, Softmax.ITarget
    {
        float* columns = stackalloc float[Routes.NarrowSoftmaxColumns * TSimd.Width];
        float* targets = stackalloc float[Routes.NarrowSoftmaxColumns * TSimd.Width];
        float* losses = stackalloc float[TSimd.Width];
        TVec scales = TSimd.Broadcast(scale);
        for (int i = 0; i < m; i += TSimd.Width)
        {
            int rows = Math.Min(TSimd.Width, m - i);
            nint first = i * ld;
            Columns.Load<TSimd, TVec>(z + first, ld, rows, n, columns, TSimd.Width, rows);
            TVec max = Max<TSimd, TVec>(columns, n);
            TVec distance = TSimd.Zero;
            TVec weight = TSimd.Broadcast(1f);
            if (TTarget.IsLabel)
            {
                // The logit of the label, before a is written over z.
                for (int r = 0; r < rows; r++)
                {
                    losses[r] = columns[(target.Label(i + r) * TSimd.Width) + r];
                }

                distance = TSimd.Subtract(max, TSimd.Load(losses));
            }
            else
            {
                Columns.Load<TSimd, TVec>(target.Row(i), target.Stride, rows, n, targets, TSimd.Width, rows);
                weight = TSimd.Zero;
                for (int j = 0; j < n; j++)
                {
                    // A target of 0 takes no part, even where z is -infinity.
                    TVec t = TSimd.Load(targets + (j * TSimd.Width));
                    TVec d = TSimd.Multiply(t, TSimd.Subtract(max, TSimd.Load(columns + (j * TSimd.Width))));
                    weight = TSimd.Add(weight, t);
                    distance = TSimd.Add(distance, TSimd.Select(TSimd.Equal(t, TSimd.Zero), TSimd.Zero, d));
                }
            }

            TVec sum = Exponentials<TSimd, TVec>(columns, n, max);
            TSimd.Store(losses, TSimd.Add(TSimd.Multiply(VecMath.Log<TSimd, TVec>(sum), weight), distance));
            for (int r = 0; r < rows; r++)
            {
                rowLoss[i + r] = losses[r];
            }

            Scale<TSimd, TVec>(columns, n, TSimd.Divide(TSimd.Broadcast(1f), sum));
            Columns.Store<TSimd, TVec>(columns, TSimd.Width, rows, n, a + first, ld, rows);
            for (int j = 0; j < n; j++)
            {
                TVec value = TSimd.Load(columns + (j * TSimd.Width));
                TVec difference = TTarget.IsLabel
                    ? value
                    : TSimd.Subtract(TSimd.Multiply(value, weight), TSimd.Load(targets + (j * TSimd.Width)));
                TSimd.Store(targets + (j * TSimd.Width), TSimd.Multiply(difference, scales));
            }

            if (TTarget.IsLabel)
            {
                for (int r = 0; r < rows; r++)
                {
                    int place = (target.Label(i + r) * TSimd.Width) + r;
                    targets[place] = (columns[place] - 1f) * scale;
                }
            }

            Columns.Store<TSimd, TVec>(targets, TSimd.Width, rows, n, delta + first, ld, rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Max<TSimd, TVec>(float* columns, int n)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // AtLeast may lose a NaN that came earlier; the exponential of that element is NaN all the same.
        TVec max = TSimd.Load(columns);
        for (int j = 1; j < n; j++)
        {
            max = TSimd.AtLeast(max, TSimd.Load(columns + (j * TSimd.Width)));
        }

        return max;
    }

    /// <summary>columns &lt;- e^(columns - max); their sum, added in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Exponentials<TSimd, TVec>(float* columns, int n, TVec max)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec sum = TSimd.Zero;
        for (int j = 0; j < n; j++)
        {
            TVec e = VecMath.ExpOfNegative<TSimd, TVec>(TSimd.Subtract(TSimd.Load(columns + (j * TSimd.Width)), max));
            TSimd.Store(columns + (j * TSimd.Width), e);
            sum = TSimd.Add(sum, e);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale<TSimd, TVec>(float* columns, int n, TVec factor)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (int j = 0; j < n; j++)
        {
            TSimd.Store(columns + (j * TSimd.Width), TSimd.Multiply(TSimd.Load(columns + (j * TSimd.Width)), factor));
        }
    }
}
