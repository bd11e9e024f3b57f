using System.Globalization;
using System.Text.Json;
using FastMlp.Data;

namespace FastMlp.Examples;

/// <summary>A frozen model that takes rows by the names of their columns. Any number of requests may use it at once.</summary>
internal sealed class RowPredictor : IDisposable
{
    private readonly Preprocessing preprocessing;
    private readonly Predictor predictor;

    private RowPredictor(Preprocessing preprocessing, Predictor predictor)
    {
        this.preprocessing = preprocessing;
        this.predictor = predictor;
        Columns = preprocessing.Columns is { } plan ? [.. plan.Columns.Select(column => column.Name)] : preprocessing.FeatureNames;
    }

    /// <summary>What a row must have.</summary>
    public IReadOnlyList<string> Columns { get; }

    public static RowPredictor Load(string path)
    {
        using Network network = Network.Load(path);
        Preprocessing preprocessing = Preprocessing.From(network)
            ?? throw new ModelFormatException($"{path} does not say what its columns are; fastmlp train writes that.");
        using Network folded = preprocessing.Fold(network);
        return new RowPredictor(preprocessing, folded.Freeze());
    }

    /// <summary>The probability of each class, or the value in the unit of the data.</summary>
    public IReadOnlyDictionary<string, float> Predict(IReadOnlyDictionary<string, JsonElement> row)
    {
        string?[] fields = [.. Columns.Select(name => row.TryGetValue(name, out JsonElement value) ? Text(value) : null)];
        float[] features = new float[predictor.InputSize];
        float[] answer = new float[predictor.OutputSize];
        if (preprocessing.Columns is { } plan)
        {
            plan.Encode(fields, features);
        }
        else
        {
            for (int i = 0; i < features.Length; i++)
            {
                features[i] = float.TryParse(fields[i], CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
                    ? number
                    : throw new DataFormatException($"column '{Columns[i]}': a finite number was expected.");
            }
        }

        predictor.Predict(features, answer);
        IReadOnlyList<string> names = preprocessing.Task == DataTask.Classification ? preprocessing.ClassNames : preprocessing.TargetNames;
        return answer.Select((value, i) => (Name: i < names.Count ? names[i] : $"output{i}", value)).ToDictionary(one => one.Name, one => one.value);
    }

    public void Dispose() => predictor.Dispose();

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
