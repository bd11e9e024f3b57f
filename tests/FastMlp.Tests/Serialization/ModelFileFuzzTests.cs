using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FastMlp.Serialization;

namespace FastMlp.Tests.Serialization;

/// <summary>Random damage to good files: only <see cref="ModelFormatException"/> may escape, and what is read must be whole.</summary>
public sealed class ModelFileFuzzTests
{
    private static readonly byte[][] fragments =
    [
        .. new[]
        {
            "0", "-1", "1e9", "4", "2147483648", "9223372036854775807", "18446744073709551616", "null", "true", "{}", "[]", "\"", "\\", "\\ud800", "\\u0000",
            "{", "}", "[", "]", ",", ":", "\"F64\"", "\"F16\"", "\"I64\"", "\"BF16\"", "shape", "dtype", "data_offsets", "__metadata__", "layers.0.weight", "\"Relu\"", " ",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0], new byte[9],
    ];

    [Fact]
    public void OnlyModelFormatExceptionEscapes()
    {
        int cases = int.Parse(Environment.GetEnvironmentVariable("FASTMLP_FUZZ_CASES") ?? "20000", CultureInfo.InvariantCulture);
        byte[] small = TestFiles.Write(TestFiles.Small());
        byte[] everything = TestFiles.Write(TestFiles.Everything());
        byte[] foreign = TestFiles.Floats("""{"format":"pt"}""", ("0.bias", [2], [1, 2]), ("0.weight", [2, 3], new float[6]), ("10.weight", [4, 2], new float[8]), ("2.weight", [2, 2], new float[4]));
        Activation[] activations = [Activation.Relu, Activation.PRelu(), Activation.Softmax];
        int accepted = 0;

        for (int seed = 0; seed < cases; seed++)
        {
            // A seed for each case, so that a failure is repeated alone.
            Random random = new(seed);
            bool isForeign = seed % 4 == 0;
            byte[] file = Damage(random, isForeign ? foreign : seed % 16 == 1 ? everything : small);
            using Stream stream = random.Next(4) == 0 ? new PipeStream(file, random.Next(1, 100)) : new MemoryStream(file);
            try
            {
                ModelContents contents = isForeign ? ModelFile.Read(stream, activations, []) : ModelFile.Read(stream);
                TestFiles.AssertSame(contents, TestFiles.Read(TestFiles.Write(Unclaimed(contents))));
                accepted++;
            }
            catch (ModelFormatException e)
            {
                Assert.True(e.Message.Length is > 10 and < 2_000 && !e.Message.Contains('\n', StringComparison.Ordinal), $"Case {seed}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"Case {seed}: {e}");
            }
        }

        // Were all refused or all accepted, the damage would not reach what it is meant to test.
        Assert.InRange(accepted, cases / 100, cases - cases / 4);
    }

    /// <summary>Damage can turn a user's key into any text, but not into the reserved one, which the reader takes for the specification.</summary>
    private static ModelContents Unclaimed(ModelContents contents)
    {
        Assert.DoesNotContain("fastmlp", contents.Metadata.Keys);
        return contents;
    }

    private static byte[] Damage(Random random, byte[] good)
    {
        List<byte> file = [.. good];
        int headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(good);
        int strokes = random.Next(1, 4);
        for (int stroke = 0; stroke < strokes; stroke++)
        {
            // Mostly the header, where the meaning is.
            int at = random.Next(random.Next(5) == 0 ? file.Count : Math.Min(headerEnd, file.Count));
            switch (random.Next(8))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2:
                    file.RemoveRange(at, Math.Min(file.Count - at, random.Next(1, 20)));
                    break;
                case 3:
                    file.InsertRange(at, fragments[random.Next(fragments.Length)]);
                    break;
                case 4:
                    file.InsertRange(at, file.GetRange(at, Math.Min(file.Count - at, random.Next(1, 60))));
                    break;
                case 5:
                    Overwrite(file, at, fragments[random.Next(fragments.Length)]);
                    break;
                case 6:
                    int digit = file.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                    {
                        file[digit] = (byte)('0' + random.Next(10));
                    }

                    break;
                default:
                    (file[at], file[random.Next(file.Count)]) = (file[random.Next(file.Count)], file[at]);
                    break;
            }
            if (file.Count == 0)
            {
                break;
            }
        }

        // Half of the time the length is put right again, so that the damage gets past the first check.
        if (random.Next(2) == 0 && file.Count >= 8)
        {
            Overwrite(file, 0, BitConverter.GetBytes((long)(headerEnd - 8 + file.Count - good.Length)));
        }
        else if (random.Next(8) == 0)
        {
            Overwrite(file, 0, BitConverter.GetBytes(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64)));
        }

        return [.. file];
    }

    private static void Overwrite(List<byte> file, int at, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length && at + i < file.Count; i++)
        {
            file[at + i] = bytes[i];
        }
    }
}
