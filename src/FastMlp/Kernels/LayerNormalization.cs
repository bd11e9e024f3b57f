using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// Layer normalization (Ba, Kiros and Hinton, 2016): a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance
/// those of the row, and its backward pass.
/// </summary>
/// <remarks>A row's bits depend on its contents and the instruction set alone. Vectors of gamma and beta are whole, padded with zeros.</remarks>
internal static unsafe class LayerNormalization
{
    /// <summary>a; and of each row the mean and 1 / sqrt(variance + epsilon), one behind the other, unless <paramref name="kept"/> is null.</summary>
    public static void Forward(MatrixView x, float* gamma, float* beta, float epsilon, float* kept, MatrixView a, int threads) =>
        Ranges.Share(new ForwardWork(x, gamma, beta, epsilon, kept, a), x.Rows, unit: 1, x.Rows * x.Columns, threads);

    /// <summary>dL/dgamma and dL/dbeta from dL/da: sums down the rows.</summary>
    public static void ParameterGradient(MatrixView x, float* kept, MatrixView delta, float* gammaGradient, float* betaGradient, int threads) =>
        Ranges.Share(new ParameterWork(x, kept, delta, gammaGradient, betaGradient), x.Columns, AlignedBuffer.AlignmentFloats, x.Rows * x.Columns, threads);

    /// <summary>dL/dx = (g - mean of g - x' mean of (g x')) / sqrt(variance + epsilon), g = gamma delta and x' the normalized x; 0 in the padding.</summary>
    public static void InputDelta(MatrixView x, float* gamma, float* kept, MatrixView delta, MatrixView deltaOfX, int threads) =>
        Ranges.Share(new InputWork(x, gamma, kept, delta, deltaOfX), x.Rows, unit: 1, x.Rows * x.Columns, threads);

    private readonly struct ForwardWork(MatrixView x, float* gamma, float* beta, float epsilon, float* kept, MatrixView a) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            nint n = x.Columns;
            for (nint i = begin; i < end; i++)
            {
                float* row = x.Pointer + (i * x.Stride);
                float* result = a.Pointer + (i * a.Stride);

                // From the first element on, so that rows far from 0 lose no digits.
                float origin = row[0];
                float mean = origin + (Reductions.Sum<TSimd, TVec, Distance>(new Distance(row, origin), n) / n);
                float variance = Reductions.Sum<TSimd, TVec, SquaredDistance>(new SquaredDistance(row, mean), n) / n;
                float scale = 1f / MathF.Sqrt(variance + epsilon);
                if (kept != null)
                {
                    kept[2 * i] = mean;
                    kept[(2 * i) + 1] = scale;
                }

                TVec centre = TSimd.Broadcast(mean);
                TVec scales = TSimd.Broadcast(scale);
                for (nint j = 0; j < n; j += TSimd.Width)
                {
                    int lanes = (int)Math.Min(TSimd.Width, n - j);
                    TVec normal = TSimd.Multiply(TSimd.Subtract(Tail.Load<TSimd, TVec>(row + j, lanes), centre), scales);
                    Tail.Store<TSimd, TVec>(result + j, TSimd.MultiplyAdd(normal, TSimd.Load(gamma + j), TSimd.Load(beta + j)), lanes);
                }
            }
        }
    }

    private readonly struct ParameterWork(MatrixView x, float* kept, MatrixView delta, float* gammaGradient, float* betaGradient) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint j = begin; j < end; j += TSimd.Width)
            {
                int lanes = (int)Math.Min(TSimd.Width, end - j);
                TVec ofGamma = TSimd.Zero;
                TVec ofBeta = TSimd.Zero;
                for (nint i = 0; i < x.Rows; i++)
                {
                    TVec d = TSimd.Load(delta.Pointer + (i * delta.Stride) + j);
                    TVec centred = TSimd.Subtract(Tail.Load<TSimd, TVec>(x.Pointer + (i * x.Stride) + j, lanes), TSimd.Broadcast(kept[2 * i]));
                    ofGamma = TSimd.MultiplyAdd(d, TSimd.Multiply(centred, TSimd.Broadcast(kept[(2 * i) + 1])), ofGamma);
                    ofBeta = TSimd.Add(ofBeta, d);
                }

                Tail.Store<TSimd, TVec>(gammaGradient + j, ofGamma, lanes);
                Tail.Store<TSimd, TVec>(betaGradient + j, ofBeta, lanes);
            }
        }
    }

    private readonly struct InputWork(MatrixView x, float* gamma, float* kept, MatrixView delta, MatrixView deltaOfX) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            nint n = x.Columns;
            for (nint i = begin; i < end; i++)
            {
                float* row = x.Pointer + (i * x.Stride);
                float* d = delta.Pointer + (i * delta.Stride);
                float* result = deltaOfX.Pointer + (i * deltaOfX.Stride);
                TVec centre = TSimd.Broadcast(kept[2 * i]);
                TVec scale = TSimd.Broadcast(kept[(2 * i) + 1]);
                TVec sum = TSimd.Zero;
                TVec products = TSimd.Zero;

                // delta and gamma are 0 in the padding, so are the terms.
                for (nint j = 0; j < n; j += TSimd.Width)
                {
                    TVec g = TSimd.Multiply(TSimd.Load(d + j), TSimd.Load(gamma + j));
                    TVec centred = TSimd.Subtract(Tail.Load<TSimd, TVec>(row + j, (int)Math.Min(TSimd.Width, n - j)), centre);
                    sum = TSimd.Add(sum, g);
                    products = TSimd.MultiplyAdd(g, TSimd.Multiply(centred, scale), products);
                }

                TVec mean = TSimd.Broadcast(TSimd.Sum(sum) / n);
                TVec slope = TSimd.Broadcast(TSimd.Sum(products) / n);
                for (nint j = 0; j < n; j += TSimd.Width)
                {
                    int lanes = (int)Math.Min(TSimd.Width, n - j);
                    TVec g = TSimd.Multiply(TSimd.Load(d + j), TSimd.Load(gamma + j));
                    TVec normal = TSimd.Multiply(TSimd.Subtract(Tail.Load<TSimd, TVec>(row + j, lanes), centre), scale);
                    TVec value = TSimd.Multiply(scale, TSimd.Subtract(TSimd.Subtract(g, mean), TSimd.Multiply(normal, slope)));
                    TSimd.Store(result + j, TSimd.Select(TSimd.FirstLanes(lanes), value, TSimd.Zero));
                }
            }
        }
    }

    /// <summary>x - origin; 0 past the end.</summary>
    private readonly struct Distance(float* x, float origin) : Reductions.ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => TSimd.Add(sum, From<TSimd, TVec>(x + i, remaining, origin));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVec From<TSimd, TVec>(float* x, int remaining, float origin)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec centre = TSimd.Broadcast(origin);
            return TSimd.Subtract(Tail.Load<TSimd, TVec>(x, remaining, centre), centre);
        }
    }

    /// <summary>(x - mean)^2; 0 past the end.</summary>
    private readonly struct SquaredDistance(float* x, float mean) : Reductions.ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec d = Distance.From<TSimd, TVec>(x + i, remaining, mean);
            return TSimd.MultiplyAdd(d, d, sum);
        }
    }
}
