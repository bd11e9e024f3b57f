namespace FastMlp.Serialization;

/// <summary>A network as plain data, as a model file holds it.</summary>
/// <param name="InputSize">Features in a row.</param>
/// <param name="Layers">The dense layers, first to last.</param>
/// <param name="Weights">W of each layer, [units, inputs], row-major.</param>
/// <param name="Biases">b of each layer: [units], [1] where shared, [0] where there is none.</param>
/// <param name="ActivationParameters">Learnable constants of each layer: [c, beta] of a scaled sigmoid, [slope] of a PReLU, else [0].</param>
/// <param name="Metadata">The user's own entries.</param>
/// <param name="Seed">The seed that the first weights were drawn from; 0 for a file of another framework.</param>
internal sealed record ModelContents(
    int InputSize,
    DenseSpec[] Layers,
    float[][] Weights,
    float[][] Biases,
    float[][] ActivationParameters,
    Dictionary<string, string> Metadata,
    int Seed)
{
    /// <summary>Inputs of a layer.</summary>
    public int InputsOf(int layer) => layer == 0 ? InputSize : Layers[layer - 1].Units;
}
