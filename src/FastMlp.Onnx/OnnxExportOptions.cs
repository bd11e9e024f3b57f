namespace FastMlp.Onnx;

/// <summary>What an export writes beside the network.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The name of the graph's input, [batch, inputSize].</summary>
    public string InputName { get; init; } = "input";

    /// <summary>The name of the graph's output, [batch, outputSize].</summary>
    public string OutputName { get; init; } = "output";

    /// <summary>
    /// The raw columns that the graph takes, an input for each, in the order of the network's features; operators of ai.onnx.ml fill gaps and
    /// encode texts. Empty writes one input, <see cref="InputName"/>. The features that they make, before any scaling, have the name
    /// <see cref="InputName"/> inside the graph.
    /// </summary>
    public IReadOnlyList<OnnxRawColumn> Columns { get; init; } = [];

    /// <summary>Written before the first layer, so that the graph takes rows as they were before scaling; null writes none.</summary>
    public OnnxScaling? InputScaling { get; init; }

    /// <summary>Undone after the last layer, so that the graph answers in the unit of the data; null writes none.</summary>
    public OnnxScaling? OutputScaling { get; init; }
}
