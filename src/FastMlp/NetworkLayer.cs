namespace FastMlp;

/// <summary>A layer in its place: what it computes, of which layers' outputs, with which tensors. From <see cref="Network.Layers"/>.</summary>
public sealed class NetworkLayer
{
    internal NetworkLayer(string name, LayerSpec spec, IReadOnlyList<int> sources, int inputSize, int outputSize, int parameterCount, TensorList<Tensor> tensors)
    {
        Name = name;
        Spec = spec;
        Sources = sources;
        InputSize = inputSize;
        OutputSize = outputSize;
        ParameterCount = parameterCount;
        Tensors = tensors;
    }

    /// <summary>What its tensors' names begin with: <c>layers.0</c> of the first dense layer, <c>norms.0</c>, <c>dropouts.0</c>, <c>sums.0</c>.</summary>
    public string Name { get; }

    /// <summary>What it computes.</summary>
    public LayerSpec Spec { get; }

    /// <summary>The layers whose outputs it takes, by their place in <see cref="Network.Layers"/>; -1 is the network's input. One, or two of a sum.</summary>
    public IReadOnlyList<int> Sources { get; }

    /// <summary>Features of each source.</summary>
    public int InputSize { get; }

    /// <summary>Features that come out.</summary>
    public int OutputSize { get; }

    /// <summary>Trainable numbers.</summary>
    public int ParameterCount { get; }

    /// <summary>Its parameters and running statistics.</summary>
    public TensorList<Tensor> Tensors { get; }

    /// <summary>The name and what it computes.</summary>
    public override string ToString() => $"{Name}: {Spec}";
}
