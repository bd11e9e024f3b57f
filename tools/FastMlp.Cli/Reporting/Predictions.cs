using System.Globalization;
using System.Text.Json;
using FastMlp.Cli.Sources;

namespace FastMlp.Cli.Reporting;

/// <summary>How the answers of a model, [rows, outputs] in parts, are written: a line or an object for each row.</summary>
internal sealed class Predictions
{
    private readonly int width;
    private readonly int stride;
    private readonly bool withSpread;
    private readonly float[]? pair;
    private readonly bool classifies;
    private readonly bool allProbabilities;
    private readonly IReadOnlyList<string> names;

    /// <param name="model">What answers.</param>
    /// <param name="allProbabilities">Whether every class has its probability.</param>
    /// <param name="withSpread">Whether the outputs of each row are followed by as many standard deviations.</param>
    public Predictions(StoredModel model, bool allProbabilities, bool withSpread = false)
    {
        this.allProbabilities = allProbabilities;
        this.withSpread = withSpread;
        width = model.Network.OutputSize;
        stride = withSpread ? 2 * width : width;
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

            for (int row = 0; row < outputs.Length / stride; row++)
            {
                WriteLine(writer, Answer(outputs, row), Spread(outputs, row));
            }

            Rows += outputs.Length / stride;
        }
    }

    public void Write(Utf8JsonWriter json, IEnumerable<float[]> parts)
    {
        json.WriteStartArray("predictions");
        foreach (float[] outputs in parts)
        {
            for (int row = 0; row < outputs.Length / stride; row++)
            {
                WriteObject(json, Answer(outputs, row), Spread(outputs, row));
            }

            Rows += outputs.Length / stride;
            json.Flush();
        }

        json.WriteEndArray();
    }

    /// <summary>One value for each name: a lone output that tells two classes apart is the probability of the second.</summary>
    private ReadOnlySpan<float> Answer(float[] outputs, int row)
    {
        if (pair is null)
        {
            return outputs.AsSpan(row * stride, width);
        }

        pair[0] = 1 - outputs[row * stride];
        pair[1] = outputs[row * stride];
        return pair;
    }

    private ReadOnlySpan<float> Spread(float[] outputs, int row) => withSpread ? outputs.AsSpan((row * stride) + width, width) : [];

    private void WriteHeader(TextWriter writer)
    {
        IEnumerable<string> header = !classifies ? names
            : allProbabilities ? names.Prepend("class")
            : ["class", "probability"];
        header = !withSpread ? header : classifies ? header.Concat(["sd", "entropy"]) : header.Concat(names.Select(name => $"{name}_sd"));
        writer.WriteLine(string.Join(',', header.Select(Quote)));
    }

    private void WriteLine(TextWriter writer, ReadOnlySpan<float> answer, ReadOnlySpan<float> spread)
    {
        ReadOnlySpan<float> all = answer;
        int best = classifies ? Best(answer) : 0;
        if (classifies)
        {
            writer.Write(Quote(names[best]));
            writer.Write(',');
            answer = allProbabilities ? answer : answer.Slice(best, 1);
        }

        for (int i = 0; i < answer.Length; i++)
        {
            writer.Write(i == 0 ? "" : ",");
            writer.Write(Number(answer[i]));
        }

        if (withSpread && classifies)
        {
            writer.Write($",{Number(SpreadOf(spread, best))},{Number(Entropy(all))}");
        }
        else
        {
            foreach (float one in spread)
            {
                writer.Write(',');
                writer.Write(Number(one));
            }
        }

        writer.WriteLine();
    }

    /// <summary>Of two classes by one output both have its spread.</summary>
    private static float SpreadOf(ReadOnlySpan<float> spread, int index) => spread[Math.Min(index, spread.Length - 1)];

    /// <summary>- sum of p ln p: 0 of one certain class, ln k of k classes alike.</summary>
    private static float Entropy(ReadOnlySpan<float> probabilities)
    {
        double sum = 0;
        foreach (float p in probabilities)
        {
            sum -= p > 0 ? p * Math.Log(p) : 0;
        }

        return (float)sum;
    }

    private void WriteObject(Utf8JsonWriter json, ReadOnlySpan<float> answer, ReadOnlySpan<float> spread)
    {
        json.WriteStartObject();
        if (classifies)
        {
            int best = Best(answer);
            json.WriteString("class", names[best]);
            TrainingSummary.Figure(json, "probability", answer[best]);
            if (withSpread)
            {
                TrainingSummary.Figure(json, "sd", SpreadOf(spread, best));
                TrainingSummary.Figure(json, "entropy", Entropy(answer));
            }
        }

        if (allProbabilities)
        {
            json.WriteStartObject("probabilities");
        }

        for (int i = 0; i < answer.Length && (allProbabilities || !classifies); i++)
        {
            TrainingSummary.Figure(json, names[i], answer[i]);
        }

        for (int i = 0; i < spread.Length && !classifies; i++)
        {
            TrainingSummary.Figure(json, $"{names[i]}_sd", spread[i]);
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
