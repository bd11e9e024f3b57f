using FastMlp.Layers;

namespace FastMlp.Serialization;

/// <summary>A network as plain data, as a model file holds it.</summary>
/// <param name="InputSize">Features in a row.</param>
/// <param name="Layers">All layers, first to last.</param>
/// <param name="Tensors">The values of every tensor by its name.</param>
/// <param name="Metadata">The user's own entries.</param>
/// <param name="Seed">The seed that the first weights were drawn from; 0 for a file of another framework.</param>
internal sealed record ModelContents(
    int InputSize,
    LayerSpec[] Layers,
    Dictionary<string, float[]> Tensors,
    Dictionary<string, string> Metadata,
    int Seed)
{
    /// <summary>The tensors that these layers have, in the order of the file; only arithmetic, whatever the sizes are.</summary>
    public IReadOnlyList<ParameterTensor> Places() => new Graph(InputSize, Layers).Tensors;
}
