using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>The derivative of an activation with respect to one of its own learnable constants.</summary>
internal interface IConstantDerivative
{
    /// <summary>da/dconstant at one element.</summary>
    TVec Value<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>PReLU, the slope: z where z &lt; 0, else 0.</summary>
internal readonly struct PReluSlopeDerivative : IConstantDerivative
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.Min(z, TSimd.Zero);
}

/// <summary>Scaled sigmoid, c: a / c.</summary>
internal readonly struct SigmoidScaleDerivative(float c) : IConstantDerivative
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.Divide(a, TSimd.Broadcast(c));
}

/// <summary>Scaled sigmoid, beta: z a (1 - a / c).</summary>
internal readonly struct SigmoidSlopeDerivative(float c) : IConstantDerivative
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Multiply(TSimd.Multiply(z, a), TSimd.Subtract(TSimd.Broadcast(1f), TSimd.Divide(a, TSimd.Broadcast(c))));
}

/// <summary>dL/dconstant = sum over rows and units of dL/da da/dconstant.</summary>
internal static unsafe class ActivationGradients
{
    /// <summary>The sum over an [m, n] block; each row in vectors, the rows in order and in double.</summary>
    public static float Sum<TDerivative>(TDerivative derivative, float* z, float* a, float* gradient, nint m, nint n, nint stride)
        where TDerivative : unmanaged, IConstantDerivative
    {
        double sum = 0;
        Isa.Dispatch(new Kernel<TDerivative>(derivative, z, a, gradient, m, n, stride, &sum));
        return (float)sum;
    }

    private readonly struct Kernel<TDerivative>(
        TDerivative derivative, float* z, float* a, float* gradient, nint m, nint n, nint stride, double* result) : IVectorKernel
        where TDerivative : unmanaged, IConstantDerivative
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint row = 0; row < m; row++)
            {
                nint offset = row * stride;
                TVec sum = TSimd.Zero;
                nint j = 0;
                for (; j <= n - TSimd.Width; j += TSimd.Width)
                {
                    nint at = offset + j;
                    sum = TSimd.MultiplyAdd(TSimd.Load(gradient + at), derivative.Value<TSimd, TVec>(TSimd.Load(z + at), TSimd.Load(a + at)), sum);
                }

                int rest = (int)(n - j);
                if (rest > 0)
                {
                    nint at = offset + j;
                    TVec value = derivative.Value<TSimd, TVec>(TSimd.LoadPartial(z + at, rest), TSimd.LoadPartial(a + at, rest));
                    sum = TSimd.MultiplyAdd(TSimd.LoadPartial(gradient + at, rest), value, sum);
                }

                *result += TSimd.Sum(sum);
            }
        }
    }
}
