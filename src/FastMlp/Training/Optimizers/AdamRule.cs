using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Simd;

namespace FastMlp.Training.Optimizers;

/// <summary>Adam: the states are m and v.</summary>
internal readonly struct AdamRule(AdamConstants constants) : IUpdateRule
{
    public static int States => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        Average<TSimd, TVec>(constants, g, ref first, ref second);
        return Descend<TSimd, TVec>(constants, theta, first, second);
    }

    /// <summary>m &lt;- b1 m + (1 - b1) g, v &lt;- b2 v + (1 - b2) g^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Average<TSimd, TVec>(in AdamConstants constants, TVec g, ref TVec m, ref TVec v)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        m = TSimd.MultiplyAdd(TSimd.Broadcast(constants.Beta1), m, TSimd.Multiply(TSimd.Broadcast(1 - constants.Beta1), g));
        v = TSimd.MultiplyAdd(TSimd.Broadcast(constants.Beta2), v, TSimd.Multiply(TSimd.Multiply(TSimd.Broadcast(1 - constants.Beta2), g), g));
    }

    /// <summary>theta - rate m / (sqrt(v) factor + epsilon).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Descend<TSimd, TVec>(in AdamConstants constants, TVec theta, TVec m, TVec v)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec root = TSimd.MultiplyAdd(TSimd.Sqrt(v), TSimd.Broadcast(constants.RootFactor), TSimd.Broadcast(constants.Epsilon));
        return TSimd.Subtract(theta, TSimd.Divide(TSimd.Multiply(TSimd.Broadcast(constants.Rate), m), root));
    }
}

/// <summary>Adam with the largest v so far in the root: the states are m, v and that.</summary>
internal readonly struct AmsGradRule(AdamConstants constants) : IUpdateRule
{
    public static int States => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        AdamRule.Average<TSimd, TVec>(constants, g, ref first, ref second);
        third = TSimd.Max(third, second);
        return AdamRule.Descend<TSimd, TVec>(constants, theta, first, third);
    }
}
