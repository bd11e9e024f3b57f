using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = c / (1 + e^(-beta z)); derivative beta a (1 - a / c).</summary>
/// <remarks>a / c is divided, not multiplied by 1 / c: it must be exactly 1, and the derivative 0, when a reaches c.</remarks>
internal readonly struct ScaledSigmoidActivation(float c, float beta) : IActivation
{
    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Multiply(TSimd.Broadcast(c), VecMath.Sigmoid<TSimd, TVec>(TSimd.Multiply(TSimd.Broadcast(beta), z)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec left = TSimd.Subtract(TSimd.Broadcast(1f), TSimd.Divide(a, TSimd.Broadcast(c)));
        return TSimd.Multiply(TSimd.Multiply(TSimd.Broadcast(beta), a), left);
    }
}
