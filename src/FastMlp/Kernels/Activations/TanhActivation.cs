using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = tanh z; derivative 1 - a^2, taken as (1 - a) (1 + a) to stay exact near the ends.</summary>
internal readonly struct TanhActivation : IActivation
{
    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        VecMath.Tanh<TSimd, TVec>(z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec one = TSimd.Broadcast(1f);
        return TSimd.Multiply(TSimd.Subtract(one, a), TSimd.Add(one, a));
    }
}
