using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FastMlp.Layers;

namespace FastMlp.Serialization;

/// <summary>The JSON under the metadata key <c>fastmlp</c>: what each layer is, and the seed.</summary>
internal sealed record Specification(int InputSize, int Seed, LayerSpec[] Layers)
{
    /// <summary>The metadata key.</summary>
    public const string Key = "fastmlp";

    /// <summary>The format of networks of dense layers alone, which every version reads.</summary>
    private const int DenseFormat = 1;

    /// <summary>The format in which a layer may have a kind: dense ones have none and stand there as before.</summary>
    private const int KindFormat = 2;

    private const string Where = "the specification";

    /// <summary>An object and an array for each block in another, and as many around them; the reader's own default of 64 would end at 30 blocks.</summary>
    private const int MostNested = (2 * ResidualSpec.MostNested) + 8;

    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Layers.All(layer => layer is DenseSpec) ? DenseFormat : KindFormat);
            json.WriteNumber("inputSize", InputSize);
            json.WriteNumber("seed", Seed);
            ResidualSpec.WriteList(json, Layers);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="ModelFormatException">The text is not a specification that this version knows.</exception>
    public static Specification Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MostNested });
            return Read(SpecReader.Of(document.RootElement, Where));
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"The specification (metadata key '{Key}') is not valid JSON: {MessageText.Reason(e)}", e);
        }
        catch (InvalidOperationException e)
        {
            // What JsonElement throws for text with half of a surrogate pair.
            throw new ModelFormatException($"The specification (metadata key '{Key}') has text that is not valid Unicode.", e);
        }
    }

    private static Specification Read(SpecReader reader)
    {
        // The format first: another format may well have other members.
        int format = reader.Int("format", int.MinValue);
        if (format is not (DenseFormat or KindFormat))
            throw new ModelFormatException($"The specification is of format {format}; this version reads formats {DenseFormat} and {KindFormat}.");
        int inputSize = reader.Int("inputSize", 1);
        int seed = reader.Int("seed", int.MinValue);
        LayerSpec[] layers = reader.Layers("layer", hasKinds: format >= KindFormat);
        reader.RefuseOthers();
        if (layers[^1] is not DenseSpec)
            throw new ModelFormatException("The last layer of the specification is not dense; a network ends with a dense layer.");
        return new Specification(inputSize, seed, layers);
    }
}
