using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = z if z &gt;= 0, else slope z; derivative 1 or slope, 1 at z = 0. Also the form of PReLU, whose slope is learnt.</summary>
/// <remarks>The slope may be 0 or negative, so the side of the kink is read from z, not from a.</remarks>
internal readonly struct LeakyReluActivation(float slope) : IActivation
{
    public static bool DerivativeNeedsZ => true;

    public static bool IsCheap => true;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Select(TSimd.GreaterThanOrEqual(z, TSimd.Zero), z, TSimd.Multiply(TSimd.Broadcast(slope), z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        TSimd.Select(TSimd.GreaterThanOrEqual(z, TSimd.Zero), TSimd.Broadcast(1f), TSimd.Broadcast(slope));
}
