using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>a = F(x) + x, or F(x) + V x where the sizes differ, F the layers of the body.</summary>
/// <param name="Body">F, first to last; at least one.</param>
public sealed record ResidualSpec(IReadOnlyList<LayerSpec> Body) : LayerSpec
{
    /// <summary>How deep blocks may stand in blocks: a limit, so that whatever is built can be saved and read again.</summary>
    internal const int MostNested = 100;

    /// <summary>F, first to last: a copy of the list that was given.</summary>
    public IReadOnlyList<LayerSpec> Body { get; init => field = Copy(value); } = Copy(Body);

    /// <inheritdoc/>
    public override string Kind => "Residual";

    internal override string Group => "residuals";

    /// <inheritdoc/>
    public override int OutputSize(int inputSize) => Body.Aggregate(inputSize, (size, layer) => layer.OutputSize(size));

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        WriteList(json, Body);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Residual ({string.Join(" -> ", Body)})";

    /// <summary>Whether the bodies are the same.</summary>
    public bool Equals(ResidualSpec? other) => other is not null && Body.SequenceEqual(other.Body);

    /// <inheritdoc/>
    public override int GetHashCode() => Body.Aggregate(Body.Count, HashCode.Combine);

    internal static ResidualSpec Read(SpecReader reader) => new(reader.Layers("layer"));

    internal override void Check()
    {
        if (Body.Count == 0)
        {
            throw new ArgumentException("The body of a residual block needs at least one layer.", nameof(Body));
        }

        if (Depth > MostNested)
        {
            throw new ArgumentException($"Residual blocks stand {Depth} deep in one another; {MostNested} is the limit.", nameof(Body));
        }

        foreach (LayerSpec layer in Body)
        {
            layer.Check();
        }
    }

    internal override Layer Create(Graph graph, int source) => throw new InvalidOperationException("A residual block is several layers.");

    /// <summary>The body, a projection of what goes around it where the sizes differ, and their sum.</summary>
    internal override int AddTo(Graph graph, int source)
    {
        int body = graph.Add(Body, source);
        int skip = Projection(graph.Width(source))?.AddTo(graph, source) ?? source;
        return graph.Add(new SumSpec().Create(graph, body), body, skip);
    }

    /// <summary>V, where the body changes the number of features; without a bias, for the body has one.</summary>
    internal DenseSpec? Projection(int inputSize) => OutputSize(inputSize) == inputSize
        ? null
        : new(OutputSize(inputSize), Activation.Identity, Bias.None, Activation.Identity.DefaultInitializer);

    /// <summary>The member <c>layers</c>: a dense layer has no <c>kind</c>, as in files of the first format.</summary>
    internal static void WriteList(Utf8JsonWriter json, IReadOnlyList<LayerSpec> layers)
    {
        json.WriteStartArray("layers");
        foreach (LayerSpec layer in layers)
        {
            json.WriteStartObject();
            if (layer is not DenseSpec)
            {
                json.WriteString("kind", layer.Kind);
            }

            layer.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static System.Collections.ObjectModel.ReadOnlyCollection<LayerSpec> Copy(IReadOnlyList<LayerSpec> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        LayerSpec[] copy = [.. body];
        return Array.Exists(copy, layer => layer is null)
            ? throw new ArgumentException("A layer of the body is null.", nameof(body))
            : Array.AsReadOnly(copy);
    }

    private int Depth => 1 + Body.OfType<ResidualSpec>().Select(block => block.Depth).DefaultIfEmpty().Max();
}
