using System.Text.Json;
using System.Text.RegularExpressions;

namespace FastMlp.Interop.Keras;

/// <summary>A layer of the configuration.</summary>
internal sealed partial class KerasLayer
{
    public const float DefaultEpsilon = 1e-3f;

    public KerasLayer(string name) => Name = name;

    public KerasLayer(string name, string type, JsonElement config)
    {
        Name = name;
        Type = type;
        Config = config;
    }

    public string Name { get; }

    public string Type { get; } = "";

    public JsonElement Config { get; }

    /// <summary>The layers whose outputs it takes.</summary>
    public List<string> Inputs { get; } = [];

    /// <summary>What the numbered variables of a .keras file are.</summary>
    public string[] VariableRoles => Type switch
    {
        "Dense" => ["kernel", "bias"],
        "BatchNormalization" or "LayerNormalization" =>
        [
            .. Flag("scale", true) ? ["gamma"] : (string[])[],
            .. Flag("center", true) ? ["beta"] : (string[])[],
            "moving_mean",
            "moving_variance",
        ],
        "Normalization" => ["mean", "variance", "count"],
        "PReLU" => ["alpha"],
        _ => [],
    };

    /// <summary>The class as the file's paths have it: LeakyReLU is leaky_re_lu.</summary>
    public string SnakeName => Words().Replace(Ends().Replace(Type, "$1_$2"), "$1_$2").ToLowerInvariant();

    public bool Flag(string key, bool otherwise) => Property(key) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : otherwise;

    public float Number(string key, float otherwise)
    {
        float number = Parsed(key, otherwise);
        return float.IsFinite(number) ? number : throw new ModelFormatException($"Layer '{Name}' has {key} = {number}; a number within float32 was expected.");
    }

    private float Parsed(string key, float otherwise) => Property(key) switch
    {
        { ValueKind: JsonValueKind.Number } value => (float)value.GetDouble(),
        // Keras 3 stores some as arrays of one value.
        { ValueKind: JsonValueKind.Object } value when value.TryGetProperty("config", out JsonElement inner) && inner.TryGetProperty("value", out JsonElement number) && number.ValueKind == JsonValueKind.Number => (float)number.GetDouble(),
        _ => otherwise,
    };

    /// <summary>Sizes of the input without the batch, -1 where one is open; null where the layer does not say.</summary>
    public int[]? InputShape => (Sizes("batch_shape") ?? Sizes("batch_input_shape")) is { Length: > 1 } sizes ? sizes[1..] : null;

    /// <summary>A list of sizes, -1 where one is open; null where there is none.</summary>
    public int[]? Sizes(string key) => Property(key) is { ValueKind: JsonValueKind.Array } list
        ? [.. list.EnumerateArray().Select(each => each.ValueKind == JsonValueKind.Number && each.TryGetInt32(out int size) ? size : -1)]
        : null;

    public JsonElement? Property(string key) =>
        Config.ValueKind == JsonValueKind.Object && Config.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>g of the key <c>activation</c>; identity where there is none.</summary>
    public Activation Activation()
    {
        if (Property("activation") is not { } value)
        {
            return FastMlp.Activation.Identity;
        }

        string? name = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Object when value.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.String => config.GetString(),
            JsonValueKind.Object when value.TryGetProperty("class_name", out JsonElement type) => type.GetString(),
            _ => null,
        };
        return name == "leaky_relu" ? FastMlp.Activation.LeakyRelu(0.2f)
            : name != "step" && FastMlp.Activation.TryParse(name, out Activation g) && !g.IsLearnable && g.Name != "LeakyRelu" ? g
            : throw new ModelFormatException($"Layer '{Name}' has the activation '{name ?? value.GetRawText()}'; leaky_relu is read, and {string.Join(", ", FastMlp.Activation.Spellings.Where(known => !known.Contains('[', StringComparison.Ordinal)))}.");
    }

    [GeneratedRegex("(.)([A-Z][a-z]+)", RegexOptions.None, 1000)]
    private static partial Regex Ends();

    [GeneratedRegex("([a-z])([A-Z])", RegexOptions.None, 1000)]
    private static partial Regex Words();
}
