using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>a = m x / (1 - rate) in training, m 0 with probability <paramref name="Rate"/>, else 1; a = x at prediction.</summary>
/// <param name="Rate">The share that is dropped, from 0 to below 1.</param>
public sealed record DropoutSpec(float Rate) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Dropout";

    internal override string Group => "dropouts";

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("rate", Rate);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"Dropout {Rate}");

    internal static DropoutSpec Read(SpecReader reader) => new(reader.Float("rate"));

    internal override void Check() => CheckShare(Rate, isOneAllowed: false, "rate", "The rate of dropout");

    internal override Layer Create(Graph graph, int source) => new DropoutLayer(graph.Width(source), this, graph.Offset);
}
