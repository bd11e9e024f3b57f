using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Sources;

namespace FastMlp.Cli.Reporting;

/// <summary>How the answers of a model, [rows, outputs] in parts, are written: a line or an object for each row.</summary>
internal sealed class Predictions
{
    private readonly int width;
    private readonly float[]? pair;
    private readonly bool classifies;
    private readonly bool allProbabilities;
    private readonly IReadOnlyList<string> names;

    public Predictions(StoredModel model, bool allProbabilities)
    {
        this.allProbabilities = allProbabilities;
        width = model.Network.OutputSize;
        classifies = model.Classifies;
        pair = classifies && width == 1 ? new float[2] : null;
        names = classifies ? model.ClassNames
            : model.Preprocessing.TargetNames.Count == width ? model.Preprocessing.TargetNames
            : [.. Enumerable.Range(0, width).Select(i => $"output{i}")];
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>A header, then one line for each row.</summary>
    /// <param name="parts">The answers.</param>
    /// <param name="writer">Where they go.</param>
    public void WriteCsv(IEnumerable<float[]> parts, TextWriter writer)
    {
        bool isFirst = true;
        foreach (float[] outputs in parts)
        {
            if (isFirst)
            {
                WriteHeader(writer); // not before the first rows are there: a fault in them leaves nothing behind
                isFirst = false;
            }

            for (int row = 0; row < outputs.Length / width; row++)
            {
                WriteLine(writer, Answer(outputs, row));
            }

            Rows += outputs.Length / width;
        }
    }

    public void Write(Utf8JsonWriter json, IEnumerable<float[]> parts)
    {
        json.WriteStartArray("predictions");
        foreach (float[] outputs in parts)
        {
            for (int row = 0; row < outputs.Length / width; row++)
            {
                WriteObject(json, Answer(outputs, row));
            }

            Rows += outputs.Length / width;
            json.Flush();
        }

        json.WriteEndArray();
    }

    /// <summary>One value for each name: a lone output that tells two classes apart is the probability of the second.</summary>
    private ReadOnlySpan<float> Answer(float[] outputs, int row)
    {
        if (pair is null)
        {
            return outputs.AsSpan(row * width, width);
        }

        pair[0] = 1 - outputs[row];
        pair[1] = outputs[row];
        return pair;
    }

    private void WriteHeader(TextWriter writer)
    {
        IEnumerable<string> header = !classifies ? names
            : allProbabilities ? names.Prepend("class")
            : ["class", "probability"];
        writer.WriteLine(string.Join(',', header.Select(Quote)));
    }

    private void WriteLine(TextWriter writer, ReadOnlySpan<float> answer)
    {
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

    private void WriteObject(Utf8JsonWriter json, ReadOnlySpan<float> answer)
    {
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

    /// <summary>The class with the highest probability; the first of equals, as in the engine's metrics.</summary>
    private static int Best(ReadOnlySpan<float> answer)
    {
        int best = 0;
        for (int i = 1; i < answer.Length; i++)
        {
            best = answer[i] > answer[best] ? i : best;
        }

        return best;
    }

    /// <summary>As few digits as give the same float32 back.</summary>
    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Quote(string field) => field.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : field;
}
