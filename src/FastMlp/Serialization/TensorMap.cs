namespace FastMlp.Serialization;

/// <summary>The tensors of a file by name: which ones the model needs, whether any are left over, and their values.</summary>
internal sealed class TensorMap
{
    private readonly SafetensorsHeader header;
    private readonly Dictionary<string, TensorInfo> tensors;
    private readonly HashSet<string> required = [];
    private readonly HashSet<string> unbounded = [];
    private readonly Dictionary<string, float[]> values = [];

    public TensorMap(SafetensorsHeader header)
    {
        this.header = header;
        tensors = header.Tensors.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>The values of a tensor, after <see cref="ReadData"/>.</summary>
    public float[] this[string name] => values[name];

    /// <summary>Asks for a tensor of exactly this shape. All its numbers must be finite, unless the caller can use others.</summary>
    public void Require(string name, long[] shape, bool mustBeFinite = true)
    {
        if (!tensors.TryGetValue(name, out TensorInfo? tensor))
            throw new ModelFormatException($"Tensor {MessageText.Quote(name)} of shape {MessageText.Shape(shape)} is missing.");
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            throw new ModelFormatException($"Tensor {tensor.Quoted} has shape {tensor.ShapeText}; it must be {MessageText.Shape(shape)}.");
        required.Add(name);
        if (!mustBeFinite)
            unbounded.Add(name);
    }

    /// <summary>A tensor that nobody asked for would silently not count.</summary>
    public void RefuseOthers(string reason)
    {
        foreach (TensorInfo tensor in header.Tensors)
        {
            if (!required.Contains(tensor.Name))
                throw new ModelFormatException($"Tensor {tensor.Quoted} of shape {tensor.ShapeText} {reason}.");
        }
    }

    /// <summary>Reads all values and checks that those are finite that must be.</summary>
    public void ReadData(Stream stream)
    {
        float[][] data = Safetensors.ReadData(stream, header);
        for (int i = 0; i < data.Length; i++)
        {
            TensorInfo tensor = header.Tensors[i];
            int bad = !required.Contains(tensor.Name) || unbounded.Contains(tensor.Name) ? -1 : FirstNotFinite(data[i]);
            if (bad >= 0)
                throw new ModelFormatException($"Tensor {tensor.Quoted} has {data[i][bad]} at index {bad}; every number must be finite in float32.");
            values.Add(tensor.Name, data[i]);
        }
    }

    /// <summary>The index of the first NaN or infinity, or -1.</summary>
    public static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                return i;
        }
        return -1;
    }
}
