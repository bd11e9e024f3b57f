using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>How the weights of a panel of two vectors lie in memory.</summary>
internal unsafe interface IWeights
{
    /// <summary>Weights in a 32-bit word.</summary>
    static abstract int InWord { get; }

    /// <summary>The first vector of a panel row. By itself, so that the load can be an operand of the multiply-add.</summary>
    static abstract TVec First<TSimd, TVec>(float* b)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;

    /// <summary>The second.</summary>
    static abstract TVec Second<TSimd, TVec>(float* b)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>As they are.</summary>
internal readonly unsafe struct Float32Weights : IWeights
{
    public static int InWord => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec First<TSimd, TVec>(float* b)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.Load(b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Second<TSimd, TVec>(float* b)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.Load(b + TSimd.Width);
}

/// <summary>
/// As bfloat16, the upper half of a float32: each 32-bit word holds column i in its lower half and column i + Width in its upper, so
/// that one load and two bit operations give both vectors.
/// </summary>
internal readonly unsafe struct BFloat16Weights : IWeights
{
    public static int InWord => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec First<TSimd, TVec>(float* b)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.LowerHalves(TSimd.Load(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Second<TSimd, TVec>(float* b)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.UpperHalves(TSimd.Load(b));
}
