using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance those of a column: of the batch in training, running averages at prediction.</summary>
/// <param name="Momentum">How far running averages move to the batch's, from 0 to 1.</param>
/// <param name="Epsilon">Keeps the root from 0; above 0.</param>
public sealed record BatchNormSpec(float Momentum, float Epsilon) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm";

    internal override string Group => "norms";

    internal override bool Folds => true;

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("momentum", Momentum);
        json.WriteNumber("epsilon", Epsilon);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal static BatchNormSpec Read(SpecReader reader) => new(reader.Float("momentum"), reader.Float("epsilon"));

    internal override void Check()
    {
        CheckShare(Momentum, isOneAllowed: true, "momentum", "The momentum of running averages");
        CheckEpsilon(Epsilon);
    }

    internal override Layer Create(Graph graph, int source) => new BatchNormLayer(graph.Width(source), this, graph.Offset);

    /// <summary>s = gamma / sqrt(variance + epsilon), c = mean, t = beta.</summary>
    internal override ColumnScaling AsScaling(IReadOnlyDictionary<string, float[]> tensors)
    {
        float[] variance = tensors["running_var"];
        return new([.. tensors["weight"].Select((gamma, j) => gamma / Math.Sqrt((double)variance[j] + Epsilon))], tensors["running_mean"], tensors["bias"]);
    }
}
