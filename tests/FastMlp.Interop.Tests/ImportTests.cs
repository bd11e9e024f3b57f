using System.Buffers.Binary;
using System.Text;

namespace FastMlp.Interop.Tests;

public class ImportTests
{
    [Theory]
    [MemberData(nameof(Fixture.Names), MemberType = typeof(Fixture))]
    public void AFileGivesTheOutputsOfItsFramework(string name)
    {
        Fixture fixture = Fixture.Of(name);
        using ForeignImport import = ForeignModel.Import(fixture.FilePath, fixture.Options);
        float[] y = import.Network.Predict(fixture.X);
        Assert.Equal(fixture.Y.Length, y.Length);
        for (int i = 0; i < y.Length; i++)
        {
            Assert.InRange(Math.Abs(fixture.Y[i] - y[i]), 0, 2e-6 * Math.Max(1, Math.Abs(fixture.Y[i])));
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.Names), MemberType = typeof(Fixture))]
    public void AnImportedNetworkIsSavedAndLoadedWithTheSameBits(string name)
    {
        Fixture fixture = Fixture.Of(name);
        using Network network = ForeignModel.Load(fixture.FilePath, fixture.Options);
        using MemoryStream file = new();
        network.Save(file);
        file.Position = 0;
        using Network loaded = Network.Load(file);
        Assert.Equal(network.Predict(fixture.X), loaded.Predict(fixture.X));
    }

    [Theory]
    [InlineData("state.pt", "Set ForeignModelOptions.Activations")]
    [InlineData("keras-weights.h5", "Set ForeignModelOptions.Activations")]
    [InlineData("actor-critic.pt", "Set ForeignModelOptions.Activations")]
    public void WeightsAloneAskForActivations(string name, string words)
    {
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ForeignModel.Load(Fixture.Of(name).FilePath, new ForeignModelOptions { Part = name.StartsWith("actor", StringComparison.Ordinal) ? "model.actor" : null }));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoNetworksInOneFileAskForThePart()
    {
        Activation[] both = [.. Enumerable.Repeat(Activation.Relu, 5)];
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ForeignModel.Load(Fixture.Of("actor-critic.pt").FilePath, new ForeignModelOptions { Activations = both }));
        Assert.Contains("ForeignModelOptions.Part", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ActivationsGivenToAFileThatHasThemAreRefused()
    {
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ForeignModel.Load(Fixture.Of("keras-2.2.h5").FilePath, new ForeignModelOptions { Activations = [Activation.Relu, Activation.Relu] }));
        Assert.Contains("describes its layers", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAutoencoderWhoseNamesAreSortedIsNotReadBackwards()
    {
        // decoder 8x3 sorts before encoder 3x8: both orders chain.
        byte[] file = Safetensors(("decoder.weight", [8, 3]), ("decoder.bias", [8]), ("encoder.weight", [3, 8]), ("encoder.bias", [3]));
        ForeignModelOptions options = new() { Activations = [Activation.Relu, Activation.Identity] };
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ForeignModel.Import(file, options));
        Assert.Contains("Set ForeignModelOptions.Order: the names in order, such as decoder,encoder", refusal.Message, StringComparison.Ordinal);
        using ForeignImport right = ForeignModel.Import(file, options with { Order = ["encoder", "decoder"] });
        Assert.Equal(8, right.Network.InputSize);
        Assert.Equal([3, 8], right.Network.Tensors["layers.0.weight"].Shape);
    }

    [Fact]
    public void ShapesDecideWhereOneOrderFits()
    {
        byte[] file = Safetensors(("hidden.weight", [6, 4]), ("in.weight", [4, 9]), ("out.weight", [2, 6]));
        using ForeignImport import = ForeignModel.Import(file, new ForeignModelOptions { Activations = [Activation.Tanh, Activation.Tanh, Activation.Identity] });
        Assert.Equal(9, import.Network.InputSize);
        Assert.Equal(2, import.Network.OutputSize);
    }

    [Fact]
    public void NumbersDecideByValue()
    {
        byte[] file = Safetensors(("net.0.weight", [5, 5]), ("net.10.weight", [5, 5]), ("net.2.weight", [5, 5]));
        using ForeignImport import = ForeignModel.Import(file, new ForeignModelOptions { Activations = [Activation.Tanh, Activation.Tanh, Activation.Identity] });
        float[] second = import.Network.Tensors["layers.1.weight"].ToArray();
        Assert.Equal(3f, second[0]); // the values of net.2, which lies third in the file
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "getattr")]
    public void APickleThatWouldCallSomethingIsRefusedByName(string module, string function)
    {
        byte[] pickle = [0x80, 2, .. "c"u8, .. Encoding.UTF8.GetBytes($"{module}\n{function}\n"), .. "X"u8, 2, 0, 0, 0, .. "ls"u8, 0x85, .. "R."u8];
        using MemoryStream zip = new();
        using (System.IO.Compression.ZipArchive archive = new(zip, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("x/data.pkl").Open();
            entry.Write(pickle);
        }

        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ForeignModel.Import(zip.ToArray()));
        Assert.Contains($"'{module}.{function}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TorchSharpsFileIsRead()
    {
        using MemoryStream file = new();
        using (BinaryWriter writer = new(file, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write7BitEncodedInt64(2);
            Write(writer, "0.weight", [2, 3], [1, 2, 3, 4, 5, 6]);
            Write(writer, "0.bias", [2], [0.5f, -0.5f]);
        }

        using ForeignImport import = ForeignModel.Import(file.ToArray(), new ForeignModelOptions { Activations = [Activation.Identity] });
        Assert.Equal("TorchSharp", import.Format);
        Assert.Equal([6.5f, 14.5f], import.Network.Predict([1, 1, 1]));

        static void Write(BinaryWriter writer, string name, long[] shape, float[] values)
        {
            writer.Write(name);
            writer.Write7BitEncodedInt64(6);
            writer.Write7BitEncodedInt64(shape.Length);
            Array.ForEach(shape, writer.Write7BitEncodedInt64);
            Array.ForEach(values, writer.Write);
        }
    }

    [Theory]
    [InlineData("hello, this is no model at all")]
    [InlineData("")]
    [InlineData("PK")]
    public void WhatIsNoModelIsRefused(string text) => Assert.Throws<ModelFormatException>(() => ForeignModel.Import(Encoding.ASCII.GetBytes(text)));

    private static byte[] Safetensors(params (string Name, int[] Shape)[] tensors)
    {
        StringBuilder header = new("{");
        List<byte> data = [];
        int number = 0;
        foreach ((string name, int[] shape) in tensors)
        {
            int count = shape.Aggregate(1, (a, b) => a * b);
            header.Append(number > 0 ? "," : "").Append($$""" "{{name}}":{"dtype":"F32","shape":[{{string.Join(",", shape)}}],"data_offsets":[{{data.Count}},{{data.Count + (count * 4)}}]} """);
            number++;
            for (int i = 0; i < count; i++)
            {
                byte[] bytes = new byte[4];
                BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
                data.AddRange(bytes);
            }
        }

        byte[] text = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return [.. length, .. text, .. data];
    }
}
