using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>What a GEMM does to each finished sum before it is stored: a few instructions, since they stand once for each register of the tile.</summary>
/// <remarks>
/// Of many rows, exp-class formulas run as a second pass instead. In here they cost even where a constant condition rules them out: the JIT inlines
/// the 24 copies before it drops them, runs out of its budget, and leaves the sums in memory.
/// </remarks>
internal unsafe interface IEpilogue
{
    /// <summary>Floats from C to another matrix that <see cref="Apply"/> reads, so that its lines can be asked for in time; 0 if it reads none.</summary>
    nint PairOffset { get; }

    /// <summary>The new value of C.</summary>
    /// <param name="sum">The finished sums.</param>
    /// <param name="c">Where they go: an epilogue that pairs C with another matrix of the same strides finds its element by the offset.</param>
    /// <param name="column">The column of the first lane in C.</param>
    TVec Apply<TSimd, TVec>(TVec sum, float* c, nint column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}
