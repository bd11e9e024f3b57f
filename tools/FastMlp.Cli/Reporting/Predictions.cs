using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Reporting;

/// <summary>How the answers of a model, [rows, outputs] in parts, are written: a line or an object for each row, or an array of all.</summary>
internal sealed class Predictions
{
    private readonly int width;
    private readonly int stride;
    private readonly bool withSpread;
    private readonly float[]? pair;
    private readonly bool classifies;
    private readonly bool allProbabilities;
    private readonly IReadOnlyList<string> names;
    private readonly IReadOnlyList<string> keep;
    private readonly NonFinite nonFinite;

    /// <param name="model">What answers.</param>
    /// <param name="allProbabilities">Whether every class has its probability.</param>
    /// <param name="withSpread">Whether the outputs of each row are followed by as many standard deviations.</param>
    /// <param name="keep">The columns whose texts stand before the answer.</param>
    /// <param name="nonFinite">What becomes of an answer that is no finite number.</param>
    public Predictions(StoredModel model, bool allProbabilities, bool withSpread, IReadOnlyList<string> keep, NonFinite nonFinite)
    {
        this.keep = keep;
        this.nonFinite = nonFinite;
        this.allProbabilities = allProbabilities;
        this.withSpread = withSpread;
        width = model.Network.OutputSize;
        stride = withSpread ? 2 * width : width;
        classifies = model.Classifies;
        pair = classifies && width == 1 ? new float[2] : null;
        names = classifies ? model.ClassNames
            : model.Preprocessing.TargetNames.Count == width ? model.Preprocessing.TargetNames
            : [.. Enumerable.Range(0, width).Select(i => $"output{i}")];
        if (!classifies)
        {
            names = [.. names.Select(Free)];
        }
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>A header, then one line for each row.</summary>
    /// <param name="parts">The answers.</param>
    /// <param name="writer">Where they go.</param>
    public void WriteCsv(IEnumerable<KeptRows> parts, TextWriter writer)
    {
        bool isFirst = true;
        foreach ((float[] outputs, IReadOnlyList<IReadOnlyList<string>> kept) in Checked(parts))
        {
            if (isFirst)
            {
                WriteHeader(writer); // not before the first rows are there: a fault in them leaves nothing behind
                isFirst = false;
            }

            for (int row = 0; row < outputs.Length / stride; row++)
            {
                foreach (IReadOnlyList<string> column in kept)
                {
                    writer.Write(Quote(column[row]));
                    writer.Write(',');
                }

                WriteLine(writer, Answer(outputs, row), Spread(outputs, row));
            }

            Rows += outputs.Length / stride;
        }
    }

    /// <summary>An object on a line for each row.</summary>
    /// <param name="parts">The answers.</param>
    /// <param name="writer">Where they go.</param>
    public void WriteJsonLines(IEnumerable<KeptRows> parts, TextWriter writer)
    {
        ArrayBufferWriter<byte> line = new();
        using Utf8JsonWriter json = new(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        foreach ((float[] outputs, IReadOnlyList<IReadOnlyList<string>> kept) in Checked(parts))
        {
            for (int row = 0; row < outputs.Length / stride; row++)
            {
                WriteObject(json, Answer(outputs, row), Spread(outputs, row), kept, row);
                json.Flush();
                writer.Write(Encoding.UTF8.GetString(line.WrittenSpan));
                writer.Write('\n');
                line.ResetWrittenCount();
                json.Reset();
            }

            Rows += outputs.Length / stride;
        }
    }

    /// <summary>
    /// One array of float32, [rows, values]: the values of CSV without texts, so of classes the probability of each. It is held in memory, for its
    /// header has the number of rows.
    /// </summary>
    /// <param name="parts">The answers.</param>
    /// <param name="stream">Where they go.</param>
    public void WriteNpy(IEnumerable<KeptRows> parts, Stream stream)
    {
        List<float> values = [];
        foreach ((float[] outputs, _) in Checked(parts))
        {
            int rows = outputs.Length / stride;
            if (values.Count + ((long)rows * (stride + 3)) > Array.MaxLength / sizeof(float))
            {
                throw new CommandFailedException("an npy file of these rows is larger than 2 GB; write CSV or JSON lines.");
            }

            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> answer = Answer(outputs, row);
                ReadOnlySpan<float> spread = Spread(outputs, row);
                bool isWhole = IsFinite(answer) && IsFinite(spread);
                foreach (float value in answer)
                {
                    values.Add(isWhole || (!classifies && float.IsFinite(value)) ? value : float.NaN);
                }

                ReadOnlySpan<float> differences = !classifies || spread.IsEmpty ? spread
                    : isWhole ? [SpreadOf(spread, Best(answer)), Entropy(answer)]
                    : [float.NaN, float.NaN];
                foreach (float value in differences)
                {
                    values.Add(float.IsFinite(value) ? value : float.NaN);
                }
            }

            Rows += rows;
        }

        NpyFile.Write(stream, NpyArray.Of([.. values], (int)Rows, (int)(values.Count / Rows)));
    }

    public void Write(Utf8JsonWriter json, IEnumerable<KeptRows> parts)
    {
        json.WriteStartArray("predictions");
        foreach ((float[] outputs, IReadOnlyList<IReadOnlyList<string>> kept) in Checked(parts))
        {
            for (int row = 0; row < outputs.Length / stride; row++)
            {
                WriteObject(json, Answer(outputs, row), Spread(outputs, row), kept, row);
            }

            Rows += outputs.Length / stride;
            json.Flush();
        }

        json.WriteEndArray();
    }

    /// <summary>The parts, each looked through before any of its rows is written.</summary>
    private IEnumerable<KeptRows> Checked(IEnumerable<KeptRows> parts)
    {
        foreach (KeptRows part in parts)
        {
            int place = nonFinite == NonFinite.Empty ? -1 : Array.FindIndex(part.Values, value => !float.IsFinite(value));
            if (place >= 0)
            {
                string row = string.Create(CultureInfo.InvariantCulture, $"row {Rows + (place / stride) + 1} of the data");
                string value = float.IsNaN(part.Values[place]) ? "not a number" : "infinite";
                throw new CommandFailedException($"{row}: the answer of the model is {value}. Look at the values of that row and at the model's scaling, or leave such answers empty with --on-nan empty.");
            }

            yield return part;
        }
    }

    /// <summary>The name of an answer, which differs from those of the columns that are kept.</summary>
    private string Free(string name)
    {
        while (keep.Contains(name))
        {
            name = $"predicted_{name}";
        }

        return name;
    }

    private static bool IsFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
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
        writer.WriteLine(string.Join(',', keep.Concat(header.Select(Free)).Select(Quote)));
    }

