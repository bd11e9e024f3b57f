using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FastMlp.Data.Formats;

/// <summary>JSON lines: one JSON object in UTF-8 on each line, its properties the columns.</summary>
public static class JsonLinesTable
{
    /// <summary>
    /// Reads all rows. The columns stand in the order in which their names first appear. A property that is null or absent is a missing value. A line without
    /// anything but white space is passed over.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What the user says about the columns.</param>
    /// <exception cref="DataFormatException">A line is no object, a value is nested or of another kind than those above it, or the target is wrong; the message says where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RawTable Load(string path, TableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using StreamReader reader = new(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return Load(reader, options, path);
    }

    /// <summary>Reads all rows of a text.</summary>
    /// <param name="reader">The text; it is left open.</param>
    /// <param name="options">What the user says about the columns.</param>
    /// <param name="source">The name in messages.</param>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static RawTable Load(TextReader reader, TableOptions? options = null, string source = "JSON lines")
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(source);
        List<ColumnBuffer> columns = [];
        Dictionary<string, ColumnBuffer> byName = new(StringComparer.Ordinal);
        int rows = 0;
        for (long line = 1; ReadLine(reader, line, source) is { } text; line++)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            using JsonDocument document = Parse(text, line, source);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                string name = Text(() => property.Name, line, source);
                if (!byName.TryGetValue(name, out ColumnBuffer? column))
                {
                    column = new ColumnBuffer(name, source);
                    for (int row = 0; row < rows; row++)
                    {
                        column.AddMissing();
                    }

                    byName.Add(name, column);
                    columns.Add(column);
                }

                if (column.Rows > rows)
                {
                    throw At(line, source, $"the name {MessageText.Quote(name)} stands twice; names must differ.");
                }

                Add(column, property.Value, line, source);
            }

            rows++;
            foreach (ColumnBuffer column in columns)
            {
                if (column.Rows < rows)
                {
                    column.AddMissing();
                }
            }
        }

        return ColumnBuffer.ToTable(columns, options, source);
    }

    private static void Add(ColumnBuffer column, JsonElement value, long line, string source)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                column.AddMissing();
                break;
            case JsonValueKind.Number:
                column.AddNumber(value.GetDouble());
                break;
            case JsonValueKind.String:
                column.AddText(Text(() => value.GetString()!, line, source));
                break;
            case JsonValueKind.True or JsonValueKind.False:
                column.AddBoolean(value.GetBoolean());
                break;
            default:
                throw At(line, source, $"the property {MessageText.Quote(column.Name)} is an {(value.ValueKind == JsonValueKind.Array ? "array" : "object")}; a number, a text, true, false or null was expected.");
        }
    }

    private static string? ReadLine(TextReader reader, long line, string source)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{source}, at or after line {line}: the bytes are not UTF-8."), e);
        }
    }

    private static JsonDocument Parse(string text, long line, string source)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw At(line, source, $"this is not JSON: {MessageText.Reason(e)}", e);
        }
        catch (ArgumentException e)
        {
            throw At(line, source, "the text holds half of a surrogate pair.", e);
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document.Dispose();
            throw At(line, source, "a JSON object was expected, such as {\"a\": 1, \"b\": \"x\"}.");
        }

        return document;
    }

    // JSON can escape half of a surrogate pair, which no string of it may be made of.
    private static string Text(Func<string> read, long line, string source)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw At(line, source, "a text holds half of a surrogate pair.", e);
        }
    }

    private static DataFormatException At(long line, string source, string fault, Exception? cause = null)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"{source}, line {line}: {fault}");
        return cause is null ? new DataFormatException(message) : new DataFormatException(message, cause);
    }
}
