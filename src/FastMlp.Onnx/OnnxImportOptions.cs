namespace FastMlp.Onnx;

/// <summary>What an import may do beyond the exact translation. By default it changes nothing that the model computes.</summary>
public sealed record OnnxImportOptions
{
    /// <summary>The graph output to take; null takes the only one that holds float32 numbers.</summary>
    public string? Output { get; init; }

    /// <summary>
    /// Whether a LogSoftmax at the output is imported as softmax: the network then answers with probabilities where the model
    /// answers with their logarithms. If false, such a model is refused.
    /// </summary>
    public bool LogSoftmaxAsSoftmax { get; init; }

    /// <summary>
    /// Whether a GELU in its tanh approximation is imported as the exact one, z Phi(z): the two differ by up to 0.0005 in each unit.
    /// If false, such a model is refused.
    /// </summary>
    public bool TanhGeluAsGelu { get; init; }

    /// <summary>
    /// Whether a scaling of the inputs at the head of the graph, and of the outputs at its end, is kept apart as
    /// <see cref="OnnxImport.InputScaling"/> and <see cref="OnnxImport.OutputScaling"/>, instead of being folded into the layer beside it.
    /// </summary>
    public bool SeparateScaling { get; init; }

    /// <summary>The folder in which files with external weights lie; null is that of the model, and none where the model comes from a stream.</summary>
    public string? ExternalDataFolder { get; init; }
}
