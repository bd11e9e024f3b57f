namespace FastMlp.Kernels;

/// <summary>One product C[m, n] = A[m, k] B[k, n]: where the operands lie. Strides are in floats.</summary>
internal unsafe struct GemmArguments
{
    public nint M;

    public nint N;

    public nint K;

    /// <summary>A[i, p] is at A + i ARowStride + p AColumnStride: one of the strides is 1, so A may stand transposed.</summary>
    public float* A;

    public nint ARowStride;

    public nint AColumnStride;

    /// <summary>B, which lies as <see cref="BForm"/> says.</summary>
    public float* B;

    public nint BPanelStride;

    public nint BRowStride;

    public PanelForm BForm;

    /// <summary>C[i, j] is at C + (j / Nr) CPanelStride + i CRowStride + j % Nr; row-major C has a panel stride of Nr. Its columns up to whole panels are written too.</summary>
    public float* C;

    public nint CRowStride;

    public nint CPanelStride;

    /// <summary>Vectors in a panel row, 1 or 2: Nr is this times the vector width.</summary>
    public int PanelVectors;

    /// <summary>Steps of p in one chain of multiply-adds; the chains' sums are added in order. It depends on shapes only, never on the batch.</summary>
    public nint KBlock;
}
