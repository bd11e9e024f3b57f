namespace FastMlp.Onnx;

/// <summary>What an import may do beyond the exact translation. By default it changes nothing that the model computes.</summary>
public sealed record OnnxImportOptions
{
    /// <summary>The tensor to compute: an output of the graph, or one inside it; null takes the only output that holds floating-point numbers.</summary>
    public string? Output { get; init; }

    /// <summary>
    /// The tensor inside the graph that rows go to, [rows, features], in place of the graph's own inputs: what is before it is left out. Null takes the
    /// inputs.
    /// </summary>
    public string? Input { get; init; }

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
    /// Whether a file that rounds computed values to integers (QuantizeLinear, DynamicQuantizeLinear and their kin) is imported without that rounding.
    /// If false, such a model is refused. Weights that are stored as integers need no option: they are read as the numbers that they stand for.
    /// </summary>
    public bool QuantizedAsFloat { get; init; }

    /// <summary>
    /// Whether a scaling of the inputs at the head of the graph, and of the outputs at its end, is kept apart as
    /// <see cref="OnnxImport.InputScaling"/> and <see cref="OnnxImport.OutputScaling"/>, instead of being folded into the layer beside it.
    /// </summary>
    public bool SeparateScaling { get; init; }

    /// <summary>The folder in which files with external weights lie; null is that of the model, and none where the model comes from a stream.</summary>
    public string? ExternalDataFolder { get; init; }

    /// <summary>How messages name a member of this type, given its name, such as <c>--output NAME</c> for <c>Output</c>; null names the member itself.</summary>
    public Func<string, string>? OptionName { get; init; }

    /// <summary>The start of a sentence that asks for an option.</summary>
    internal string Ask(string name) => OptionName is null ? $"Set {nameof(OnnxImportOptions)}.{name}" : $"Give {OptionName(name)}";
}
