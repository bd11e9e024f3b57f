using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>clip(scale g, -limit, limit) + l1 sign(theta) + decay theta.</summary>
/// <param name="scale">What clipping by norm multiplies the whole gradient by; 1 where it is short enough.</param>
/// <param name="limit">The greatest |component|; infinity where there is no such limit.</param>
/// <param name="l1">The L1 coefficient.</param>
/// <param name="decay">The coupled L2 coefficient.</param>
internal readonly struct Shaped(float scale, float limit, float l1, float decay) : IUpdateShape
{
    public bool Apply<TSimd, TVec, TRule>(TRule rule, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRule : unmanaged, IUpdateRule => rule.Apply<TSimd, TVec, Vectors<TSimd, TVec>>(new(scale, limit, l1, decay), range);

    private readonly struct Vectors<TSimd, TVec>(float scale, float limit, float l1, float decay) : IGradientShape<TVec>
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        private readonly TVec scale = TSimd.Broadcast(scale);
        private readonly TVec least = TSimd.Broadcast(-limit);
        private readonly TVec most = TSimd.Broadcast(limit);
        private readonly TVec l1 = TSimd.Broadcast(l1);
        private readonly TVec decay = TSimd.Broadcast(decay);
        private readonly TVec tiny = TSimd.Broadcast(decay == 0 ? 0 : Update.LeastMagnitude);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Parameter(TVec theta) => theta;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Gradient(TVec theta, TVec g)
        {
            TVec clipped = TSimd.AtMost(most, TSimd.AtLeast(least, TSimd.Multiply(scale, g)));
            TVec up = TSimd.And(TSimd.GreaterThan(theta, TSimd.Zero), l1);
            TVec down = TSimd.And(TSimd.GreaterThan(TSimd.Zero, theta), l1);
            return TSimd.MultiplyAdd(decay, theta, TSimd.Add(clipped, TSimd.Subtract(up, down)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Stored(TVec value) => TSimd.Select(TSimd.GreaterThan(tiny, TSimd.Abs(value)), TSimd.Zero, value);
    }
}
