using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// Batch normalization (Ioffe and Szegedy, 2015): a = gamma (x - mean) / sqrt(variance + epsilon) + beta, column by column, and its
/// backward pass.
/// </summary>
/// <remarks>
/// Every column is a lane: sums go down the rows, in blocks of rows, so they depend on the batch alone and not on threads, and
/// their rounding does not grow with its length. Vectors of gamma, beta and statistics are whole, padded with zeros (the variance's
/// padding may be anything that is finite).
/// </remarks>
internal static unsafe class BatchNormalization
{
    /// <summary>Rows whose sum is finished before it goes into the next: rounding then grows with the number of blocks at most.</summary>
    private const nint Block = 64;

    /// <summary>The mean of each column, its variance (the sum of squares over the rows, not one less), and a.</summary>
    public static void Forward(MatrixView x, float* gamma, float* beta, float epsilon, float* mean, float* variance, MatrixView a, int threads) =>
        ShareColumns(new ForwardWork(x, gamma, beta, epsilon, mean, variance, a), x, threads);

    /// <summary>a from given statistics: a column at a time for many rows, element by element the same for one.</summary>
    public static void Apply(MatrixView x, float* gamma, float* beta, float epsilon, float* mean, float* variance, MatrixView a) =>
        ShareColumns(new ApplyWork(x, gamma, beta, epsilon, mean, variance, a), x, threads: 1);

    /// <summary>dL/dgamma and dL/dbeta from dL/da.</summary>
    public static void ParameterGradient(MatrixView x, float epsilon, float* mean, float* variance, MatrixView delta, float* gammaGradient, float* betaGradient, int threads) =>
        ShareColumns(new ParameterWork(x, epsilon, mean, variance, delta, gammaGradient, betaGradient), x, threads);

    /// <summary>dL/dx = gamma / sqrt(variance + epsilon) (delta - (dL/dbeta + x' dL/dgamma) / rows), x' the normalized x; with its padding.</summary>
    public static void InputDelta(
        MatrixView x, float* gamma, float epsilon, float* mean, float* variance, MatrixView delta, float* gammaGradient, float* betaGradient, MatrixView deltaOfX, int threads) =>
        ShareColumns(new InputWork(x, gamma, epsilon, mean, variance, delta, gammaGradient, betaGradient, deltaOfX), x, threads);

    private static void ShareColumns<TWork>(TWork work, MatrixView x, int threads)
        where TWork : unmanaged, IRangeWork => Ranges.Share(work, x.Columns, AlignedBuffer.AlignmentFloats, x.Rows * x.Columns, threads);

    /// <summary>1 / sqrt(variance + epsilon).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Scale<TSimd, TVec>(float* variance, float epsilon)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Divide(TSimd.Broadcast(1f), TSimd.Sqrt(TSimd.Add(TSimd.Load(variance), TSimd.Broadcast(epsilon))));

