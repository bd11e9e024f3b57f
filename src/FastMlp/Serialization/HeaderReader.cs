using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FastMlp.Serialization;

/// <summary>Parses the JSON header of a safetensors file: syntax, names and types. <see cref="SafetensorsHeader"/> then checks the geometry.</summary>
/// <remarks>Offsets in messages count from the start of the file, so that a hex viewer finds the place.</remarks>
internal ref struct HeaderReader
{
    /// <summary>NumPy and PyTorch stop at 64 dimensions; more would only cost memory.</summary>
    private const int MaxRank = 64;

    private Utf8JsonReader reader;

    private HeaderReader(ReadOnlySpan<byte> json) => reader = new Utf8JsonReader(json);

    /// <summary>The metadata and the tensors in the order of the header.</summary>
    /// <exception cref="ModelFormatException">The header is not what the format allows.</exception>
    public static (Dictionary<string, string> Metadata, List<TensorInfo> Tensors) Read(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw new ModelFormatException($"Byte {Safetensors.LengthBytes + FirstInvalid(json)} of the header is not valid UTF-8; the header must be JSON in UTF-8.");
        if (json.IsEmpty || json[0] != '{')
            throw new ModelFormatException($"The header must begin with '{{' (0x7B) at byte {Safetensors.LengthBytes}, but {(json.IsEmpty ? "is empty" : $"begins with 0x{json[0]:X2}")}. Is this a safetensors file?");

        HeaderReader header = new(json);
        try
        {
            return header.ReadHeader();
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"The header is not valid JSON near byte {Safetensors.LengthBytes + header.reader.BytesConsumed}: {MessageText.Reason(e)}", e);
        }
    }

    private (Dictionary<string, string>, List<TensorInfo>) ReadHeader()
    {
        Dictionary<string, string> metadata = [];
        List<TensorInfo> tensors = [];
        HashSet<string> names = [];

        reader.Read();
        while (NextProperty("the header", out string name))
        {
            if (!names.Add(name))
                throw Fail($"the name {MessageText.Quote(name)} stands twice; every name must be unique");
            if (name == "__metadata__")
                ReadMetadata(metadata);
            else
                tensors.Add(ReadTensor(name));
        }
        // Only padding may follow; the reader throws at anything but white space.
        reader.Read();
        return (metadata, tensors);
    }

    private void ReadMetadata(Dictionary<string, string> metadata)
    {
        Expect(JsonTokenType.StartObject, "__metadata__ must be an object that maps text to text");
        while (NextProperty("__metadata__", out string key))
        {
            Expect(JsonTokenType.String, $"the metadata entry {MessageText.Quote(key)} must be text");
            if (!metadata.TryAdd(key, GetString()))
                throw Fail($"the metadata key {MessageText.Quote(key)} stands twice");
        }
    }

    private TensorInfo ReadTensor(string name)
    {
        string quoted = MessageText.Quote(name);
        Expect(JsonTokenType.StartObject, $"tensor {quoted} must be an object with dtype, shape and data_offsets");

        TensorType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (NextProperty($"tensor {quoted}", out string field))
        {
            switch (field)
            {
                case "dtype":
                    Once(type is null, quoted, field);
                    Expect(JsonTokenType.String, $"dtype of tensor {quoted} must be text such as \"F32\"");
                    string text = GetString();
                    if (!MessageText.TryName(text, out TensorType known))
                        throw Fail($"tensor {quoted} has the unknown dtype {MessageText.Quote(text)}; known are {MessageText.Names<TensorType>()}");
                    type = known;
                    break;
                case "shape":
                    Once(shape is null, quoted, field);
                    shape = ReadLongs($"shape of tensor {quoted}", MaxRank);
                    break;
                case "data_offsets":
                    Once(offsets is null, quoted, field);
                    offsets = ReadLongs($"data_offsets of tensor {quoted}", 2);
                    break;
                default:
                    // As the reference reader does: what another writer adds is no defect.
                    reader.Read();
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is null)
            throw Fail($"tensor {quoted} has no {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
        if (offsets.Length != 2)
            throw Fail($"data_offsets of tensor {quoted} must be two numbers [begin, end], not {offsets.Length}");
        return new TensorInfo(name, type.Value, shape, offsets[0], offsets[1]);
    }

    private long[] ReadLongs(string what, int most)
    {
        Expect(JsonTokenType.StartArray, $"{what} must be an array of whole numbers");
        List<long> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
                throw Fail($"{what} must hold whole numbers from 0 to {long.MaxValue}");
            if (values.Count == most)
                throw Fail($"{what} has more than {most} numbers");
            values.Add(value);
        }
        return [.. values];
    }

    /// <summary>Moves to the next name in the current object, or past its end. Reader errors at a torn object surface as JsonException.</summary>
    private bool NextProperty(string where, out string name)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            name = "";
            return false;
        }
        if (reader.TokenType != JsonTokenType.PropertyName)
            throw Fail($"{where} must hold names and values");
        name = GetString();
        return true;
    }

    private void Expect(JsonTokenType type, string otherwise)
    {
        reader.Read();
        if (reader.TokenType != type)
            throw Fail(otherwise);
    }

    private readonly void Once(bool first, string quoted, string field)
    {
        if (!first)
            throw Fail($"tensor {quoted} has {field} twice");
    }

    private readonly string GetString()
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new ModelFormatException($"The text at byte {Safetensors.LengthBytes + reader.TokenStartIndex} of the header has half of a surrogate pair; it must be valid Unicode.", e);
        }
    }

    private readonly ModelFormatException Fail(string message) =>
        new($"In the header near byte {Safetensors.LengthBytes + reader.TokenStartIndex}: {message}.");

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
            at += consumed;
        return at;
    }
}
