using FastMlp.Simd;

namespace FastMlp.Kernels.Activations;

/// <summary>
/// One elementwise activation a = g(z), its formula written once. The GEMM epilogue, the second-pass loop and
/// the backward pass all take it from here, on every instruction set.
/// </summary>
/// <remarks>Implementations are readonly structs; their fields are the constants of the formula (slope, alpha, c, beta).</remarks>
internal interface IActivation
{
    /// <summary>Whether <see cref="Derivative"/> reads z; if false it needs only a, and z is never kept.</summary>
    static abstract bool DerivativeNeedsZ { get; }

    /// <summary>Whether g is cheap enough (a few instructions) to run inside the GEMM store instead of a second pass.</summary>
    static abstract bool IsCheap { get; }

    /// <summary>The same of g': a handful of instructions, without an exponential.</summary>
    static abstract bool IsDerivativeCheap { get; }

    /// <summary>a = g(z).</summary>
    TVec Value<TSimd, TVec>(TVec z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;

    /// <summary>g'(z), from a = g(z) and, where <see cref="DerivativeNeedsZ"/>, from z (otherwise z is undefined).</summary>
    TVec Derivative<TSimd, TVec>(TVec z, TVec a)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}
