using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp;

/// <summary>What a layer computes, without its place and its numbers: what the builder and the model file know of it.</summary>
public abstract record LayerSpec
{
    private protected LayerSpec()
    {
    }

    /// <summary>The name of the kind, as model files have it: <c>Dense</c>, <c>Dropout</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Features that come out where <paramref name="inputSize"/> go in.</summary>
    public virtual int OutputSize(int inputSize) => inputSize;

    /// <summary>Writes the settings as the model file has them, as members of the JSON object that is open: <c>"rate": 0.2</c>.</summary>
    /// <param name="json">The writer, inside an object.</param>
    public virtual void WriteTo(Utf8JsonWriter json) => ArgumentNullException.ThrowIfNull(json);

    /// <summary>Refuses settings that are out of their range.</summary>
    /// <exception cref="ArgumentException">One is.</exception>
    internal abstract void Check();

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

    /// <summary>For people: what it computes, in a few words.</summary>
    public override string ToString() => Kind;
}

/// <summary>a = m x / (1 - rate) in training, m 0 with probability <paramref name="Rate"/>, else 1; a = x at prediction.</summary>
/// <param name="Rate">The share that is dropped, from 0 to below 1.</param>
public sealed record DropoutSpec(float Rate) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Dropout";

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("rate", Rate);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"Dropout {Rate}");

    internal override void Check() => CheckShare(Rate, isOneAllowed: false, "rate", "The rate of dropout");
}

/// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance those of a column: of the batch in training, running averages at prediction.</summary>
/// <param name="Momentum">How far running averages move to the batch's.</param>
/// <param name="Epsilon">Keeps the root from 0.</param>
public sealed record BatchNormSpec(float Momentum, float Epsilon) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "BatchNorm";

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("momentum", Momentum);
        json.WriteNumber("epsilon", Epsilon);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal override void Check()
    {
        CheckShare(Momentum, isOneAllowed: true, "momentum", "The momentum of running averages");
        CheckEpsilon(Epsilon);
    }
}

/// <summary>a = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance those of a row.</summary>
/// <param name="Epsilon">Keeps the root from 0.</param>
public sealed record LayerNormSpec(float Epsilon) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "LayerNorm";

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        json.WriteNumber("epsilon", Epsilon);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal override void Check() => CheckEpsilon(Epsilon);
}

/// <summary>a = g(x).</summary>
/// <param name="Activation">g.</param>
public sealed record ActivationSpec(Activation Activation) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Activation";

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter json)
    {
        base.WriteTo(json);
        Activation.WriteTo(json);
    }

    /// <inheritdoc/>
    public override string ToString() => Activation.ToString();

    internal override void Check()
    {
        if (!LayerFactory.StandsAlone(Activation))
        {
            throw new ArgumentException($"{Activation} cannot stand on its own: give it to a dense layer.", nameof(Activation));
        }
    }
}

/// <summary>a = x + y: the end of a residual block, which <see cref="Network.Layers"/> shows as layers of its own.</summary>
public sealed record SumSpec : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Sum";

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal override void Check() => throw new ArgumentException("A sum ends a residual block and cannot be added alone: call Residual.");
}

/// <summary>a = F(x) + x, or F(x) + V x where the sizes differ, F the layers of the body.</summary>
/// <param name="Body">F, first to last; at least one.</param>
public sealed record ResidualSpec(IReadOnlyList<LayerSpec> Body) : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Residual";

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

    internal override void Check()
    {
        if (Body is null or [])
        {
            throw new ArgumentException("The body of a residual block needs at least one layer.", nameof(Body));
        }

        foreach (LayerSpec layer in Body)
        {
            layer.Check();
        }
    }

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
}
