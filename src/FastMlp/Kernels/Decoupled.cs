using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>rule(keep theta, g, states): decoupled decay around any rule, keep = 1 - eta alpha.</summary>
internal readonly struct Decoupled<TRule>(TRule rule, float keep) : IUpdateRule
    where TRule : unmanaged, IUpdateRule
{
    public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape<TVec> => rule.Apply<TSimd, TVec, Kept<TSimd, TVec, TShape>>(new(shape, keep), range);

    private readonly struct Kept<TSimd, TVec, TShape>(TShape shape, float keep) : IGradientShape<TVec>
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape<TVec>
    {
        private readonly TShape shape = shape;
        private readonly TVec keep = TSimd.Broadcast(keep);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Parameter(TVec theta) => TSimd.Multiply(keep, shape.Parameter(theta));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Gradient(TVec theta, TVec g) => shape.Gradient(theta, g);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Stored(TVec value) => shape.Stored(value);
    }
}
