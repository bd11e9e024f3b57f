using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FastMlp.Serialization;

/// <summary>The JSON under the metadata key <c>fastmlp</c>: sizes, activations, bias modes, initializers and the seed.</summary>
internal sealed record Specification(int InputSize, int Seed, DenseSpec[] Layers)
{
    /// <summary>The metadata key.</summary>
    public const string Key = "fastmlp";

    /// <summary>Raised when a reader of the old format would misread the new one.</summary>
    private const int Format = 1;

    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteNumber("inputSize", InputSize);
            json.WriteNumber("seed", Seed);
            json.WriteStartArray("layers");
            foreach (DenseSpec layer in Layers)
                WriteLayer(json, layer);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="ModelFormatException">The text is not a specification that this version knows.</exception>
    public static Specification Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"The specification (metadata key '{Key}') is not valid JSON: {Text.Reason(e)}", e);
        }
        catch (InvalidOperationException e)
        {
            // What JsonElement throws for text with half of a surrogate pair.
            throw new ModelFormatException($"The specification (metadata key '{Key}') has text that is not valid Unicode.", e);
        }
    }

    private static void WriteLayer(Utf8JsonWriter json, DenseSpec layer)
    {
        Activation activation = layer.Activation;
        json.WriteStartObject();
        json.WriteNumber("units", layer.Units);
        json.WriteString("activation", activation.Kind.ToString());
        // The writer gives the shortest text that reads back as the same float.
        if (Constants(activation.Kind) >= 1)
            json.WriteNumber("first", activation.First);
        if (Constants(activation.Kind) >= 2)
        {
            json.WriteNumber("second", activation.Second);
            json.WriteBoolean("learnable", activation.IsLearnable);
        }
        json.WriteString("bias", layer.Bias.ToString());
        json.WriteString("initializer", layer.Initializer.Kind.ToString());
        json.WriteEndObject();
    }

    private static Specification Read(JsonElement root)
    {
        const string Where = "the specification";
        RequireObject(root, Where);
        // The format first: another format may well have other members.
        int format = ReadInt(root, "format", Where, int.MinValue);
        if (format != Format)
            throw new ModelFormatException($"The specification is of format {format}; this version reads format {Format}.");
        RefuseUnknown(root, Where, ["format", "inputSize", "seed", "layers"]);

        int inputSize = ReadInt(root, "inputSize", Where, 1);
        int seed = ReadInt(root, "seed", Where, int.MinValue);
        JsonElement list = Get(root, "layers", Where);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw new ModelFormatException("'layers' of the specification must be an array of at least one layer.");

        DenseSpec[] layers = new DenseSpec[list.GetArrayLength()];
        int index = 0;
        foreach (JsonElement layer in list.EnumerateArray())
        {
            layers[index] = ReadLayer(layer, $"layer {index} of the specification");
            index++;
        }
        return new Specification(inputSize, seed, layers);
    }

    private static DenseSpec ReadLayer(JsonElement layer, string where)
    {
        RequireObject(layer, where);
        ActivationKind kind = ReadName<ActivationKind>(layer, "activation", where);
        int constants = Constants(kind);
        string[] known = ["units", "activation", "bias", "initializer", .. constants >= 1 ? ["first"] : Array.Empty<string>(), .. constants >= 2 ? ["second", "learnable"] : Array.Empty<string>()];
        RefuseUnknown(layer, where, known);

        float first = constants >= 1 ? ReadFloat(layer, "first", where) : 0;
        float second = constants >= 2 ? ReadFloat(layer, "second", where) : 0;
        bool learnable = kind == ActivationKind.PRelu || (constants >= 2 && ReadBool(layer, "learnable", where));
        if (kind == ActivationKind.ScaledSigmoid && first == 0)
            throw new ModelFormatException($"'first' of {where} is the scale of a ScaledSigmoid and must not be 0.");
        return new DenseSpec(
            ReadInt(layer, "units", where, 1),
            Activation.FromKind(kind, first, second, learnable),
            ReadName<Bias>(layer, "bias", where),
            ToInitializer(ReadName<InitializerKind>(layer, "initializer", where)));
    }

    /// <summary>How many constants a formula has: slope or alpha; c and beta.</summary>
    private static int Constants(ActivationKind kind) => kind switch
    {
        ActivationKind.LeakyRelu or ActivationKind.Elu or ActivationKind.PRelu => 1,
        ActivationKind.ScaledSigmoid => 2,
        _ => 0,
    };

    private static Initializer ToInitializer(InitializerKind kind) => kind switch
    {
        InitializerKind.HeNormal => Initializer.HeNormal,
        InitializerKind.HeUniform => Initializer.HeUniform,
        InitializerKind.GlorotNormal => Initializer.GlorotNormal,
        InitializerKind.GlorotUniform => Initializer.GlorotUniform,
        InitializerKind.LecunNormal => Initializer.LecunNormal,
        InitializerKind.LecunUniform => Initializer.LecunUniform,
        InitializerKind.Zeros => Initializer.Zeros,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such initializer."),
    };

    private static void RequireObject(JsonElement element, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new ModelFormatException($"{Capital(where)} must be a JSON object.");
    }

    /// <summary>A member that this version does not know could change what the network computes, so it is not skipped.</summary>
    private static void RefuseUnknown(JsonElement element, string where, string[] known)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                throw new ModelFormatException($"{Capital(where)} has the unknown member {Text.Quote(property.Name)}; known here are {string.Join(", ", known)}.");
        }
    }

    private static JsonElement Get(JsonElement element, string name, string where) =>
        element.TryGetProperty(name, out JsonElement value) ? value : throw new ModelFormatException($"{Capital(where)} has no '{name}'.");

    private static int ReadInt(JsonElement element, string name, string where, int least)
    {
        JsonElement value = Get(element, name, where);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least
            ? number
            : throw new ModelFormatException($"'{name}' of {where} is {Text.Quote(value.GetRawText())}; it must be a whole number from {least} to {int.MaxValue}.");
    }

    private static float ReadFloat(JsonElement element, string name, string where)
    {
        JsonElement value = Get(element, name, where);
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && float.IsFinite(number)
            ? number
            : throw new ModelFormatException($"'{name}' of {where} is {Text.Quote(value.GetRawText())}; it must be a finite float32 number.");
    }

    private static bool ReadBool(JsonElement element, string name, string where)
    {
        JsonElement value = Get(element, name, where);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new ModelFormatException($"'{name}' of {where} is {Text.Quote(value.GetRawText())}; it must be true or false.");
    }

    private static T ReadName<T>(JsonElement element, string name, string where)
        where T : struct, Enum
    {
        JsonElement value = Get(element, name, where);
        return value.ValueKind == JsonValueKind.String && Text.TryName(value.GetString()!, out T known)
            ? known
            : throw new ModelFormatException($"'{name}' of {where} is {Text.Quote(value.GetRawText())}; known are {Text.Names<T>()}.");
    }

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
