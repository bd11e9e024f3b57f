using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>a = gamma x + beta in each column, and its backward pass.</summary>
/// <remarks>
/// A row's bits depend on its contents and the instruction set alone; sums go down the rows from the first to the last. Vectors of gamma and beta are
/// whole, padded with zeros.
/// </remarks>
internal static unsafe class Affine
{
    /// <summary>a.</summary>
    public static void Forward(MatrixView x, float* gamma, float* beta, MatrixView a, int threads) =>
        Ranges.Share(new ForwardWork(x, gamma, beta, a), x.Rows, unit: 1, x.Rows * x.Columns, threads);

    /// <summary>dL/dgamma and dL/dbeta from dL/da.</summary>
    public static void ParameterGradient(MatrixView x, MatrixView delta, float* gammaGradient, float* betaGradient, int threads) =>
        Ranges.Share(new ParameterWork(x, delta, gammaGradient, betaGradient), x.Columns, AlignedBuffer.AlignmentFloats, x.Rows * x.Columns, threads);

    /// <summary>dL/dx = gamma dL/da; 0 in the padding.</summary>
    public static void InputDelta(float* gamma, MatrixView delta, MatrixView deltaOfX, int threads) =>
        Ranges.Share(new InputWork(gamma, delta, deltaOfX), delta.Rows, unit: 1, delta.Rows * delta.Columns, threads);

    private readonly struct ForwardWork(MatrixView x, float* gamma, float* beta, MatrixView a) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint i = begin; i < end; i++)
            {
                float* row = x.Pointer + (i * x.Stride);
                float* result = a.Pointer + (i * a.Stride);
                for (nint j = 0; j < x.Columns; j += TSimd.Width)
                {
                    int lanes = (int)Math.Min(TSimd.Width, x.Columns - j);
                    Tail.Store<TSimd, TVec>(result + j, TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(row + j, lanes), TSimd.Load(gamma + j), TSimd.Load(beta + j)), lanes);
                }
            }
        }
    }

    private readonly struct ParameterWork(MatrixView x, MatrixView delta, float* gammaGradient, float* betaGradient) : IRangeWork
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
                    ofGamma = TSimd.MultiplyAdd(d, Tail.Load<TSimd, TVec>(x.Pointer + (i * x.Stride) + j, lanes), ofGamma);
                    ofBeta = TSimd.Add(ofBeta, d);
                }

                Tail.Store<TSimd, TVec>(gammaGradient + j, ofGamma, lanes);
                Tail.Store<TSimd, TVec>(betaGradient + j, ofBeta, lanes);
            }
        }
    }

    private readonly struct InputWork(float* gamma, MatrixView delta, MatrixView deltaOfX) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint i = begin; i < end; i++)
            {
                float* d = delta.Pointer + (i * delta.Stride);
                float* result = deltaOfX.Pointer + (i * deltaOfX.Stride);

                // delta and gamma are 0 in the padding, so is their product.
                for (nint j = 0; j < delta.Columns; j += TSimd.Width)
                {
                    TSimd.Store(result + j, TSimd.Multiply(TSimd.Load(d + j), TSimd.Load(gamma + j)));
                }
            }
        }
    }
}
