using System.Text;
using System.Text.Json;

namespace FastMlp.Cli.Training;

/// <summary>
/// How a model came about, kept in its file. It holds nothing that changes from one run to the next, such as the date or a
/// path, so that the same command on the same data writes the same bytes.
/// </summary>
internal sealed record Provenance
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which it is stored.</summary>
    public const string MetadataKey = "fastmlp.training";

    public required string Version { get; init; }

    public required string Data { get; init; }

    /// <summary>Rows before the split.</summary>
    public required long Rows { get; init; }

    public required long TrainRows { get; init; }

    public required long ValidationRows { get; init; }

    public required long TestRows { get; init; }

    /// <summary>The share that was held out of <see cref="Rows"/>; 0 where the test rows came from elsewhere.</summary>
    public required double TestFraction { get; init; }

    /// <summary>Whether the rows were held out one by one, as a stream passed, and not as a share of each class.</summary>
    public bool Stream { get; init; }

    /// <summary>The rows that were trained on or watched over training: <see cref="RowFingerprints"/> as text; null where there are too many.</summary>
    public string? SeenRows { get; init; }

    /// <summary>The shares of the classes, or the mean of the target as the network sees it, in the training rows; null where it was not kept.</summary>
    public IReadOnlyList<double>? ConstantAnswer { get; init; }

    public required int Seed { get; init; }

    /// <summary>The options that shaped the training, defaults filled in, in the spelling of the command line.</summary>
    public required string Options { get; init; }

    public required int EpochsDone { get; init; }

    public required string StopReason { get; init; }

    public void Attach(Network network)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            Write(json);
            if (SeenRows is not null)
            {
                json.WriteString("seenRows", SeenRows);
            }

            json.WriteEndObject();
        }

        network.Metadata[MetadataKey] = Encoding.UTF8.GetString(stream.ToArray());
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("version", Version);
        json.WriteString("data", Data);
        json.WriteNumber("rows", Rows);
        json.WriteNumber("trainRows", TrainRows);
        json.WriteNumber("validationRows", ValidationRows);
        json.WriteNumber("testRows", TestRows);
        json.WriteNumber("testFraction", TestFraction);
        if (ConstantAnswer is not null)
        {
            json.WriteStartArray("constantAnswer");
            foreach (double value in ConstantAnswer)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
        }

        json.WriteNumber("seed", Seed);
        if (Stream)
        {
            json.WriteBoolean("stream", true);
        }

        json.WriteString("options", Options);
        json.WriteNumber("epochsDone", EpochsDone);
        json.WriteString("stopReason", StopReason);
    }

    /// <summary>What <see cref="Attach"/> stored; null if the model was not made by this command.</summary>
    public static Provenance? From(Network network)
    {
        if (!network.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            return new Provenance
            {
                Version = root.GetProperty("version").GetString() ?? "",
                Data = root.GetProperty("data").GetString() ?? "",
                Rows = root.GetProperty("rows").GetInt64(),
                TrainRows = root.GetProperty("trainRows").GetInt64(),
                ValidationRows = root.GetProperty("validationRows").GetInt64(),
                TestRows = root.GetProperty("testRows").GetInt64(),
                TestFraction = root.GetProperty("testFraction").GetDouble(),
                Stream = root.TryGetProperty("stream", out JsonElement stream) && stream.GetBoolean(),
                SeenRows = root.TryGetProperty("seenRows", out JsonElement seen) ? seen.GetString() : null,
                ConstantAnswer = root.TryGetProperty("constantAnswer", out JsonElement answer) ? [.. answer.EnumerateArray().Select(value => value.GetDouble())] : null,
                Seed = root.GetProperty("seed").GetInt32(),
                Options = root.GetProperty("options").GetString() ?? "",
                EpochsDone = root.GetProperty("epochsDone").GetInt32(),
                StopReason = root.GetProperty("stopReason").GetString() ?? "",
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"the metadata '{MetadataKey}' of the model is damaged: {exception.Message}", exception);
        }
    }
}
