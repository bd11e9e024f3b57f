using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>JSON by the low-level reader and writer: no reflection, so trimming and ahead-of-time compilation are safe.</summary>
internal static class Json
{
    public static string Write(Action<Utf8JsonWriter> body)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            body(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static T Read<T>(string json, string where, Func<JsonElement, T> body)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return body(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{where}: not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine}.", e);
        }
        catch (InvalidOperationException e)
        {
            // Text that is not valid UTF-16 inside a JSON string is found only when the string is taken out.
            throw new ModelFormatException($"{where}: a JSON string is not valid text.", e);
        }
        catch (ArgumentException e)
        {
            throw new ModelFormatException($"{where}: the JSON is not valid text.", e);
        }
    }

    public static void WriteFloats(Utf8JsonWriter writer, string name, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray(name);
        foreach (float value in values)
        {
            writer.WriteNumberValue(value);
        }

        writer.WriteEndArray();
    }

    public static void WriteStrings(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    public static float[] ReadFloats(JsonElement element, string name, string where)
    {
        JsonElement array = Member(element, name, JsonValueKind.Array, where);
        float[] values = new float[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetSingle(out values[i]))
            {
                throw new ModelFormatException($"{where}: \"{name}\"[{i}] is {item.GetRawText()}; a number was expected.");
            }

            i++;
        }

        return values;
    }

    public static string[] ReadStrings(JsonElement element, string name, string where)
    {
        JsonElement array = Member(element, name, JsonValueKind.Array, where);
        string[] values = new string[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            values[i] = item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw new ModelFormatException($"{where}: \"{name}\"[{i}] is {item.GetRawText()}; text was expected.");
            i++;
        }

        return values;
    }

    public static float ReadFloat(JsonElement element, string name, string where)
    {
        JsonElement number = Member(element, name, JsonValueKind.Number, where);
        return number.TryGetSingle(out float value)
            ? value
            : throw new ModelFormatException($"{where}: \"{name}\" is {number.GetRawText()}; a number was expected.");
    }

    public static double ReadDouble(JsonElement element, string name, string where)
    {
        JsonElement number = Member(element, name, JsonValueKind.Number, where);
        return number.TryGetDouble(out double value) && double.IsFinite(value)
            ? value
            : throw new ModelFormatException($"{where}: \"{name}\" is {number.GetRawText()}; a finite number was expected.");
    }

    public static double? ReadOptionalDouble(JsonElement element, string name, string where) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out _) ? ReadDouble(element, name, where) : null;

    public static long ReadLong(JsonElement element, string name, string where)
    {
        JsonElement number = Member(element, name, JsonValueKind.Number, where);
        return number.TryGetInt64(out long value) && value >= 0
            ? value
            : throw new ModelFormatException($"{where}: \"{name}\" is {number.GetRawText()}; a whole number of at least 0 was expected.");
    }

    public static bool ReadBoolean(JsonElement element, string name, string where) =>
        element.TryGetProperty(name, out JsonElement member) && member.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? member.GetBoolean()
            : throw new ModelFormatException($"{where}: the member \"{name}\" is missing or neither true nor false.");

    public static string ReadString(JsonElement element, string name, string where) =>
        Member(element, name, JsonValueKind.String, where).GetString()!;

    public static JsonElement Member(JsonElement element, string name, JsonValueKind kind, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException($"{where}: an object was expected, not {element.ValueKind}.");
        }

        if (!element.TryGetProperty(name, out JsonElement member))
        {
            throw new ModelFormatException($"{where}: the member \"{name}\" is missing.");
        }

        return member.ValueKind == kind
            ? member
            : throw new ModelFormatException($"{where}: the member \"{name}\" is {member.ValueKind}; {kind} was expected.");
    }
}
