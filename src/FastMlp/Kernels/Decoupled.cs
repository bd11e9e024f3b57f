using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>rule(keep theta, g, states): decoupled decay around any rule, keep = 1 - eta alpha.</summary>
internal readonly struct Decoupled<TRule>(TRule rule, float keep) : IUpdateRule
    where TRule : unmanaged, IUpdateRule
{
    public static int States => TRule.States;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        rule.Apply<TSimd, TVec>(TSimd.Multiply(TSimd.Broadcast(keep), theta), g, ref first, ref second, ref third);
}
