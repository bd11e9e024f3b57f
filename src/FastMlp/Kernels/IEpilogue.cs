using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>What a GEMM does to each finished sum before it is stored.</summary>
internal unsafe interface IEpilogue
{
    /// <summary>Whether it is a few instructions, fit to stand once for each register of the tile.</summary>
    static abstract bool IsCheap { get; }

    /// <summary>Whether an element whose new value is not finite keeps its old one; <see cref="Refuse"/> then hears of it.</summary>
    static abstract bool KeepsFinite { get; }

    /// <summary>Called where a tile had new values that are not finite.</summary>
    void Refuse();

    /// <summary>The new value of C.</summary>
    /// <param name="sum">The finished sums.</param>
    /// <param name="c">Where they go: an epilogue that pairs C with another matrix of the same strides finds its element by the offset.</param>
    /// <param name="column">The column of the first lane in C.</param>
    TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}
