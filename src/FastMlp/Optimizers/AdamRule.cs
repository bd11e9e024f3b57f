using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Simd;

namespace FastMlp.Optimizers;

/// <summary>Adam: the states are m and v.</summary>
internal readonly struct AdamRule(AdamConstants constants) : IUpdateRule
{
    public static int States => 2;

    public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape<TVec> =>
        Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(constants), range);

    private readonly struct Formula<TSimd, TVec>(AdamConstants constants) : IUpdateFormula<TVec>
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        public static int States => AdamRule.States;

        private readonly AdamVectors<TSimd, TVec> adam = new(constants);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        {
            adam.Average(g, ref first, ref second);
            return adam.Descend(theta, first, second);
        }
    }
}

/// <summary>Adam with the largest v so far in the root: the states are m, v and that.</summary>
internal readonly struct AmsGradRule(AdamConstants constants) : IUpdateRule
{
    public static int States => 3;

    public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape<TVec> =>
        Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(constants), range);

    private readonly struct Formula<TSimd, TVec>(AdamConstants constants) : IUpdateFormula<TVec>
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        public static int States => AmsGradRule.States;

        private readonly AdamVectors<TSimd, TVec> adam = new(constants);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        {
            adam.Average(g, ref first, ref second);
            third = TSimd.Max(third, second);
            return adam.Descend(theta, first, third);
        }
    }
}

/// <summary>The two halves of an Adam step, their constants in registers.</summary>
internal readonly struct AdamVectors<TSimd, TVec>(AdamConstants constants)
    where TSimd : struct, ISimd<TVec>
    where TVec : unmanaged
{
    private readonly TVec beta1 = TSimd.Broadcast(constants.Beta1);
    private readonly TVec firstShare = TSimd.Broadcast(1 - constants.Beta1);
    private readonly TVec beta2 = TSimd.Broadcast(constants.Beta2);
    private readonly TVec secondShare = TSimd.Broadcast(1 - constants.Beta2);
    private readonly TVec rootFactor = TSimd.Broadcast(constants.RootFactor);
    private readonly TVec epsilon = TSimd.Broadcast(constants.Epsilon);
    private readonly TVec rate = TSimd.Broadcast(constants.Rate);

    /// <summary>m &lt;- b1 m + (1 - b1) g, v &lt;- b2 v + (1 - b2) g^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Average(TVec g, ref TVec m, ref TVec v)
    {
        m = TSimd.MultiplyAdd(beta1, m, TSimd.Multiply(firstShare, g));
        v = TSimd.MultiplyAdd(beta2, v, TSimd.Multiply(TSimd.Multiply(secondShare, g), g));
    }

    /// <summary>theta - rate m / (sqrt(v) factor + epsilon).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Descend(TVec theta, TVec m, TVec v)
    {
        TVec root = TSimd.MultiplyAdd(TSimd.Sqrt(v), rootFactor, epsilon);
        return TSimd.Subtract(theta, TSimd.Divide(TSimd.Multiply(rate, m), root));
    }
}
