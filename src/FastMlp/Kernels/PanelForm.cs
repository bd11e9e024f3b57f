namespace FastMlp.Kernels;

/// <summary>How B lies in memory. What is not panels of float32 is made so, a panel at a time, in front of the tiles that read it.</summary>
internal enum PanelForm
{
    /// <summary>Panels of Nr columns in float32: B[p, j] is at B + (j / Nr) BPanelStride + p BRowStride + j % Nr, readable up to whole panels.</summary>
    Panels,

    /// <summary>The same of bfloat16, two to a word (panels of two vectors only): strides of B count words.</summary>
    BFloat16,

    /// <summary>
    /// Panels of B^T, of BRowStride columns each: B[p, j] is at B + (p / BRowStride) BPanelStride + j BRowStride + p % BRowStride,
    /// padded with zeros. W as its own forward pass reads it, for dX = delta W. KBlock is a multiple of BRowStride, or one block is all.
    /// </summary>
    Transposed,
}
