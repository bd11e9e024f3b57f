using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>a = g(x).</summary>
/// <param name="Activation">g: any that is elementwise and has no learnable constants.</param>
public sealed record ActivationSpec(Activation Activation) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Activation";

    internal override string Group => "activations";

    internal override bool Folds => true;

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        Activation.WriteTo(json);
    }

    /// <inheritdoc/>
    public override string ToString() => Activation.ToString();

    internal static ActivationSpec Read(SpecReader reader) => new(reader.Activation());

    internal override void Check()
    {
        if (!LayerFactory.StandsAlone(Activation))
        {
            throw new ArgumentException($"{Activation} cannot stand on its own: give it to a dense layer.", nameof(Activation));
        }
    }

    internal override Layer Create(Graph graph, int source) => LayerFactory.Create(graph.Width(source), this, graph.Offset);
}
