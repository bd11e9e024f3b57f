using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>What a layer computes, without its place and its numbers: what the builder and the model file know of it.</summary>
public abstract record LayerSpec
{
    /// <summary>The kinds that a model file may name, by name. A dense layer is the kind of those that name none.</summary>
    internal static readonly IReadOnlyDictionary<string, Func<SpecReader, LayerSpec>> Readers = new Dictionary<string, Func<SpecReader, LayerSpec>>
    {
        ["Dropout"] = DropoutSpec.Read,
        ["BatchNorm"] = BatchNormSpec.Read,
        ["LayerNorm"] = LayerNormSpec.Read,
        ["Affine"] = AffineSpec.Read,
        ["Activation"] = ActivationSpec.Read,
        ["Residual"] = ResidualSpec.Read,
    };

    private protected LayerSpec()
    {
    }

    /// <summary>The name of the kind, as model files have it: <c>Dense</c>, <c>Dropout</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>What the names of such layers begin with, before their number: <c>layers</c> of dense ones, <c>norms</c>.</summary>
    internal abstract string Group { get; }

    /// <summary>Whether it may become part of a dense layer beside it at prediction.</summary>
    internal virtual bool Folds => false;

    /// <summary>Features that come out where <paramref name="inputSize"/> go in.</summary>
    public virtual int OutputSize(int inputSize) => inputSize;

    /// <summary>Writes the settings as the model file has them, as members of the JSON object that is open: <c>"rate": 0.2</c>.</summary>
    /// <param name="json">The writer, inside an object.</param>
    public virtual void WriteTo(Utf8JsonWriter json) => ArgumentNullException.ThrowIfNull(json);

    /// <summary>For people: what it computes, in a few words.</summary>
    public override string ToString() => Kind;

    /// <summary>Refuses settings that are out of their range.</summary>
    /// <exception cref="ArgumentException">One is.</exception>
    internal abstract void Check();

    /// <summary>The layer that computes it, on the output of <paramref name="source"/> (-1 for the network's input), behind all layers of the graph so far.</summary>
    internal abstract Layer Create(Graph graph, int source);

    /// <summary>Adds what computes it to a graph; returns the layer whose output is the result.</summary>
    internal virtual int AddTo(Graph graph, int source) => graph.Add(Create(graph, source), source);

    /// <summary>What a prediction multiplies and adds in each column; null where it does another thing.</summary>
    /// <param name="tensors">What the layer has learnt: <c>weight</c>, <c>running_mean</c> and so on.</param>
    internal virtual ColumnScaling? AsScaling(IReadOnlyDictionary<string, float[]> tensors) => null;

    private protected static void CheckShare(float value, bool isOneAllowed, string name, string what)
    {
        if (!(value >= 0) || !(value < 1 || (isOneAllowed && value == 1)))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{what} is a share from 0 to {(isOneAllowed ? "" : "below ")}1.");
        }
    }

    private protected static void CheckEpsilon(float epsilon)
    {
        if (!(epsilon > 0) || !float.IsFinite(epsilon))
        {
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Epsilon is a positive, finite number.");
        }
    }
}
