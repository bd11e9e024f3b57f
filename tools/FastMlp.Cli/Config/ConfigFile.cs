using System.CommandLine;
using System.Text;
using System.Text.Json;
using FastMlp.Cli.Sources;

namespace FastMlp.Cli.Config;

/// <summary>
/// A file that holds options of a command: one JSON object, whose keys are the names of the options without their dashes. It is turned into
/// words of the command line, so that the options alone say what is right.
/// </summary>
/// <param name="command">Whose options they are.</param>
/// <param name="data">The argument, under the key "data".</param>
/// <param name="kept">The options that a file may hold.</param>
internal sealed class ConfigFile(Command command, Argument<string?> data, IReadOnlyList<Option> kept)
{
    private const string DataKey = "data";

    private const string SchemaKey = "$schema";

    /// <summary>All options with their longest values take a few KiB.</summary>
    private const int MostBytes = 1 << 20;

    private IEnumerable<string> Keys => kept.Select(Key).Prepend(DataKey);

    /// <summary>The command line with what the file says and the line does not.</summary>
    /// <exception cref="UsageException">The file has an unknown key or a wrong value; the message names the key.</exception>
    public ParseResult Merge(ParseResult parsed, string path)
    {
        List<string> words = [.. parsed.Tokens.Select(token => token.Value)];
        foreach ((string key, JsonElement value) in Read(path))
        {
            if (key == DataKey)
            {
                string name = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(path, key, value, "a text");
                if (parsed.GetValue(data) is null)
                {
                    words.Insert(words.IndexOf(command.Name) + 1, name);
                }

                continue;
            }

            Option option = kept.First(one => Key(one) == key);
            ConfigShape shape = new(option);
            string[] values = shape.Values(value) ?? throw Wrong(path, key, value, shape.Wanted);
            string[] given = [.. values.Select(one => $"{option.Name}={one}")];
            if (command.Parse([data.Name, .. given], Cli.Parsing).Errors is [var error, ..])
            {
                throw new UsageException($"{path}: \"{key}\": {error.Message}");
            }

            if (parsed.GetResult(option) is null or { Implicit: true })
            {
                words.AddRange(given);
            }
        }

        return parsed.RootCommandResult.Command.Parse(words, Cli.Parsing);
    }

    /// <summary>Writes what the command line gave, and what stands in for what it did not.</summary>
    /// <param name="path">The file; the folder must exist.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="defaults">Names of options with their dashes, and values.</param>
    public void Save(string path, ParseResult parsed, IReadOnlyDictionary<string, string> defaults)
    {
        OutputFile.CheckWritable(path, "--save-config");
        string text = Text(json =>
        {
            json.WriteString(DataKey, parsed.GetValue(data));
            foreach (Option option in kept)
            {
                string[]? given = parsed.GetResult(option) is { Implicit: false } result ? [.. result.Tokens.Select(token => token.Value)]
                    : defaults.TryGetValue(option.Name, out string? value) ? [value]
                    : null;
                if (given is not null)
                {
                    json.WritePropertyName(Key(option));
                    new ConfigShape(option).Write(json, given);
                }
            }
        });
        OutputFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The JSON schema of such files.</summary>
    public string Schema() => Text(json =>
    {
        json.WriteString(SchemaKey, "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("title", $"fastmlp {command.Name} --config");
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        json.WriteStartObject(SchemaKey);
        json.WriteString("type", "string");
        json.WriteEndObject();
        json.WriteStartObject(DataKey);
        json.WriteString("description", data.Description);
        json.WriteString("type", "string");
        json.WriteEndObject();
        foreach (Option option in kept)
        {
            json.WritePropertyName(Key(option));
            new ConfigShape(option).WriteSchema(json, option.Description ?? "");
        }

        json.WriteEndObject();
    });

    private static string Key(Option option) => option.Name.TrimStart('-');

    private static string Text(Action<Utf8JsonWriter> body)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static UsageException Wrong(string path, string key, JsonElement value, string wanted) =>
        new($"{path}: \"{key}\" is {Reporting.Text.Shortened(value.GetRawText())}; {wanted} is expected.");

    private static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[MostBytes + 1];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count <= MostBytes
            ? bytes.AsMemory(0, count)
            : throw new UsageException($"{path}: a file of options has at most {Reporting.Text.Size(MostBytes)}; this one is longer.");
    }

    private List<(string Key, JsonElement Value)> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(ReadBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new UsageException($"{path}: one JSON object is expected, not {document.RootElement.ValueKind}.");
            }

            List<(string Key, JsonElement Value)> members = [];
            foreach (JsonProperty member in document.RootElement.EnumerateObject().Where(member => member.Name != SchemaKey))
            {
                if (!Keys.Contains(member.Name))
                {
                    string? near = Spelling.Nearest(member.Name, [.. Keys]);
                    throw new UsageException($"{path}: there is no option \"{Reporting.Text.Shortened(member.Name)}\"{(near is null ? $"; fastmlp {command.Name} --help lists them" : $"; did you mean \"{near}\"?")}");
                }

                if (members.Exists(other => other.Key == member.Name))
                {
                    throw new UsageException($"{path}: \"{member.Name}\" is in the file twice.");
                }

                members.Add((member.Name, member.Value.Clone()));
            }

            return members;
        }
        catch (JsonException exception)
        {
            throw new UsageException($"{path}: not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailedException($"there is no file '{path}' to take options from.");
        }
    }
}
