using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>The one input that rows go to: a graph's input that is no weight.</summary>
internal sealed record ModelInput(string Name, long[] Dims, int ElementType)
{
    public static ModelInput Find(GraphProto graph)
    {
        HashSet<string> weights = [.. graph.Initializer.Select(tensor => tensor.Name)];
        ValueProto[] inputs = [.. graph.Input.Where(input => !weights.Contains(input.Name))];
        if (inputs.Length != 1)
        {
            throw new ModelFormatException(inputs.Length == 0
                ? "The graph has no input; one, for the features, was expected."
                : $"The graph has the inputs {Words.List([.. inputs.Select(input => input.Name)])}; one, for the features, is supported.");
        }

        ValueProto value = inputs[0];
        string where = $"The input {Words.Quote(value.Name)}";
        TypeProto.Types.Tensor? type = value.Type?.TensorType;
        if (value.Type is not null && type is null)
        {
            throw new ModelFormatException($"{where} is no tensor; a tensor of float32 was expected.");
        }

        int element = type?.ElemType ?? 0;
        if (element is 8 or TensorReader.Bool or 14 or 15)
        {
            throw new ModelFormatException($"{where} holds {TensorReader.TypeName(element)}; a tensor of numbers was expected.");
        }

        // Without a shape: rows of features, how many of each is left open.
        long[] dims = type?.Shape is { } shape
            ? [.. shape.Dim.Select(dim => dim.SizeCase == DimensionProto.SizeOneofCase.DimValue && dim.DimValue > 0 ? dim.DimValue : -1)]
            : [-1, -1];
        return dims.Length <= TensorReader.MostAxes
            ? new ModelInput(value.Name, dims, element)
            : throw new ModelFormatException($"{where} has {dims.Length} axes; up to {TensorReader.MostAxes} are supported.");
    }

    /// <summary>The same with a last axis of a known size.</summary>
    public ModelInput WithLast(long size) => this with { Dims = Dims.Length == 0 ? Dims : [.. Dims[..^1], size] };
}
