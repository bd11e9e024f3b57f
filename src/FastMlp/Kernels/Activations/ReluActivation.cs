using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = max(0, z), a NaN z stays NaN; derivative 1 if a &gt; 0, else 0.</summary>
internal readonly struct ReluActivation : IActivation
{
    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => true;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.AtLeast(TSimd.Zero, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.And(TSimd.GreaterThan(a, TSimd.Zero), TSimd.Broadcast(1f));
}
