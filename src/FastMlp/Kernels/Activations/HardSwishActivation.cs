using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>a = z min(max(z + 3, 0), 6) / 6; derivative 0 for z at most -3, 1 from 3 on, z / 3 + 1/2 between (Howard et al., 2019).</summary>
internal readonly struct HardSwishActivation : IActivation
{
    public static bool DerivativeNeedsZ => true;

    public static bool IsCheap => true;

    public static bool IsDerivativeCheap => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // Held at -3, where the other factor is 0, so that -infinity makes no product with it.
        TVec held = TSimd.AtLeast(TSimd.Broadcast(-3f), z);
        TVec sixth = TSimd.Multiply(TSimd.Broadcast(1f / 6), TSimd.Add(held, TSimd.Broadcast(3f)));
        return TSimd.Multiply(held, TSimd.AtMost(TSimd.Broadcast(1f), sixth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec one = TSimd.Broadcast(1f);
        TVec three = TSimd.Broadcast(3f);
        TVec between = TSimd.MultiplyAdd(z, TSimd.Broadcast(1f / 3), TSimd.Broadcast(0.5f));
        return TSimd.And(TSimd.GreaterThan(z, TSimd.Negate(three)), TSimd.Select(TSimd.GreaterThan(three, z), between, one));
    }
}
