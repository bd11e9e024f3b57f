namespace FastMlp;

/// <summary>How a frozen network keeps its weights. Sums and everything else are float32 in any case.</summary>
public enum WeightFormat
{
    /// <summary>As trained.</summary>
    Float32,

    /// <summary>
    /// Rounded to bfloat16: the upper half of a float32, 8 bits of precision (a relative error of at most 2^-9 in each weight), half
    /// the memory to read. It pays where one row at a time waits for weights from beyond the first cache.
    /// </summary>
    BFloat16,
}
