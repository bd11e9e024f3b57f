namespace FastMlp.Serialization;

/// <summary>A checked safetensors header: the tensors cover the data from its first byte to its last, each once.</summary>
internal sealed class SafetensorsHeader
{
    private SafetensorsHeader(Dictionary<string, string> metadata, TensorInfo[] tensors, long dataStart)
    {
        Metadata = metadata;
        Tensors = tensors;
        DataStart = dataStart;
    }

    /// <summary>The entries of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Bytes from the start of the file to the data.</summary>
    public long DataStart { get; }

    /// <summary>Bytes of data.</summary>
    public long DataLength => Tensors.Count == 0 ? 0 : Tensors[^1].End;

    /// <summary>Parses the header and checks offsets, sizes and coverage, before any data is touched.</summary>
    /// <param name="json">The header, padding included.</param>
    /// <exception cref="ModelFormatException">The header is not what the format allows.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json)
    {
        (Dictionary<string, string> metadata, List<TensorInfo> listed) = HeaderReader.Read(json);
        // An empty tensor begins where its successor does, so End decides; OrderBy keeps the header's order among equals.
        TensorInfo[] tensors = [.. listed.OrderBy(tensor => tensor.Begin).ThenBy(tensor => tensor.End)];

        long next = 0;
        TensorInfo? previous = null;
        foreach (TensorInfo tensor in tensors)
        {
            CheckSize(tensor);
            if (tensor.Begin != next)
            {
                string defect = tensor.Begin > next ? "leaves a gap after" : "overlaps";
                throw new ModelFormatException(
                    $"Tensor {tensor.Quoted} begins at data byte {tensor.Begin} and so {defect} {(previous is null ? "the start of the data" : $"tensor {previous.Quoted}")}; it must begin at {next}.");
            }
            next = tensor.End;
            previous = tensor;
        }

        long dataStart = Safetensors.LengthBytes + json.Length;
        if (next > long.MaxValue - dataStart)
            throw new ModelFormatException($"Tensor {previous!.Quoted} ends at data byte {next}, beyond what a file can hold.");
        return new SafetensorsHeader(metadata, tensors, dataStart);
    }

    private static void CheckSize(TensorInfo tensor)
    {
        if (tensor.End < tensor.Begin)
            throw new ModelFormatException($"Tensor {tensor.Quoted} has data_offsets [{tensor.Begin}, {tensor.End}]; the end must not be before the begin.");

        long bits = TensorInfo.Bits(tensor.Type);
        try
        {
            foreach (long extent in tensor.Shape)
                bits = checked(bits * extent);
        }
        catch (OverflowException e)
        {
            throw new ModelFormatException($"Tensor {tensor.Quoted} of shape {tensor.ShapeText} would have more than 2^63 bits.", e);
        }
        if (bits % 8 != 0)
            throw new ModelFormatException($"Tensor {tensor.Quoted} of type {tensor.Type} and shape {tensor.ShapeText} does not fill whole bytes.");
        if (tensor.End - tensor.Begin != bits / 8)
            throw new ModelFormatException($"Tensor {tensor.Quoted} of type {tensor.Type} and shape {tensor.ShapeText} needs {bits / 8} bytes, but its data_offsets [{tensor.Begin}, {tensor.End}] give {tensor.End - tensor.Begin}.");
    }
}
