namespace FastMlp.Data;

/// <summary>The content of an idx file of unsigned bytes: data in row-major order, the last dimension fastest.</summary>
public sealed class IdxArray
{
    private readonly byte[] data;
    private readonly int[] shape;

    internal IdxArray(int[] shape, byte[] data)
    {
        this.shape = shape;
        this.data = data;
    }

    /// <summary>The length of each dimension: [count] of labels, [count, rows, columns] of images.</summary>
    public IReadOnlyList<int> Shape => shape;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Data => data;
}
