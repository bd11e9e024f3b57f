using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance those of a row.</summary>
/// <param name="Epsilon">Keeps the root from 0; above 0.</param>
public sealed record LayerNormSpec(float Epsilon) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "LayerNorm";

    internal override string Group => "norms";

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("epsilon", Epsilon);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal static LayerNormSpec Read(SpecReader reader) => new(reader.Float("epsilon"));

    internal override void Check() => CheckEpsilon(Epsilon);

    internal override Layer Create(Graph graph, int source) => new LayerNormLayer(graph.Width(source), this, graph.Offset);
}
