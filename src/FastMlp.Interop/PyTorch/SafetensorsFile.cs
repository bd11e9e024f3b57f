using System.Buffers.Binary;
using System.Text.Json;
using FastMlp.Interop.Chains;

namespace FastMlp.Interop.PyTorch;

/// <summary>Safetensors of other frameworks: a JSON header of names, types, shapes and places, then the values. Writers sort the tensors, so order is in no file.</summary>
internal static class SafetensorsFile
{
    private const int MaxHeader = 100_000_000; // what the reference reader takes

    /// <summary>Whether FastMlp wrote it: its header says so. False where the header cannot be read, for the reader to say why.</summary>
    public static bool IsOwn(Stream file)
    {
        Span<byte> length = stackalloc byte[8];
        file.Position = 0;
        file.ReadExactly(length);
        byte[] header = new byte[Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(length), MaxHeader)];
        try
        {
            file.ReadExactly(header);
            using JsonDocument json = JsonDocument.Parse(header);
            return IsOwn(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or EndOfStreamException)
        {
            return false;
        }
    }

    private static bool IsOwn(JsonElement header) =>
        header.ValueKind == JsonValueKind.Object && header.TryGetProperty("__metadata__", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("fastmlp", out _);

    public static Chain Read(byte[] content, ForeignModelOptions options)
    {
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(content);
        try
        {
            using JsonDocument header = JsonDocument.Parse(content.AsMemory(8, length));
            if (IsOwn(header.RootElement))
            {
                throw new ModelFormatException("The file is FastMlp's own: Network.Load reads it, activations and all.");
            }

            List<StoredTensor> tensors = [];
            foreach (JsonProperty entry in header.RootElement.EnumerateObject())
            {
                if (entry.Name != "__metadata__")
                {
                    tensors.Add(Tensor(entry, content, 8 + length));
                }
            }

            return new Chain("safetensors", StateDict.Read(tensors, isOrdered: false, options));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new ModelFormatException($"The header of the safetensors file cannot be read: {exception.Message}", exception);
        }
    }

    private static StoredTensor Tensor(JsonProperty entry, byte[] content, int start)
    {
        string? storage = entry.Value.GetProperty("dtype").GetString() switch
        {
            "F32" => "FloatStorage",
            "F64" => "DoubleStorage",
            "F16" => "HalfStorage",
            "BF16" => "BFloat16Storage",
            _ => null,
        };
        int[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        long[] place = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        if (place is not [>= 0, var end] || end < place[0] || end > content.Length - start || shape.Any(size => size < 0))
        {
            throw new ModelFormatException($"Tensor '{entry.Name}' does not lie in the file.");
        }

        float[] values = [];
        if (storage is not null)
        {
            long total = shape.Aggregate(1L, (product, size) => Math.Min(int.MaxValue, product * size));
            if (total * TorchStorage.SizeOf(storage) != end - place[0])
            {
                throw new ModelFormatException($"Tensor '{entry.Name}' takes {total} values, but {end - place[0]} bytes are its own.");
            }

            ReadOnlySpan<byte> data = content.AsSpan(start + (int)place[0], (int)(end - place[0]));
            values = new float[total];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = TorchStorage.Value(storage, data, i);
            }
        }

        return new StoredTensor(entry.Name, shape, values);
    }
}
