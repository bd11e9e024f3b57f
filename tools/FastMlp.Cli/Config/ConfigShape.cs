using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text.Json;

namespace FastMlp.Cli.Config;

/// <summary>How the value of an option stands in a configuration file: the type of the option decides, and the words that it takes beside.</summary>
internal sealed class ConfigShape
{
    private readonly JsonValueKind item;
    private readonly bool isInteger;
    private readonly bool isArray;
    private readonly bool isJoined;
    private readonly string[] words;

    /// <param name="option">What the shape is for.</param>
    public ConfigShape(Option option)
    {
        Type type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        Type of = type.IsArray ? type.GetElementType()! : type;
        words = [.. option.CompletionSources.SelectMany(source => source(CompletionContext.Empty)).Select(one => one.Label)];
        isArray = type.IsArray;
        isInteger = of == typeof(int);
        item = of == typeof(bool) ? JsonValueKind.True
            : isInteger || of == typeof(float) || of == typeof(double) ? JsonValueKind.Number
            : JsonValueKind.String;

        // A list of numbers is one value with commas; texts repeat their option.
        isJoined = isArray && item == JsonValueKind.Number;
    }

    /// <summary>For messages.</summary>
    public string Wanted
    {
        get
        {
            string one = item switch
            {
                JsonValueKind.True => "true or false",
                JsonValueKind.Number => isInteger ? "whole number" : "number",
                _ => "text",
            };
            string what = item == JsonValueKind.True ? one : isArray ? $"a list of {one}s" : $"a {one}";
            return words.Length > 0 ? $"{(item == JsonValueKind.Number ? what + " or" : "one of")} {string.Join(", ", words)}" : what;
        }
    }

    /// <summary>The values as on the command line; null where the JSON is of another type.</summary>
    public string[]? Values(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array && isArray)
        {
            string[] items = [.. element.EnumerateArray().Select(Item).OfType<string>()];
            return items.Length < element.GetArrayLength() ? null : isJoined ? [string.Join(',', items)] : items;
        }

        return element.ValueKind == JsonValueKind.String && Array.Exists(words, word => word == element.GetString()) ? [element.GetString()!]
            : !isArray && Item(element) is { } value ? [value]
            : null;
    }

    /// <summary>Writes what the command line gave, as JSON of this shape.</summary>
    public void Write(Utf8JsonWriter json, IReadOnlyList<string> values)
    {
        string last = values.Count == 0 ? "true" : values[^1];
        if (!isArray || Array.Exists(words, word => word == last))
        {
            WriteItem(json, last);
            return;
        }

        json.WriteStartArray();
        foreach (string one in isJoined ? last.Split(',', StringSplitOptions.TrimEntries) : values)
        {
            WriteItem(json, one);
        }

        json.WriteEndArray();
    }

    public void WriteSchema(Utf8JsonWriter json, string description)
    {
        json.WriteStartObject();
        json.WriteString("description", description);
        bool isEither = words.Length > 0 && item == JsonValueKind.Number;
        if (isEither)
        {
            json.WriteStartArray("anyOf");
            json.WriteStartObject();
        }

        if (words.Length == 0 || isEither)
        {
            json.WriteString("type", isArray ? "array" : ItemType);
        }

        if (isArray)
        {
            json.WriteStartObject("items");
            json.WriteString("type", ItemType);
            json.WriteEndObject();
        }

        if (isEither)
        {
            json.WriteEndObject();
            json.WriteStartObject();
        }

        if (words.Length > 0)
        {
            // Some words take constants after a colon, so these are what an editor may offer, not all there is.
            json.WriteStartArray(isEither ? "enum" : "examples");
            foreach (string word in words)
            {
                json.WriteStringValue(word);
            }

            json.WriteEndArray();
        }

        if (isEither)
        {
            json.WriteEndObject();
            json.WriteEndArray();
        }
        else if (words.Length > 0)
        {
            json.WriteString("type", ItemType);
        }

        json.WriteEndObject();
    }

    private string ItemType => item switch
    {
        JsonValueKind.True => "boolean",
        JsonValueKind.Number => isInteger ? "integer" : "number",
        _ => "string",
    };

    private string? Item(JsonElement element) => (item, element.ValueKind) switch
    {
        (JsonValueKind.True, JsonValueKind.True or JsonValueKind.False) => element.GetRawText(),
        (JsonValueKind.Number, JsonValueKind.Number) => element.GetRawText(),
        (JsonValueKind.String, JsonValueKind.String) => element.GetString(),
        _ => null,
    };

    private void WriteItem(Utf8JsonWriter json, string text)
    {
        if (item == JsonValueKind.True)
        {
            json.WriteBooleanValue(bool.Parse(text));
        }
        else if (item == JsonValueKind.Number && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            json.WriteNumberValue(number); // .5 and +1 are not spelt so in JSON
        }
        else
        {
            json.WriteStringValue(text);
        }
    }
}
