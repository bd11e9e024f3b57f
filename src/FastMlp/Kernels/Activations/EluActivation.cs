using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = z if z &gt; 0, else alpha (e^z - 1); derivative 1, or alpha e^z = a + alpha.</summary>
/// <remarks>alpha may be 0 or negative, so the side of the kink is read from z, not from a.</remarks>
internal readonly struct EluActivation(float alpha) : IActivation
{
    public static bool DerivativeNeedsZ => true;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec negative = TSimd.Multiply(TSimd.Broadcast(alpha), VecMath.ExpMinusOneOfNegative<TSimd, TVec>(TSimd.AtMost(TSimd.Zero, z)));
        return TSimd.Select(TSimd.GreaterThan(z, TSimd.Zero), z, negative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Select(TSimd.GreaterThan(z, TSimd.Zero), TSimd.Broadcast(1f), TSimd.Add(a, TSimd.Broadcast(alpha)));
}
