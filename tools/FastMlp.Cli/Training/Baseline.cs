using System.Runtime.InteropServices;
using System.Text.Json;
using FastMlp.Cli.Reporting.Html;

namespace FastMlp.Cli.Training;

/// <summary>
/// What a network must beat: the one answer that ignores the features (the shares of the classes, or the mean), and a linear model. Both are
/// learnt from the training rows and kept in the model's file, so that <c>evaluate</c> has them too.
/// </summary>
/// <param name="Constant">The answer of every row as the network would give it: a probability for each class, or the scaled values.</param>
/// <param name="Weights">Of the linear model: weight [outputs, inputs], then bias [outputs]; empty where it was left out.</param>
internal sealed record Baseline(float[] Constant, float[] Weights)
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which it is stored.</summary>
    public const string MetadataKey = "fastmlp.baseline";

    /// <summary>Rows that the linear model learns from at most.</summary>
    public const int MostRows = 20_000;

    /// <summary>With fewer than all rows, it needs at least so many to mean something.</summary>
    private const int LeastRows = 500;

    /// <summary>Products of one pass over the rows, so that the linear model takes well under a second.</summary>
    private const long MostProducts = 30_000_000;

    private const int Epochs = 100;

    /// <summary>
    /// Logistic regression or ridge regression: the sum of the losses plus 1/2 sum of W^2, the penalty that scikit-learn's
    /// LogisticRegression and Ridge take by default, made small by L-BFGS.
    /// </summary>
    /// <param name="train">The training rows, scaled.</param>
    public static Baseline Learn(Dataset train)
    {
        double[] sums = new double[train.TargetSize];
        foreach (int label in train.Labels)
        {
            sums[label]++;
        }

        for (int i = 0; i < train.Targets.Length; i++)
        {
            sums[i % sums.Length] += train.Targets[i];
        }

        float[] constant = [.. sums.Select(sum => (float)(sum / train.Rows))];
        long most = Math.Min(MostRows, MostProducts / ((long)train.InputSize * train.TargetSize));
        return new Baseline(constant, most < Math.Min(LeastRows, train.Rows) ? [] : Fit(ReportSubject.Sample(train, (int)most)));
    }

    public void Attach(Network network) => network.Metadata[MetadataKey] = $$"""{"constant":"{{Text(Constant)}}","weights":"{{Text(Weights)}}"}""";

    /// <summary>What <see cref="Attach"/> stored; null if there is none.</summary>
    public static Baseline? From(Network network, int inputs)
    {
        if (!network.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            Baseline baseline = new(Values(document.RootElement.GetProperty("constant")), Values(document.RootElement.GetProperty("weights")));
            return baseline.Constant.Length > 0 && (baseline.Weights.Length == 0 || baseline.Weights.Length == (long)baseline.Constant.Length * (inputs + 1))
                ? baseline
                : throw new FormatException($"{baseline.Weights.Length} weights do not take {inputs} features to {baseline.Constant.Length} outputs");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"the metadata '{MetadataKey}' of the model is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>The linear model; null where it was left out.</summary>
    public Network? Linear(bool classifies)
    {
        if (Weights.Length == 0)
        {
            return null;
        }

        int outputs = Constant.Length;
        int inputs = (Weights.Length / outputs) - 1;
        Network network = Model(inputs, outputs, classifies);
        network.Tensors["layers.0.weight"].CopyFrom(Weights.AsSpan(0, inputs * outputs));
        network.Tensors["layers.0.bias"].CopyFrom(Weights.AsSpan(inputs * outputs));
        return network;
    }

    private static Network Model(int inputs, int outputs, bool classifies) =>
        Network.Input(inputs).Dense(outputs, classifies ? Activation.Softmax : Activation.Identity).Build(seed: 0);

    private static float[] Fit(Dataset rows)
    {
        using Network network = Model(rows.InputSize, rows.TargetSize, rows.IsClassification);
        try
        {
            network.Fit(rows, new FitOptions
            {
                Loss = rows.IsClassification ? Loss.CrossEntropy : Loss.Quadratic,
                Optimizer = new Lbfgs(weightDecay: 1f / rows.Rows),
                BatchSize = FitOptions.FullBatch,
                Epochs = Epochs,
                Shuffle = false,
            });
        }
        catch (TrainingDivergedException)
        {
            return []; // features that are far from unit scale: no linear model is better than a wrong one
        }

        return [.. network.Tensors["layers.0.weight"].ToArray(), .. network.Tensors["layers.0.bias"].ToArray()];
    }

    private static string Text(float[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes<float>(values));

    private static float[] Values(JsonElement element)
    {
        byte[] bytes = element.GetBytesFromBase64();
        return bytes.Length % sizeof(float) == 0 ? MemoryMarshal.Cast<byte, float>(bytes).ToArray() : throw new FormatException("its length is no whole number of float32.");
    }
}
