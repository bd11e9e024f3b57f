using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = 1 if z &gt; 0, else 0; a NaN z stays NaN. Its derivative is 0 wherever it has one: a step trains by the perceptron rule.</summary>
internal readonly struct StepActivation : IActivation
{
    public static bool DerivativeNeedsZ => false;

    public static bool IsCheap => true;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec step = TSimd.And(TSimd.GreaterThan(z, TSimd.Zero), TSimd.Broadcast(1f));
        return TSimd.Select(TSimd.Equal(z, z), step, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Zero;
}
