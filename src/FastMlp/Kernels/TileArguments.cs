namespace FastMlp.Kernels;

/// <summary>Where one register tile reads and writes.</summary>
internal unsafe struct TileArguments
{
    /// <summary>A[0, 0] of the tile; A[r, p] is at A + r ARowStride + p AColumnStride.</summary>
    public float* A;

    public nint ARowStride;

    public nint AColumnStride;

    /// <summary>From A[0, 0] of one tile to that of the next below.</summary>
    public nint ATileStride;

    /// <summary>B[0, 0] of the tile; row p starts at B + p BRowStride.</summary>
    public float* B;

    public nint BRowStride;

    /// <summary>Memory that is read after these tiles, up to <see cref="NextEnd"/>: asked for, line by line, behind their arithmetic.</summary>
    public float* Next;

    /// <summary>The end of that memory; where it is at <see cref="Next"/> nothing is asked for.</summary>
    public float* NextEnd;

    /// <summary>Steps of p in this block, or on the list.</summary>
    public nint K;

    /// <summary>The steps that are done, where not all are.</summary>
    public int* List;

    /// <summary>C[0, 0] of the tile.</summary>
    public float* C;

    public nint CRowStride;

    /// <summary>The tile's first column in the whole of C, for epilogues with a value for each column.</summary>
    public nint Column;

    /// <summary>Whether this is the first block of k (C holds nothing yet).</summary>
    public bool IsFirst;

    /// <summary>Whether this is the last block of k (the epilogue applies).</summary>
    public bool IsLast;
}
