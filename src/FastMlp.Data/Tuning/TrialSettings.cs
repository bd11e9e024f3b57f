using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>What a <see cref="Tuner"/> varies from trial to trial.</summary>
/// <param name="Layers">Units of the hidden layers: one to three alike, of 16 to 512.</param>
/// <param name="Activation">Of the hidden layers: ReLU, GELU, SiLU or tanh.</param>
/// <param name="LearningRate">Of Adam: 1e-4 to 3e-2, on a logarithmic scale.</param>
/// <param name="WeightDecay">The L2 coefficient on weights: 1e-6 to 1e-1, on a logarithmic scale.</param>
/// <param name="BatchSize">16, 32, 64 or 128 rows.</param>
/// <param name="Dropout">The share of hidden outputs that training drops: 0 in half of the space, up to 0.5 in the other.</param>
/// <param name="Normalization">What normalizes each hidden layer before its activation.</param>
/// <param name="Residual">Whether every two hidden layers are a residual block; with one hidden layer there is none.</param>
public sealed record TrialSettings(
    IReadOnlyList<int> Layers,
    Activation Activation,
    float LearningRate,
    float WeightDecay,
    int BatchSize,
    float Dropout,
    TrialNormalization Normalization,
    bool Residual)
{
    private const int Depths = 3;

    private static readonly Activation[] Activations = [Activation.Relu, Activation.Gelu, Activation.Silu, Activation.Tanh];
    private static readonly int[] Batches = [16, 32, 64, 128];

    /// <summary>The choices of each dimension of the unit cube; 0 where it is continuous.</summary>
    internal static ReadOnlySpan<int> Choices => [Depths, 0, 4, 0, 0, 4, 0, 3, 2];

    /// <summary>The settings in the spelling of <c>fastmlp train</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"--layers {string.Join(',', Layers)} --activation {Activation.Name.ToLowerInvariant()} --lr {LearningRate} --weight-decay {WeightDecay} --batch {BatchSize}{(Dropout > 0 ? $" --dropout {Dropout}" : "")}{(Normalization == TrialNormalization.None ? "" : $" --norm {Normalization.ToString().ToLowerInvariant()}")}{(Residual ? " --residual 2" : "")}");

    /// <summary>A network of these settings for data, and how to train it.</summary>
    /// <param name="data">Rows as the network takes them.</param>
    /// <param name="seed">Of the first weights and of the order of rows.</param>
    /// <param name="watch">What tells a good epoch; the loss by default.</param>
    public Candidate For(Dataset data, int seed = 0, Metric? watch = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new Candidate(ToString(), () => Build(data, seed), new FitOptions
        {
            Optimizer = new Adam(LearningRate, weightDecay: WeightDecay),
            BatchSize = BatchSize,
            Watch = watch ?? Metric.Loss,
            Seed = seed,
        });
    }

    /// <summary>The settings at a point of the unit cube. Numbers are rounded to two digits, so that what is printed is what was trained.</summary>
    internal static TrialSettings At(ReadOnlySpan<double> point)
    {
        int depth = 1 + Choice(point[0], Depths);
        int units = 8 * (int)Math.Round(Math.Pow(2, 4 + (5 * point[1])) / 8);
        return new TrialSettings(
            [.. Enumerable.Repeat(units, depth)],
            Activations[Choice(point[2], Activations.Length)],
            Logarithmic(point[3], 1e-4, 3e-2),
            Logarithmic(point[4], 1e-6, 1e-1),
            Batches[Choice(point[5], Batches.Length)],
            Rounded(Math.Max(0, point[6] - 0.5)),
            (TrialNormalization)Choice(point[7], 3),
            depth > 1 && Choice(point[8], 2) == 1);
    }

    internal static int Choice(double place, int count) => Math.Min(count - 1, (int)(place * count));

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("settings");
        json.WriteStartArray("layers");
        foreach (int units in Layers)
        {
            json.WriteNumberValue(units);
        }

        json.WriteEndArray();
        json.WriteString("activation", Activation.Name.ToLowerInvariant());
        json.WriteNumber("lr", LearningRate);
        json.WriteNumber("weight-decay", WeightDecay);
        json.WriteNumber("batch", BatchSize);
        json.WriteNumber("dropout", Dropout);
        json.WriteString("norm", Normalization.ToString().ToLowerInvariant());
        json.WriteNumber("residual", Residual ? 2 : 0);
        json.WriteEndObject();
    }

    private static float Logarithmic(double place, double low, double high) => Rounded(low * Math.Pow(high / low, place));

    private static float Rounded(double value) => float.Parse(value.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private Network Build(Dataset data, int seed)
    {
        NetworkBuilder builder = Network.Input(data.InputSize);
        int before = Residual ? Layers.Count % 2 : Layers.Count;
        for (int layer = 0; layer < before; layer++)
        {
            AddHidden(builder, Layers[layer]);
        }

        for (int layer = before; layer < Layers.Count; layer += 2)
        {
            (int first, int second) = (Layers[layer], Layers[layer + 1]);
            builder.Residual(body =>
            {
                AddHidden(body, first);
                AddNormalization(body.Dense(second, initializer: Initializer.GlorotUniform));
            }).Activate(Activation);
            AddDropout(builder);
        }

        return builder.Dense(data.TargetSize, data.IsClassification ? Activation.Softmax : Activation.Identity).Build(seed);
    }

    private void AddHidden(NetworkBuilder builder, int units)
    {
        if (Normalization == TrialNormalization.None)
        {
            builder.Dense(units, Activation, initializer: Initializer.GlorotUniform);
        }
        else
        {
            AddNormalization(builder.Dense(units, initializer: Initializer.GlorotUniform));
            builder.Activate(Activation);
        }

        AddDropout(builder);
    }

    private void AddNormalization(NetworkBuilder builder)
    {
        if (Normalization == TrialNormalization.Batch)
        {
            builder.BatchNorm();
        }
        else if (Normalization == TrialNormalization.Layer)
        {
            builder.LayerNorm();
        }
    }

    private void AddDropout(NetworkBuilder builder)
    {
        if (Dropout > 0)
        {
            builder.Dropout(Dropout);
        }
    }
}

/// <summary>What normalizes hidden layers of a trial.</summary>
public enum TrialNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Batch normalization.</summary>
    Batch,

    /// <summary>Layer normalization.</summary>
    Layer,
}
