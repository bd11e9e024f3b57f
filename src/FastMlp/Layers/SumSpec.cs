using FastMlp.Layers;

namespace FastMlp;

/// <summary>a = x + y: the end of a residual block, which <see cref="Network.Layers"/> shows as layers of its own.</summary>
public sealed record SumSpec : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Sum";

    internal override string Group => "sums";

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal override void Check() => throw new ArgumentException("A sum ends a residual block and cannot be added alone: call Residual.");

    internal override Layer Create(Graph graph, int source) => new SumLayer(graph.Width(source), this, graph.Offset);
}