    /// <summary>a &lt;- (x - mean) scale + beta down the rows of one vector of columns.</summary>
    [MethodImpl(Compile.Loop)]
    private static void Column<TSimd, TVec>(float* x, nint ldx, TVec mean, TVec scale, TVec beta, float* a, nint lda, nint rows, int lanes)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (nint i = 0; i < rows; i++, x += ldx, a += lda)
        {
            TVec centred = TSimd.Subtract(Tail.Load<TSimd, TVec>(x, lanes), mean);
            Tail.Store<TSimd, TVec>(a, TSimd.MultiplyAdd(centred, scale, beta), lanes);
        }
    }

    /// <summary>The sum of (x - centre)^power down the rows, power 1 or 2.</summary>
    [MethodImpl(Compile.Loop)]
    private static TVec Sum<TSimd, TVec>(float* x, nint ld, nint rows, int lanes, TVec centre, bool squares)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec total = TSimd.Zero;
        for (nint first = 0; first < rows; first += Block)
        {
            TVec sum = TSimd.Zero;
            nint end = Math.Min(rows, first + Block);
            for (nint i = first; i < end; i++, x += ld)
            {
                TVec d = TSimd.Subtract(Tail.Load<TSimd, TVec>(x, lanes), centre);
                sum = squares ? TSimd.MultiplyAdd(d, d, sum) : TSimd.Add(sum, d);
            }

            total = TSimd.Add(total, sum);
        }

        return total;
    }

    private readonly struct ForwardWork(MatrixView x, float* gamma, float* beta, float epsilon, float* mean, float* variance, MatrixView a) : IRangeWork
    {
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec share = TSimd.Broadcast(1f / x.Rows);
            for (nint j = begin; j < end; j += TSimd.Width)
            {
                int lanes = (int)Math.Min(TSimd.Width, end - j);
                float* column = x.Pointer + j;

                // A first mean from the first row on, so that columns far from 0 lose no digits.
                TVec origin = Tail.Load<TSimd, TVec>(column, lanes);
                TVec centre = TSimd.MultiplyAdd(Sum<TSimd, TVec>(column, x.Stride, x.Rows, lanes, origin, squares: false), share, origin);
                TSimd.Store(mean + j, centre);
                TSimd.Store(variance + j, TSimd.Multiply(Sum<TSimd, TVec>(column, x.Stride, x.Rows, lanes, centre, squares: true), share));
                TVec scale = TSimd.Multiply(Scale<TSimd, TVec>(variance + j, epsilon), TSimd.Load(gamma + j));
                Column<TSimd, TVec>(column, x.Stride, centre, scale, TSimd.Load(beta + j), a.Pointer + j, a.Stride, x.Rows, lanes);
            }
        }
    }

    private readonly struct ApplyWork(MatrixView x, float* gamma, float* beta, float epsilon, float* mean, float* variance, MatrixView a) : IRangeWork
    {
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint j = begin; j < end; j += TSimd.Width)
            {
                int lanes = (int)Math.Min(TSimd.Width, end - j);
                TVec scale = TSimd.Multiply(Scale<TSimd, TVec>(variance + j, epsilon), TSimd.Load(gamma + j));
                Column<TSimd, TVec>(x.Pointer + j, x.Stride, TSimd.Load(mean + j), scale, TSimd.Load(beta + j), a.Pointer + j, a.Stride, x.Rows, lanes);
            }
        }
    }

    private readonly struct ParameterWork(
        MatrixView x, float epsilon, float* mean, float* variance, MatrixView delta, float* gammaGradient, float* betaGradient) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint j = begin; j < end; j += TSimd.Width)
            {
                int lanes = (int)Math.Min(TSimd.Width, end - j);
                TVec centre = TSimd.Load(mean + j);
                TVec ofGamma = TSimd.Zero;
                TVec ofBeta = TSimd.Zero;
                for (nint first = 0; first < x.Rows; first += Block)
                {
                    TVec products = TSimd.Zero;
                    TVec sum = TSimd.Zero;
                    nint last = Math.Min(x.Rows, first + Block);
                    for (nint i = first; i < last; i++)
                    {
                        TVec d = TSimd.Load(delta.Pointer + (i * delta.Stride) + j);
                        sum = TSimd.Add(sum, d);
                        products = TSimd.MultiplyAdd(d, TSimd.Subtract(Tail.Load<TSimd, TVec>(x.Pointer + (i * x.Stride) + j, lanes), centre), products);
                    }

                    ofGamma = TSimd.Add(ofGamma, products);
                    ofBeta = TSimd.Add(ofBeta, sum);
                }

                Tail.Store<TSimd, TVec>(gammaGradient + j, TSimd.Multiply(ofGamma, Scale<TSimd, TVec>(variance + j, epsilon)), lanes);
                Tail.Store<TSimd, TVec>(betaGradient + j, ofBeta, lanes);
            }
        }
    }

    private readonly struct InputWork(
        MatrixView x, float* gamma, float epsilon, float* mean, float* variance, MatrixView delta, float* gammaGradient, float* betaGradient, MatrixView deltaOfX) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec share = TSimd.Broadcast(1f / x.Rows);
            for (nint j = begin; j < end; j += TSimd.Width)
            {
                int lanes = (int)Math.Min(TSimd.Width, end - j);
                TVec centre = TSimd.Load(mean + j);
                TVec scale = Scale<TSimd, TVec>(variance + j, epsilon);
                TVec meanDelta = TSimd.Multiply(TSimd.Load(betaGradient + j), share);
                TVec slope = TSimd.Multiply(TSimd.Multiply(TSimd.Load(gammaGradient + j), share), scale);
                TVec factor = TSimd.Multiply(scale, TSimd.Load(gamma + j));
                for (nint i = 0; i < x.Rows; i++)
                {
                    TVec centred = TSimd.Subtract(Tail.Load<TSimd, TVec>(x.Pointer + (i * x.Stride) + j, lanes), centre);
                    TVec d = TSimd.Subtract(TSimd.Load(delta.Pointer + (i * delta.Stride) + j), meanDelta);
                    d = TSimd.Subtract(d, TSimd.Multiply(centred, slope));
                    TSimd.Store(deltaOfX.Pointer + (i * deltaOfX.Stride) + j, TSimd.Multiply(factor, d));
                }
            }
        }
    }
}
