using System.Globalization;
using System.Text;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>Damaged files: a network or a <see cref="ModelFormatException"/>, in bounded memory, never anything else.</summary>
public class FuzzTests
{
    // What docs/onnx.md promises: this much, and so many bytes for each byte of the file.
    private const long FreeBytes = 64L << 20;
    private const long BytesPerByte = 512;

    private static readonly string[] words =
        ["Relu", "Gemm", "MatMul", "Add", "Mul", "Concat", "Softmax", "Reshape", "Clip", "PRelu", "Erf", "Transpose", "Flatten", "ArgMax", "x", "y", "z", "w", "b", "transA", "axis", "perm"];

    [Fact]
    public void MutatedFiles()
    {
        int cases = int.Parse(Environment.GetEnvironmentVariable("FASTMLP_FUZZ_CASES") ?? "5000", CultureInfo.InvariantCulture);
        byte[][] good = [.. Good()];
        int accepted = 0;
        for (int seed = 0; seed < cases; seed++)
        {
            // A seed for each case, so that a failure is repeated alone.
            Random random = new(seed);
            accepted += Survives(Damage(random, good[seed % good.Length]), $"case {seed}") ? 1 : 0;
        }

        // Were all refused or all accepted, the damage would not reach what it is meant to test.
        Assert.InRange(accepted, cases / 50, cases - (cases / 4));
    }

    [Fact]
    public void FilesCutAtEveryByte()
    {
        byte[] model = GraphText.AfterDense("Sigmoid z -> s; Mul z s -> y").Bytes();
        int whole = 0;
        for (int length = 0; length < model.Length; length++)
        {
            whole += Survives(model[..length], $"{length} bytes") ? 1 : 0;
        }

        // The graph is complete before the list of operator sets that ends the file.
        Assert.InRange(whole, 0, 40);
        Assert.True(Survives(model, "whole"));
    }

    /// <summary>Each length in the file said to be huge.</summary>
    [Fact]
    public void LengthsThatLie()
    {
        byte[] model = GraphText.AfterDense("Relu z -> y").Bytes();
        foreach (byte[] lie in new byte[][] { [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0x80, 0x80, 0x80, 0x08] })
        {
            for (int at = 0; at < model.Length; at++)
            {
                Survives([.. model[..at], .. lie, .. model[(at + 1)..]], $"lie at {at}");
            }
        }
    }

    [Fact]
    public void MessagesInMessagesWithoutEnd()
    {
        // A type of a type of a type: the parser's own limit on depth must hold.
        List<byte> nest = [];
        for (int depth = 0; depth < 20_000; depth++)
        {
            nest.InsertRange(0, [0x3A, .. Varint(nest.Count)]);
        }

        Assert.False(Survives([.. nest], "nest"));
    }

    /// <summary>Well-formed files that ask for far more than they hold.</summary>
    [Fact]
    public void SmallFilesWithLargeWishes()
    {
        const int Many = 3000;
        GraphText Large(params long[] dims) => new(13, dims);
        string Repeat(Func<int, string> node) => string.Join(";", Enumerable.Range(0, Many).Select(node));
        List<(string Name, GraphText Graph)> bombs =
        [
            ("a huge image", Large(-1, 3, 50_000, 10_000).Weight("v", [3, 1, 1], 1, 2, 3).Nodes("Add x v -> y")),
            ("a huge image, normalized", Large(-1, 3, 50_000, 10_000).Weight("v", [3], 1, 2, 3).Nodes("BatchNormalization x v v v v -> y")),
            ("more features than numbers", Large(-1, long.MaxValue, 3, long.MaxValue).Nodes("Relu x -> y")),
            ("channels again and again", Large(-1, 3, 500, 600).Weight("v", [3, 1, 1], 1, 2, 3).Nodes("Add x v -> a0;" + Repeat(i => $"Add a{i} v -> a{i + 1}") + $";Relu a{Many} -> y")),
            ("one weight for many layers", Large(-1, 100).Weight("w", [100, 100], new float[10_000]).Nodes("MatMul x w -> a0;" + Repeat(i => $"MatMul a{i} w -> a{i + 1}") + $";Relu a{Many} -> y")),
            ("twice the units at each node", Large(-1, 100).Weight("w", [100, 100], new float[10_000]).Weight("s", [100], GraphText.Numbers(100, 1))
                .Nodes("MatMul x w -> z;" + Repeat(i => $"PRelu z s -> a{i}") + ";" + $"Sum {string.Join(' ', Enumerable.Range(0, Many).Select(i => $"a{i}"))} -> y")),
            ("sizes that double", Large(-1, 3).Sizes("c0", 1, 1, 1, 1).Nodes(string.Join(";", Enumerable.Range(0, 60).Select(i => $"Concat c{i} c{i} -> c{i + 1}")) + "; Reshape x c60 -> y")),
            ("many axes", Large(-1, 3).Sizes("axes", [.. Enumerable.Range(2, 20_000).Select(i => (long)i)]).Nodes("Unsqueeze x axes -> y")),
            ("features that double", Large(-1, 64).Nodes("Concat x x -> a0;" + string.Join(";", Enumerable.Range(0, 40).Select(i => $"Concat a{i} a{i} -> a{i + 1}")) + "; Relu a40 -> y")),
        ];
        foreach ((string name, GraphText graph) in bombs)
        {
            foreach (Schema.NodeProto node in graph.Model.Graph.Node.Where(node => node.OpType == "Concat"))
            {
                node.Attribute.Add(new Schema.AttributeProto { Name = "axis", Type = 2, I = -1 });
            }

            Assert.False(Survives(graph.Bytes(), name), name);
        }

        // Messages of two bytes each, which become objects: nodes, attributes, weights, inputs.
        foreach ((string name, byte[] path) in new[] { ("nodes", new byte[] { 0x0A }), ("attributes", [0x0A, 0x2A]), ("weights", [0x2A]), ("inputs", [0x5A]), ("tensors in attributes", [0x0A, 0x2A, 0x2A]) })
        {
            byte[] inner = [.. Enumerable.Repeat(new[] { path[^1], (byte)0 }, 200_000).SelectMany(pair => pair)];
            foreach (byte tag in path[..^1].Reverse())
            {
                inner = [tag, .. Varint(inner.Length), .. inner];
            }

            Assert.False(Survives([0x3A, .. Varint(inner.Length), .. inner], name), name);
        }
    }

