using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Sources;

namespace FastMlp.Cli.Reporting;

/// <summary>The answers of a model, [rows, outputs], and how they are written.</summary>
internal sealed class Predictions
{
    private readonly float[] outputs;
    private readonly int width;
    private readonly bool classifies;
    private readonly IReadOnlyList<string> names;

    public Predictions(StoredModel model, float[] outputs)
    {
        this.outputs = outputs;
        width = model.Network.OutputSize;
        classifies = model.Classifies;
        names = classifies ? model.ClassNames
            : model.Preprocessing.TargetNames.Count == width ? model.Preprocessing.TargetNames
            : [.. Enumerable.Range(0, width).Select(i => $"output{i}")];
    }

    public int Rows => outputs.Length / width;

    /// <summary>A header, then one line for each row.</summary>
    public void WriteCsv(TextWriter writer, bool allProbabilities)
    {
        IEnumerable<string> header = !classifies ? names
            : allProbabilities ? names.Prepend("class")
            : ["class", "probability"];
        writer.WriteLine(string.Join(',', header.Select(Quote)));
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> answer = Answer(row);
            if (classifies)
            {
                int best = Best(answer);
                writer.Write(Quote(names[best]));
                writer.Write(',');
                answer = allProbabilities ? answer : answer.Slice(best, 1);
            }

            for (int i = 0; i < answer.Length; i++)
            {
                writer.Write(i == 0 ? "" : ",");
                writer.Write(Number(answer[i]));
            }

            writer.WriteLine();
        }
    }

    public void Write(Utf8JsonWriter json, string? outputPath, bool allProbabilities)
    {
        json.WriteNumber("rows", Rows);
        if (outputPath is not null)
        {
            json.WriteString("out", outputPath);
            return;
        }

        json.WriteStartArray("predictions");
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> answer = Answer(row);
            json.WriteStartObject();
            if (classifies)
            {
                int best = Best(answer);
                json.WriteString("class", names[best]);
                TrainingSummary.Figure(json, "probability", answer[best]);
            }

            if (allProbabilities)
            {
                json.WriteStartObject("probabilities");
            }

            for (int i = 0; i < answer.Length && (allProbabilities || !classifies); i++)
            {
                TrainingSummary.Figure(json, names[i], answer[i]);
            }

            if (allProbabilities)
            {
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private ReadOnlySpan<float> Answer(int row) => outputs.AsSpan(row * width, width);

    /// <summary>The class with the highest probability; the first of equals.</summary>
    private static int Best(ReadOnlySpan<float> answer)
    {
        int best = 0;
        for (int i = 1; i < answer.Length; i++)
        {
            best = answer[i] > answer[best] ? i : best;
        }

        return best;
    }

    /// <summary>Six significant digits: float32 holds about seven.</summary>
    private static string Number(float value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Quote(string field) => field.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : field;
}
