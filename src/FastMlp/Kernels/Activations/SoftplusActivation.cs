using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = ln(1 + e^z); derivative 1 / (1 + e^-z) = 1 - e^-a, which keeps its relative accuracy as a goes to 0.</summary>
internal readonly struct SoftplusActivation : IActivation
{
    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        VecMath.Softplus<TSimd, TVec>(z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Negate(VecMath.ExpMinusOneOfNegative<TSimd, TVec>(TSimd.Negate(a)));
}
