using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = z w, w = tanh(ln(1 + e^z)); derivative w + z (1 - w^2) / (1 + e^-z) (Misra, 2019).</summary>
/// <remarks>
/// With E = e^z, w = n / (n + 2) where n = E (E + 2). For z &gt; 0 both are divided by E^2, so that only e = e^-|z| is needed, and nothing overflows:
/// n = 1 + 2 e and n + 2 e^2. The second term is 4 z f (1 + e) / (the denominator of w)^2, f = e for z &lt;= 0 and e^2 for z &gt; 0.
/// </remarks>
internal readonly struct MishActivation : IActivation
{
    /// <summary>Beyond it e^-|z| is 0; held there, an infinity makes no product with 0.</summary>
    private const float Limit = 105;

    public static bool DerivativeNeedsZ => true;

    public static bool IsCheap => false;

    public static bool IsDerivativeCheap => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        _ = Parts<TSimd, TVec>(z, out _, out TVec numerator, out TVec denominator);
        return TSimd.Multiply(TSimd.AtLeast(TSimd.Broadcast(-Limit), z), TSimd.Divide(numerator, denominator));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec e = Parts<TSimd, TVec>(z, out TVec factor, out TVec numerator, out TVec denominator);
        TVec held = TSimd.AtMost(TSimd.Broadcast(Limit), TSimd.AtLeast(TSimd.Broadcast(-Limit), z));
        TVec slope = TSimd.Divide(TSimd.Multiply(TSimd.Multiply(TSimd.Broadcast(4f), factor), TSimd.Add(TSimd.Broadcast(1f), e)), denominator);
        return TSimd.Divide(TSimd.MultiplyAdd(held, slope, numerator), denominator);
    }

    /// <summary>e, f, and numerator and denominator of w.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec Parts<TSimd, TVec>(TVec z, out TVec factor, out TVec numerator, out TVec denominator)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec e = VecMath.ExpOfNegative<TSimd, TVec>(TSimd.Or(z, TSimd.Broadcast(-0f)));
        TVec positive = TSimd.GreaterThan(z, TSimd.Zero);
        TVec square = TSimd.Multiply(e, e);
        TVec two = TSimd.Broadcast(2f);
        factor = TSimd.Select(positive, square, e);
        numerator = TSimd.Select(positive, TSimd.MultiplyAdd(two, e, TSimd.Broadcast(1f)), TSimd.MultiplyAdd(two, e, square));
        denominator = TSimd.MultiplyAdd(two, TSimd.Select(positive, square, TSimd.Broadcast(1f)), numerator);
        return e;
    }
}
