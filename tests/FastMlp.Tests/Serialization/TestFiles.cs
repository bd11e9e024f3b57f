using System.Buffers.Binary;
using System.Text;
using FastMlp.Serialization;

namespace FastMlp.Tests.Serialization;

/// <summary>Files and models that the serialization tests share. The bytes are put together here without the writer under test.</summary>
internal static class TestFiles
{
    /// <summary>[length][header][data].</summary>
    public static byte[] Raw(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        return [.. prefix, .. json, .. data];
    }

    /// <summary>A file of F32 tensors, laid out in the order given.</summary>
    public static byte[] Floats(string metadata, params (string Name, int[] Shape, float[] Values)[] tensors)
    {
        List<string> entries = metadata.Length > 0 ? [$"\"__metadata__\":{metadata}"] : [];
        List<byte> data = [];
        foreach ((string name, int[] shape, float[] values) in tensors)
        {
            int begin = data.Count;
            foreach (float value in values)
            {
                data.AddRange(BitConverter.GetBytes(value));
            }

            entries.Add($"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(",", shape)}],\"data_offsets\":[{begin},{data.Count}]}}");
        }
        return Raw("{" + string.Join(",", entries) + "}", [.. data]);
    }

    /// <summary>One layer 2 to 1 under a given specification, which is put into the header as JSON text.</summary>
    public static byte[] WithSpecification(string specification) =>
        Floats(
            $$"""{"fastmlp":"{{specification.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""",
            ("layers.0.weight", [1, 2], [1, 2]),
            ("layers.0.bias", [1], [3]));

    /// <summary>Every activation, bias mode and initializer, with awkward constants and awkward floats.</summary>
    public static ModelContents Everything()
    {
        (Activation Activation, Bias Bias, Initializer Initializer)[] kinds =
        [
            (Activation.Identity, Bias.PerUnit, Initializer.HeNormal),
            (Activation.Step, Bias.Shared, Initializer.HeUniform),
            (Activation.Sigmoid, Bias.None, Initializer.GlorotNormal),
            (Activation.Tanh, Bias.PerUnit, Initializer.GlorotUniform),
            (Activation.Relu, Bias.Shared, Initializer.LecunNormal),
            (Activation.Selu, Bias.None, Initializer.LecunUniform),
            (Activation.Gelu, Bias.PerUnit, Initializer.Zeros),
            (Activation.Silu, Bias.PerUnit, Initializer.HeNormal),
            (Activation.Softplus, Bias.PerUnit, Initializer.HeNormal),
            (Activation.LeakyRelu(0.1f + 0.2f), Bias.PerUnit, Initializer.HeNormal),
            (Activation.LeakyRelu(-0f), Bias.PerUnit, Initializer.HeNormal),
            (Activation.Elu(float.Epsilon), Bias.PerUnit, Initializer.HeNormal),
            (Activation.ScaledSigmoid(float.MaxValue, 1f / 3), Bias.PerUnit, Initializer.HeNormal),
            (Activation.ScaledSigmoid(-1.7159f, 2f / 3, learnable: true), Bias.Shared, Initializer.HeNormal),
            (Activation.PRelu(1e-40f), Bias.None, Initializer.HeNormal),
            (Activation.Softmax, Bias.PerUnit, Initializer.GlorotUniform),
        ];
        const int InputSize = 3;
        DenseSpec[] layers = [.. kinds.Select((kind, i) => new DenseSpec(1 + i % 4, kind.Activation, kind.Bias, kind.Initializer))];
        Random random = new(5);
        Dictionary<string, float[]> tensors = [];
        for (int i = 0; i < layers.Length; i++)
        {
            DenseSpec layer = layers[i];
            tensors.Add($"layers.{i}.weight", Awkward(random, layer.Units * (i == 0 ? InputSize : layers[i - 1].Units)));
            if (layer.Bias != Bias.None)
            {
                tensors.Add($"layers.{i}.bias", Awkward(random, layer.Bias == Bias.Shared ? 1 : layer.Units));
            }

            foreach (string constant in !layer.Activation.IsLearnable ? [] : layer.Activation.Name == "ScaledSigmoid" ? new[] { "scale", "slope" } : ["slope"])
            {
                tensors.Add($"layers.{i}.activation.{constant}", Awkward(random, 1));
            }
        }
        return new ModelContents(
            InputSize,
            layers,
            tensors,
            new Dictionary<string, string> { ["classes"] = "[\"a\",\"b\"]", ["Ünïcode \U0001F600"] = "line\nbreak \\ \"quote\" \0 </script>", [""] = "" },
            Seed: -42);
    }

    /// <summary>A small model for the tests that try every byte of its file.</summary>
    public static ModelContents Small() => new(
        2,
        [new DenseSpec(2, Activation.PRelu(0.25f), Bias.PerUnit, Initializer.HeNormal), new DenseSpec(1, Activation.Sigmoid, Bias.Shared, Initializer.GlorotUniform)],
        new() { ["layers.0.weight"] = [1, -2, 3, -4], ["layers.0.bias"] = [0.5f, -0.5f], ["layers.0.activation.slope"] = [0.125f], ["layers.1.weight"] = [5, 6], ["layers.1.bias"] = [7] },
        new Dictionary<string, string> { ["note"] = "small" },
        Seed: 1);

    public static byte[] Write(ModelContents contents)
    {
        using MemoryStream stream = new();
        ModelFile.Write(stream, contents);
        return stream.ToArray();
    }

    public static ModelContents Read(byte[] file) => ModelFile.Read(new MemoryStream(file));

    /// <summary>Equal in every bit of every number, and in all else.</summary>
    public static void AssertSame(ModelContents expected, ModelContents actual)
    {
        Assert.Equal(expected.InputSize, actual.InputSize);
        Assert.Equal(expected.Seed, actual.Seed);
        Assert.Equal(expected.Layers, actual.Layers);
        Assert.Equal(Constants(expected), Constants(actual));
        Assert.Equal(expected.Metadata, actual.Metadata);
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        Assert.Equal(expected.Tensors.Values.Select(values => values.Select(Bits)), actual.Tensors.Values.Select(values => values.Select(Bits)));
    }

    private static IEnumerable<(int First, int Second)> Constants(ModelContents contents) =>
        contents.Layers.OfType<DenseSpec>().Select(layer => (Bits(layer.Activation.First), Bits(layer.Activation.Second)));

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    /// <summary>Zeros of both signs, subnormals, the ends of the range, and random bit patterns that are finite.</summary>
    private static float[] Awkward(Random random, int count)
    {
        float[] fixedOnes = [-0f, 0f, float.Epsilon, -float.Epsilon, 1.1754942e-38f, float.MaxValue, float.MinValue, 0.1f];
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            do
            {
                values[i] = random.Next(2) == 0 ? fixedOnes[random.Next(fixedOnes.Length)] : BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            }
            while (!float.IsFinite(values[i]));
        }
        return values;
    }
}
