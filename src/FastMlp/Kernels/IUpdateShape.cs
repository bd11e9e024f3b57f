using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>What becomes of parameters and gradients on their way from memory to the rule, by its numbers.</summary>
internal interface IUpdateShape
{
    /// <summary>Runs the rule on what this makes of parameters and gradients.</summary>
    bool Apply<TSimd, TVec, TRule>(TRule rule, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRule : unmanaged, IUpdateRule;
}

/// <summary>The same for one vector.</summary>
internal interface IGradientShape<TVec>
    where TVec : unmanaged
{
    /// <summary>The parameters that the rule sees.</summary>
    TVec Parameter(TVec theta);

    /// <summary>The gradient that the rule sees, from the parameters theta and dL/dtheta.</summary>
    TVec Gradient(TVec theta, TVec g);

    /// <summary>
    /// What is stored of a new parameter or state. Decay carries weights that nothing holds into the subnormals, where a step took eight times as long
    /// (6-128-1, AVX-512), so it stores 0 for them long before; without decay it is the value itself.
    /// </summary>
    TVec Stored(TVec value);
}