    private static IEnumerable<byte[]> Good()
    {
        yield return GraphText.AfterDense("Relu z -> y").Bytes();
        yield return GraphText.AfterDense("Sigmoid z -> p; Sub one p -> q; Concat q p -> y").With("axis", 1).Weight("one", [], 1).Bytes();
        yield return GraphText.AfterDense("PRelu z v -> a; Clip a low high -> y").Weight("v", [3], 1, 2, 3).Weight("low", [], 0).Weight("high", [], 6).Bytes();
        foreach (string name in new[] { "view", "gelu", "batch-norm", "scaled", "float64", "steps" })
        {
            yield return File.ReadAllBytes(Sources.Beside("Fixtures", name + ".onnx"));
        }

        using Network network = ExportTests.Sample(Activation.Gelu);
        yield return ExportTests.Bytes(network);
    }

    private static bool Survives(byte[] file, string what)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using OnnxImport import = OnnxModel.Import(new MemoryStream(file));
            import.Network.Predict(new float[import.Network.InputSize]);
            return true;
        }
        catch (ModelFormatException e)
        {
            Assert.True(e.Message.Length is > 10 and < 3_000 && !e.Message.Any(char.IsControl), $"{what}: {e.Message}");
            return false;
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}\n{Convert.ToHexString(file)}");
            return false;
        }
        finally
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= FreeBytes + (BytesPerByte * file.Length), $"{what}: {allocated} bytes for a file of {file.Length}");
        }
    }

    private static byte[] Damage(Random random, byte[] good)
    {
        List<byte> file = [.. good];
        for (int strokes = random.Next(1, 4); strokes > 0 && file.Count > 0; strokes--)
        {
            int at = random.Next(file.Count);
            switch (random.Next(7))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2:
                    // A small number, which is what sizes, axes and types are.
                    file[at] = (byte)random.Next(20);
                    break;
                case 3:
                    Rename(random, file);
                    break;
                case 4:
                    file.RemoveRange(at, Math.Min(file.Count - at, random.Next(1, 12)));
                    break;
                case 5:
                    file.InsertRange(at, file.GetRange(at, Math.Min(file.Count - at, random.Next(1, 40))));
                    break;
                default:
                    file.InsertRange(at, Varint(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64)));
                    break;
            }
        }

        return [.. file];
    }

    /// <summary>Puts another word in the place of a text, with the length before it put right, so that the file stays well-formed there.</summary>
    private static void Rename(Random random, List<byte> file)
    {
        byte[] word = Encoding.ASCII.GetBytes(words[random.Next(words.Length)]);
        for (int tries = 0; tries < 50; tries++)
        {
            int at = random.Next(file.Count);
            int length = file[at];
            if (length is > 0 and < 20 && at + length < file.Count && file.Skip(at + 1).Take(length).All(value => char.IsAsciiLetterOrDigit((char)value)))
            {
                file.RemoveRange(at, length + 1);
                file.InsertRange(at, [(byte)word.Length, .. word]);
                return;
            }
        }
    }

    private static byte[] Varint(long value)
    {
        List<byte> bytes = [];
        ulong rest = (ulong)value;
        do
        {
            bytes.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80u : 0)));
            rest >>= 7;
        }
        while (rest != 0);
        return [.. bytes];
    }
}
