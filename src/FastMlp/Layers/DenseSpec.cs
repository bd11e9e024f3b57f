using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>z = x W^T + b, a = g(z), W of shape [units, inputs].</summary>
/// <param name="Units">Outputs; at least 1.</param>
/// <param name="Activation">g, with its first constants.</param>
/// <param name="Bias">How b is shared.</param>
/// <param name="Initializer">How W is drawn.</param>
public sealed record DenseSpec(int Units, Activation Activation, Bias Bias, Initializer Initializer) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Dense";

    internal override string Group => "layers";

    /// <inheritdoc/>
    public override int OutputSize(int inputSize) => Units;

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("units", Units);
        Activation.WriteTo(json);
        json.WriteString("bias", Bias.ToString());
        json.WriteString("initializer", Initializer.Kind.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Units} {Activation}");

    internal static DenseSpec Read(SpecReader reader) => new(
        reader.Int("units", least: 1), reader.Activation(), reader.Name<Bias>("bias"), Initializer.FromKind(reader.Name<InitializerKind>("initializer")));

    internal override void Check() => ArgumentOutOfRangeException.ThrowIfLessThan(Units, 1, "units");

    internal override Layer Create(Graph graph, int source) => LayerFactory.Create(graph.Width(source), this, graph.Offset, graph.Storage(source));
}
