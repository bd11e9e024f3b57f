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

    /// <summary>The format in which a layer may have a <see cref="Kind"/>: dense ones have none and stand there as before.</summary>
    private const int KindFormat = 2;

    private const string Kind = "kind";

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

    private static Specification Read(JsonElement root)
    {
        const string Where = "the specification";
        RequireObject(root, Where);
        // The format first: another format may well have other members.
        int format = ReadInt(root, "format", Where, int.MinValue);
        if (format is not (DenseFormat or KindFormat))
            throw new ModelFormatException($"The specification is of format {format}; this version reads formats {DenseFormat} and {KindFormat}.");
        RefuseUnknown(root, Where, ["format", "inputSize", "seed", "layers"]);

        int inputSize = ReadInt(root, "inputSize", Where, 1);
        int seed = ReadInt(root, "seed", Where, int.MinValue);
        LayerSpec[] layers = ReadLayers(root, format, Where, "layer");
        if (layers[^1] is not DenseSpec)
            throw new ModelFormatException("The last layer of the specification is not dense; a network ends with a dense layer.");
        return new Specification(inputSize, seed, layers);
    }

    private static LayerSpec[] ReadLayers(JsonElement parent, int format, string where, string each)
    {
        JsonElement list = Get(parent, "layers", where);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw new ModelFormatException($"'layers' of {where} must be an array of at least one layer.");
        LayerSpec[] layers = new LayerSpec[list.GetArrayLength()];
        int index = 0;
        foreach (JsonElement layer in list.EnumerateArray())
        {
            layers[index] = ReadLayer(layer, format, $"{each} {index} of {where}");
            index++;
        }
        return layers;
    }

    private static LayerSpec ReadLayer(JsonElement layer, int format, string where)
    {
        RequireObject(layer, where);
        if (format < KindFormat || !layer.TryGetProperty(Kind, out JsonElement kind))
            return ReadDense(layer, where);
        switch (kind.ValueKind == JsonValueKind.String ? kind.GetString() : null)
        {
            case "Dropout":
                RefuseUnknown(layer, where, [Kind, "rate"]);
                return new DropoutSpec(ReadFloat(layer, "rate", where, rate => rate is >= 0 and < 1, "from 0 to below 1"));
            case "BatchNorm":
                RefuseUnknown(layer, where, [Kind, "momentum", "epsilon"]);
                return new BatchNormSpec(ReadFloat(layer, "momentum", where, momentum => momentum is >= 0 and <= 1, "from 0 to 1"), ReadEpsilon(layer, where));
            case "LayerNorm":
                RefuseUnknown(layer, where, [Kind, "epsilon"]);
                return new LayerNormSpec(ReadEpsilon(layer, where));
            case "Activation":
                Activation activation = ReadActivation(layer, where, [Kind]);
                return LayerFactory.StandsAlone(activation)
                    ? new ActivationSpec(activation)
                    : throw new ModelFormatException($"{Capital(where)} is {activation} on its own; it belongs to a dense layer.");
            case "Residual":
                RefuseUnknown(layer, where, [Kind, "layers"]);
                return new ResidualSpec(ReadLayers(layer, format, where, "layer"));
            default:
                throw new ModelFormatException($"'{Kind}' of {where} is {Text.Quote(kind.GetRawText())}; known are Dropout, BatchNorm, LayerNorm, Activation and Residual, and a dense layer has none.");
        }
    }

    private static DenseSpec ReadDense(JsonElement layer, string where)
    {
        Activation activation = ReadActivation(layer, where, ["units", "bias", "initializer"]);
        return new DenseSpec(
            ReadInt(layer, "units", where, 1),
            activation,
            ReadName<Bias>(layer, "bias", where),
            ToInitializer(ReadName<InitializerKind>(layer, "initializer", where)));
    }

    /// <summary>The activation of a layer, which may have <paramref name="others"/> beside it.</summary>
    private static Activation ReadActivation(JsonElement layer, string where, string[] others)
    {
        ActivationKind kind = ReadName<ActivationKind>(layer, "activation", where);
        int constants = Constants(kind);
        string[] known = ["activation", .. others, .. constants >= 1 ? ["first"] : Array.Empty<string>(), .. constants >= 2 ? ["second", "learnable"] : Array.Empty<string>()];
        RefuseUnknown(layer, where, known);

        float first = constants >= 1 ? ReadFloat(layer, "first", where) : 0;
        float second = constants >= 2 ? ReadFloat(layer, "second", where) : 0;
        bool learnable = kind == ActivationKind.PRelu || (constants >= 2 && ReadBool(layer, "learnable", where));
        if (kind == ActivationKind.ScaledSigmoid && first == 0)
            throw new ModelFormatException($"'first' of {where} is the scale of a ScaledSigmoid and must not be 0.");
        return Activation.FromKind(kind, first, second, learnable);
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

    private static float ReadFloat(JsonElement element, string name, string where, Func<float, bool> allows, string range)
    {
        float value = ReadFloat(element, name, where);
        return allows(value) ? value : throw new ModelFormatException($"'{name}' of {where} is {Text.Quote(Get(element, name, where).GetRawText())}; it must be a number {range}.");
    }

    private static float ReadEpsilon(JsonElement layer, string where) => ReadFloat(layer, "epsilon", where, epsilon => epsilon > 0, "above 0");

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
