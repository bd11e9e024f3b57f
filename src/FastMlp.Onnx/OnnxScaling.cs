namespace FastMlp.Onnx;

/// <summary>
/// A scaling of each column. At the head of a graph: x' = (x - offset) scale. At its end, where it is undone: y' = y / scale + offset.
/// </summary>
public sealed class OnnxScaling
{
    private readonly float[] offsets;
    private readonly float[] scales;

    /// <param name="offsets">One finite number for each column, copied.</param>
    /// <param name="scales">One finite number for each column, not 0, copied.</param>
    /// <exception cref="ArgumentException">The lengths differ or are 0, a number is not finite, or a scale is 0.</exception>
    public OnnxScaling(ReadOnlySpan<float> offsets, ReadOnlySpan<float> scales)
    {
        if (offsets.IsEmpty || offsets.Length != scales.Length)
        {
            throw new ArgumentException($"A scaling has one offset and one scale for each column, not {offsets.Length} and {scales.Length}.", nameof(scales));
        }

        for (int i = 0; i < offsets.Length; i++)
        {
            if (!float.IsFinite(offsets[i]) || !float.IsFinite(scales[i]) || scales[i] == 0)
            {
                throw new ArgumentException($"Column {i} has the offset {offsets[i]} and the scale {scales[i]}; both must be finite, and the scale not 0.", nameof(scales));
            }
        }

        this.offsets = offsets.ToArray();
        this.scales = scales.ToArray();
    }

    /// <summary>Columns.</summary>
    public int Size => offsets.Length;

    /// <summary>What is subtracted, for each column.</summary>
    public ReadOnlySpan<float> Offsets => offsets;

    /// <summary>What the difference is multiplied by, for each column; never 0.</summary>
    public ReadOnlySpan<float> Scales => scales;
}
