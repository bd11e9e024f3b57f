using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = z Phi(z), Phi the standard normal distribution function; derivative Phi(z) + z phi(z), phi its density.</summary>
internal readonly struct GeluActivation : IActivation
{
    public static bool DerivativeNeedsZ => true;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        VecMath.Gelu<TSimd, TVec>(z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        VecMath.GeluDerivative<TSimd, TVec>(z);
}
