using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = 1 / (1 + e^-z); derivative a (1 - a).</summary>
internal readonly struct SigmoidActivation : IActivation
{
    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        VecMath.Sigmoid<TSimd, TVec>(z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Multiply(a, TSimd.Subtract(TSimd.Broadcast(1f), a));
}
