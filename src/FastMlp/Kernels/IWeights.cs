using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>How the weights of a panel of two vectors lie in memory.</summary>
internal unsafe interface IWeights
{
    /// <summary>Weights in a 32-bit word.</summary>
    static abstract int InWord { get; }

    /// <summary>The two vectors of a panel row.</summary>
    static abstract void Load<TSimd, TVec>(float* b, out TVec lo, out TVec hi)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>As they are.</summary>
internal readonly unsafe struct Float32Weights : IWeights
{
    public static int InWord => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<TSimd, TVec>(float* b, out TVec lo, out TVec hi)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        lo = TSimd.Load(b);
        hi = TSimd.Load(b + TSimd.Width);
    }
}

/// <summary>
/// As bfloat16, the upper half of a float32: each 32-bit word holds column i in its lower half and column i + Width in its upper, so
/// that one load and two bit operations give both vectors.
/// </summary>
internal readonly unsafe struct BFloat16Weights : IWeights
{
    public static int InWord => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<TSimd, TVec>(float* b, out TVec lo, out TVec hi)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec words = TSimd.Load(b);
        lo = TSimd.LowerHalves(words);
        hi = TSimd.UpperHalves(words);
    }
}
