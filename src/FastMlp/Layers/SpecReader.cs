using System.Text.Json;

namespace FastMlp.Layers;

/// <summary>The members of a JSON object that describes a network or a layer. Each member that is read is known; any other is refused.</summary>
/// <param name="element">The object.</param>
/// <param name="where">What messages call it: <c>layer 2 of the specification</c>.</param>
internal sealed class SpecReader(JsonElement element, string where)
{
    /// <summary>The member that names the kind of a layer; a dense layer has none.</summary>
    public const string Kind = "kind";

    private readonly List<string> known = [];

    /// <summary>What messages call the object.</summary>
    public string Where => where;

    public int Int(string name, int least)
    {
        JsonElement value = Get(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least
            ? number
            : throw Wrong(name, $"a whole number from {least} to {int.MaxValue}");
    }

    public float Float(string name)
    {
        JsonElement value = Get(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && float.IsFinite(number)
            ? number
            : throw Wrong(name, "a finite float32 number");
    }

    public bool Bool(string name)
    {
        JsonElement value = Get(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false");
    }

    /// <summary>The member of an enumeration that a string names.</summary>
    public T Name<T>(string name)
        where T : struct, Enum
    {
        // Enum.TryParse would also take numbers and comma lists.
        JsonElement value = Get(name);
        int index = value.ValueKind == JsonValueKind.String ? Array.IndexOf(Enum.GetNames<T>(), value.GetString()) : -1;
        return index >= 0
            ? Enum.GetValues<T>()[index]
            : throw new ModelFormatException($"'{name}' of {where} is {Quoted(value)}; known are {string.Join(", ", Enum.GetNames<T>())}.");
    }

    /// <summary>An activation: its name and what constants it has.</summary>
    public Activation Activation()
    {
        ActivationKind kind = Name<ActivationKind>("activation");
        int constants = FastMlp.Activation.ConstantCount(kind);
        float first = constants >= 1 ? Float("first") : 0;
        float second = constants >= 2 ? Float("second") : 0;
        bool learnable = kind == ActivationKind.PRelu || (constants >= 2 && Bool("learnable"));
        if (kind == ActivationKind.ScaledSigmoid && first == 0)
        {
            throw new ModelFormatException($"'first' of {where} is the scale of a ScaledSigmoid and must not be 0.");
        }

        return FastMlp.Activation.FromKind(kind, first, second, learnable);
    }

    /// <summary>The member <c>layers</c>.</summary>
    /// <param name="each">What messages call one.</param>
    /// <param name="hasKinds">Whether a layer may have a kind; else all are dense.</param>
    public LayerSpec[] Layers(string each, bool hasKinds = true)
    {
        JsonElement list = Get("layers");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            throw new ModelFormatException($"'layers' of {where} must be an array of at least one layer.");
        }

        return [.. list.EnumerateArray().Select((layer, index) => Of(layer, $"{each} {index} of {where}").Layer(hasKinds))];
    }

    /// <summary>A reader of an object.</summary>
    public static SpecReader Of(JsonElement element, string where) => element.ValueKind == JsonValueKind.Object
        ? new(element, where)
        : throw new ModelFormatException($"{Capital(where)} must be a JSON object.");

    /// <summary>A member that this version does not know could change what the network computes, so it is not skipped.</summary>
    public void RefuseOthers()
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                throw new ModelFormatException($"{Capital(where)} has the unknown member {MessageText.Quote(property.Name)}; known here are {string.Join(", ", known)}.");
            }
        }
    }

    private LayerSpec Layer(bool hasKinds)
    {
        LayerSpec layer;
        if (hasKinds && element.TryGetProperty(Kind, out JsonElement kind))
        {
            known.Add(Kind);
            layer = kind.ValueKind == JsonValueKind.String && LayerSpec.Readers.TryGetValue(kind.GetString()!, out Func<SpecReader, LayerSpec>? read)
                ? read(this)
                : throw new ModelFormatException($"'{Kind}' of {where} is {Quoted(kind)}; known are {string.Join(", ", LayerSpec.Readers.Keys)}, and a dense layer has none.");
        }
        else
        {
            layer = DenseSpec.Read(this);
        }

        RefuseOthers();
        try
        {
            layer.Check();
            return layer;
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ModelFormatException($"'{e.ParamName}' of {where} is {Quoted(Get(e.ParamName!))}. {e.Message.Split(" (Parameter")[0]}", e);
        }
        catch (ArgumentException e)
        {
            throw new ModelFormatException($"{Capital(where)} cannot be: {e.Message.Split(" (Parameter")[0]}", e);
        }
    }

    private JsonElement Get(string name)
    {
        if (!known.Contains(name))
        {
            known.Add(name);
        }

        return element.TryGetProperty(name, out JsonElement value) ? value : throw new ModelFormatException($"{Capital(where)} has no '{name}'.");
    }

    private ModelFormatException Wrong(string name, string what) => new($"'{name}' of {where} is {Quoted(element.GetProperty(name))}; it must be {what}.");

    private static string Quoted(JsonElement value) => MessageText.Quote(value.GetRawText());

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
