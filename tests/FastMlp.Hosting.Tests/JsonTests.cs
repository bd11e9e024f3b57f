using System.Globalization;
using System.Text;
using System.Text.Json;
using FastMlp.Hosting.Protocol;

namespace FastMlp.Hosting.Tests;

/// <summary>The reader of numbers beside the runtime's, bit by bit, and the reader of JSON beside System.Text.Json.</summary>
public class JsonTests
{
    [Fact]
    public void ANumberIsTheNearestFloat()
    {
        Random random = new(1);
        byte[] bits = new byte[4];
        for (int i = 0; i < 300_000; i++)
        {
            random.NextBytes(bits);
            float value = BitConverter.ToSingle(bits);
            string text = !float.IsFinite(value) ? "0"
                : (i % 4) switch
                {
                    0 => value.ToString("R", CultureInfo.InvariantCulture),
                    1 => ((double)value).ToString("R", CultureInfo.InvariantCulture),
                    2 => (random.NextDouble() * Math.Pow(10, random.Next(-3, 6))).ToString("F" + random.Next(0, 12), CultureInfo.InvariantCulture),

                    // The middle between two floats, and one digit to each side of it.
                    _ => (((double)value + MathF.BitIncrement(value)) / 2).ToString("E" + random.Next(8, 20), CultureInfo.InvariantCulture),
                };
            Check(text);
        }

        foreach (string text in new[] { "0", "-0", "0.0", "-0.0e5", "1e-45", "1.4e-45", "7e-46", "1.17549435e-38", "1.17549428e-38", "3.4028235e38", "3.4028236e38", "16777217", "16777219", "9007199254740993", "18446744073709551616", "0.1", "123456789012345678901234567890", "1e22", "1e23", "1e-22", "1e-23", "1E+2", "0e999999999", "1.00000005960464477539062500", "1.00000005960464477539062501" })
        {
            Check(text);
        }

        static void Check(string text)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text + ",");
            int place = 0;
            Assert.True(JsonNumber.TryRead(bytes, ref place, out float actual), text);
            Assert.Equal(text.Length, place);
            float expected = float.Parse(text, CultureInfo.InvariantCulture);
            Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual), $"{text}: {actual:R} for {expected:R}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.e5")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("x")]
    [InlineData("nan")]
    [InlineData("Infinity")]
    public void WhatIsNoNumberOfJsonIsRefused(string text)
    {
        int place = 0;
        Assert.False(JsonNumber.TryRead(Encoding.ASCII.GetBytes(text), ref place, out _));
        Assert.Equal(0, place);
    }

    [Fact]
    public void WhatTheCursorAcceptsIsJson()
    {
        // Mutations of a good request: whatever is accepted here, System.Text.Json reads too, to the same numbers.
        byte[] good = Encoding.UTF8.GetBytes("""{"a":[1,-2.5e1,[3,[]],4],"b\n":"x\"\u00e9","c":{"d":null}} """);
        int cases = int.TryParse(Environment.GetEnvironmentVariable("FASTMLP_FUZZ_CASES"), CultureInfo.InvariantCulture, out int asked) ? asked : 20_000;
        Random random = new(2);
        int accepted = 0;
        for (int i = 0; i < cases; i++)
        {
            byte[] bytes = [.. good];
            for (int k = random.Next(0, 3); k >= 0; k--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(128) : good[random.Next(good.Length)];
            }

            bytes = random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (Read(bytes) is not { } numbers)
            {
                continue;
            }

            accepted++;
            using JsonDocument document = JsonDocument.Parse(bytes);
            List<float> expected = [];
            foreach (JsonProperty member in document.RootElement.EnumerateObject().Where(member => member.NameEquals("a")))
            {
                Flatten(member.Value, expected);
            }

            Assert.Equal(expected, numbers);
        }

        Assert.InRange(accepted, cases / 200, cases);
    }

    private static float[]? Read(byte[] bytes)
    {
        try
        {
            JsonCursor json = new(bytes);
            float[] numbers = new float[1];
            int count = 0;
            json.Expect('{');
            for (bool open = true; json.Next(ref open, '}');)
            {
                if (json.Name().SequenceEqual("a"u8))
                {
                    count += json.Numbers(ref numbers, count);
                }
                else
                {
                    json.Skip();
                }
            }

            json.End();
            return numbers[..count];
        }
        catch (RequestRefusedException)
        {
            return null;
        }
    }

    private static void Flatten(JsonElement element, List<float> values)
    {
        foreach (JsonElement inner in element.EnumerateArray())
        {
            if (inner.ValueKind == JsonValueKind.Array)
            {
                Flatten(inner, values);
            }
            else
            {
                values.Add(inner.ValueKind == JsonValueKind.Number ? inner.GetSingle() : inner.GetBoolean() ? 1 : 0);
            }
        }
    }
}
