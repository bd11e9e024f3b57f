using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = z s, s = 1 / (1 + e^-z); derivative s + a (1 - s).</summary>
internal readonly struct SiluActivation : IActivation
{
    public static bool DerivativeNeedsZ => true;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        VecMath.Silu<TSimd, TVec>(z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec s = VecMath.Sigmoid<TSimd, TVec>(z);
        return TSimd.MultiplyAdd(a, TSimd.Subtract(TSimd.Broadcast(1f), s), s);
    }
}
