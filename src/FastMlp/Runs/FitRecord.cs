using System.Text.Json;
using System.Text.Json.Serialization;

namespace FastMlp;

/// <summary>
/// How a network came to be what it is: everything that the bits of its last fit depend on. It travels in <see cref="Network.Metadata"/>, and so in the
/// model's file, and holds no time and no path: the same fit makes the same file.
/// </summary>
public sealed record FitRecord
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which it is stored.</summary>
    public const string MetadataKey = "fastmlp.fit";

    /// <summary>The seed that the first weights were drawn from.</summary>
    public required int NetworkSeed { get; init; }

    /// <summary>By name: the versions of <c>fastmlp</c> and of its <c>runtime</c>, and the <c>instruction set</c>.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>By name: the options that decide the result, and the fingerprints of <c>training data</c> and <c>validation data</c> (<see cref="Dataset.Fingerprint"/>).</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>Epochs that were finished.</summary>
    public required int EpochsDone { get; init; }

    /// <summary>The epoch that was best by what was watched; without validation rows the last.</summary>
    public required int BestEpoch { get; init; }

    /// <summary>Why training ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>The record of the last fit; null if there was none.</summary>
    /// <exception cref="ModelFormatException">The metadata hold something else under its key.</exception>
    public static FitRecord? From(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (!network.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(text, FitRecordJson.Default.FitRecord) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException($"The metadata '{MetadataKey}' of the model is no record of a fit: {MessageText.Quote(e.Message)}", e);
        }
    }

    internal void Attach(Network network) => network.Metadata[MetadataKey] = JsonSerializer.Serialize(this, FitRecordJson.Default.FitRecord);
}

/// <summary>How a record is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(FitRecord))]
internal sealed partial class FitRecordJson : JsonSerializerContext;