    private void WriteLine(TextWriter writer, ReadOnlySpan<float> answer, ReadOnlySpan<float> spread)
    {
        ReadOnlySpan<float> all = answer;
        int best = classifies ? Best(answer) : 0;
        bool isAnswer = !classifies || (IsFinite(answer) && IsFinite(spread));
        if (classifies)
        {
            writer.Write(isAnswer ? Quote(names[best]) : "");
            writer.Write(',');
            answer = allProbabilities ? answer : answer.Slice(best, 1);
        }

        for (int i = 0; i < answer.Length; i++)
        {
            writer.Write(i == 0 ? "" : ",");
            writer.Write(isAnswer ? Number(answer[i]) : "");
        }

        if (withSpread && classifies)
        {
            writer.Write(isAnswer ? $",{Number(SpreadOf(spread, best))},{Number(Entropy(all))}" : ",,");
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

    private void WriteObject(Utf8JsonWriter json, ReadOnlySpan<float> answer, ReadOnlySpan<float> spread, IReadOnlyList<IReadOnlyList<string>> kept, int row)
    {
        bool isAnswer = !classifies || (IsFinite(answer) && IsFinite(spread));
        json.WriteStartObject();
        for (int i = 0; i < keep.Count; i++)
        {
            json.WriteString(keep[i], kept[i][row]);
        }

        if (classifies)
        {
            int best = Best(answer);
            json.WriteString(Free("class"), isAnswer ? names[best] : null);
            TrainingSummary.Figure(json, Free("probability"), isAnswer ? answer[best] : float.NaN);
            if (withSpread)
            {
                TrainingSummary.Figure(json, Free("sd"), isAnswer ? SpreadOf(spread, best) : float.NaN);
                TrainingSummary.Figure(json, Free("entropy"), isAnswer ? Entropy(answer) : float.NaN);
            }
        }

        if (allProbabilities)
        {
            json.WriteStartObject(Free("probabilities"));
        }

        for (int i = 0; i < answer.Length && (allProbabilities || !classifies); i++)
        {
            TrainingSummary.Figure(json, names[i], isAnswer ? answer[i] : float.NaN);
        }

        for (int i = 0; i < spread.Length && !classifies; i++)
        {
            TrainingSummary.Figure(json, Free($"{names[i]}_sd"), spread[i]);
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

    /// <summary>As few digits as give the same float32 back; nothing for what is no finite number.</summary>
    private static string Number(float value) => float.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Quote(string field) => field.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : field;
}
