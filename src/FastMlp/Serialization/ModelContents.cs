using FastMlp.Layers;

namespace FastMlp.Serialization;

/// <summary>A network as plain data, as a model file holds it.</summary>
/// <param name="InputSize">Features in a row.</param>
/// <param name="Layers">All layers, first to last.</param>
/// <param name="Weights">W of each dense layer, [units, inputs], row-major.</param>
/// <param name="Biases">b of each dense layer: [units], [1] where shared, [0] where there is none.</param>
/// <param name="ActivationParameters">Learnable constants of each dense layer: [c, beta] of a scaled sigmoid, [slope] of a PReLU, else [0].</param>
/// <param name="Metadata">The user's own entries.</param>
/// <param name="Seed">The seed that the first weights were drawn from; 0 for a file of another framework.</param>
internal sealed record ModelContents(
    int InputSize,
    LayerSpec[] Layers,
    float[][] Weights,
    float[][] Biases,
    float[][] ActivationParameters,
    Dictionary<string, string> Metadata,
    int Seed)
{
    /// <summary>What each normalization has learnt, in order.</summary>
    public NormContents[] Norms { get; init; } = [];

    /// <summary>The layers with their sizes, in order of computation; only arithmetic, whatever the sizes are.</summary>
    public IReadOnlyList<Layer> Stages() => StageList.Of(InputSize, Layers);
}
