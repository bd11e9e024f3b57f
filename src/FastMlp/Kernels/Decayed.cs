using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>g + decay theta: coupled L2.</summary>
internal readonly struct Decayed(float decay) : IUpdateShape
{
    public bool Apply<TSimd, TVec, TRule>(TRule rule, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRule : unmanaged, IUpdateRule => decay == 0
        ? rule.Apply<TSimd, TVec, Unchanged<TVec>>(default, range)
        : rule.Apply<TSimd, TVec, Vectors<TSimd, TVec>>(new(decay), range);

    /// <summary>No decay, the common case: a register and an instruction less.</summary>
    private readonly struct Unchanged<TVec> : IGradientShape<TVec>
        where TVec : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Parameter(TVec theta) => theta;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Gradient(TVec theta, TVec g) => g;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Stored(TVec value) => value;
    }

    private readonly struct Vectors<TSimd, TVec>(float decay) : IGradientShape<TVec>
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        private readonly TVec decay = TSimd.Broadcast(decay);
        private readonly TVec least = TSimd.Broadcast(Update.LeastMagnitude);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Parameter(TVec theta) => theta;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Gradient(TVec theta, TVec g) => TSimd.MultiplyAdd(decay, theta, g);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Stored(TVec value) => TSimd.Select(TSimd.GreaterThan(least, TSimd.Abs(value)), TSimd.Zero, value);
    }
}
