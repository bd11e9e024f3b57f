using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = lambda z if z &gt; 0, else lambda alpha (e^z - 1); derivative lambda, or lambda alpha e^z = a + lambda alpha.</summary>
/// <remarks>lambda and alpha are those of Klambauer et al., "Self-Normalizing Neural Networks" (2017).</remarks>
internal readonly struct SeluActivation : IActivation
{
    private const float Lambda = 1.05070098735548f;
    private const float LambdaAlpha = 1.05070098735548f * 1.67326324235437f;

    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec negative = TSimd.Multiply(TSimd.Broadcast(LambdaAlpha), VecMath.ExpMinusOneOfNegative<TSimd, TVec>(TSimd.AtMost(TSimd.Zero, z)));
        return TSimd.Select(TSimd.GreaterThan(z, TSimd.Zero), TSimd.Multiply(TSimd.Broadcast(Lambda), z), negative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Select(TSimd.GreaterThan(a, TSimd.Zero), TSimd.Broadcast(Lambda), TSimd.Add(a, TSimd.Broadcast(LambdaAlpha)));
}
