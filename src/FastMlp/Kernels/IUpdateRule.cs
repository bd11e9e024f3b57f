using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// One optimizer's step by its numbers. It runs as a formula over vectors that holds the numbers broadcast: spread over a register
/// again for each vector, as the JIT leaves it where a rule broadcasts them itself, Adam took 0.60 instead of 0.37 ns a parameter
/// (AVX2, Zen 3).
/// </summary>
internal interface IUpdateRule
{
    /// <summary>Makes the formula and hands it to <see cref="Update.Loop"/>.</summary>
    bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape<TVec>;
}

/// <summary>One optimizer's formula for one vector of parameters.</summary>
internal interface IUpdateFormula<TVec>
    where TVec : unmanaged
{
    /// <summary>State vectors that the rule keeps for each parameter, 0 to <see cref="Update.MostStates"/>.</summary>
    static abstract int States { get; }

    /// <summary>The new theta from theta, the gradient g and the states, which it updates.</summary>
    TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third);
}
