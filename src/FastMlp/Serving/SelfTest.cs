using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FastMlp;

/// <summary>
/// Rows with the answers that a network gave when it was saved. They travel in its file; whoever loads it can see whether it still answers the same, on this
/// machine and with this release. A <see cref="LiveModel"/> checks them before it publishes.
/// </summary>
public static class SelfTest
{
    /// <summary>The key of <see cref="Network.Metadata"/> under which it is stored.</summary>
    public const string MetadataKey = "fastmlp.selfTest";

    /// <summary>How far an answer may be off, as a share of 1 or of its size if that is larger: other instruction sets round otherwise.</summary>
    private const float Tolerance = 1e-3f;

    /// <summary>Stores the rows x [rows, inputSize] and the network's answers to them in its metadata. Attach it after training; a few typical rows are enough.</summary>
    /// <exception cref="ArgumentException">There is no row, x is not a whole number of rows, or a value or an answer is not finite.</exception>
    public static void Attach(Network network, ReadOnlySpan<float> x)
    {
        ArgumentNullException.ThrowIfNull(network);
        float[] y = network.Predict(x);
        if (y.Length == 0)
        {
            throw new ArgumentException("A self-test needs at least one row.", nameof(x));
        }

        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            Write(json, "x", x);
            Write(json, "y", y);
            json.WriteEndObject();
        }

        network.Metadata[MetadataKey] = Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>What is wrong with the network's answers to its stored rows; null if they are right or if it carries no self-test.</summary>
    /// <exception cref="ModelFormatException">What is stored is malformed.</exception>
    public static string? Failure(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (!network.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            return null;
        }

        (float[] x, float[] expected) = Read(text);
        if (x.Length == 0 || x.Length % network.InputSize != 0 || expected.Length != x.Length / network.InputSize * network.OutputSize)
        {
            throw new ModelFormatException($"{MetadataKey}: {x.Length} values and {expected.Length} answers are no rows of a network with {network.InputSize} inputs and {network.OutputSize} outputs.");
        }

        float[] actual = network.Predict(x);
        for (int i = 0; i < actual.Length; i++)
        {
            // Written so that NaN fails.
            if (!(MathF.Abs(actual[i] - expected[i]) <= Tolerance * MathF.Max(1, MathF.Abs(expected[i]))))
            {
                return $"the self-test fails: output {i % network.OutputSize} of row {i / network.OutputSize} is {actual[i]}, and was {expected[i]} when the model was saved";
            }
        }

        return null;
    }

    private static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<float> values)
    {
        json.WriteStartArray(name);
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"A self-test holds finite numbers only; {name} has {value}.", nameof(values));
            }

            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static (float[] X, float[] Y) Read(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return (Values("x"), Values("y"));

            float[] Values(string name) => [.. document.RootElement.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new ModelFormatException($"{MetadataKey}: it is not {{\"x\": [numbers], \"y\": [numbers]}}.", exception);
        }
    }
}
