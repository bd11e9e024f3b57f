using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>Files of other frameworks are taken wherever a model is, and messages speak of the command's options.</summary>
public sealed class ForeignModelTests(TempFolder folder) : IClassFixture<TempFolder>
{
    private static readonly JsonElement fixtures = JsonDocument.Parse(File.ReadAllText(Fixture("expected.json"))).RootElement;

    [Theory]
    [InlineData("keras-3.h5")]
    [InlineData("model.keras")]
    [InlineData("state.pt", "--activations", "relu,tanh,identity")]
    [InlineData("whole.pt")]
    [InlineData("policy-script.pt")]
    public void PredictsWhatTheFrameworkDoes(string name, params string[] options)
    {
        JsonElement fixture = fixtures.GetProperty(name);
        double[] y = [.. fixture.GetProperty("y").EnumerateArray().Select(value => value.GetDouble())];
        string stored = folder[name + ".safetensors"];
        Command.Run(["convert", Fixture(name), stored, .. options]).Done();
        using Network network = Network.Load(stored);
        string[] x = [.. fixture.GetProperty("x").EnumerateArray().Select(value => value.GetRawText())];
        string data = folder.Write(name + ".csv", string.Join(',', Enumerable.Range(0, network.InputSize).Select(i => $"f{i}")) + "\n"
            + string.Concat(x.Chunk(network.InputSize).Select(row => string.Join(',', row) + "\n")));

        string predicted = Command.Run(["predict", Fixture(name), data, .. options]).Done().Output;

        Assert.Equal(predicted, Command.Run("predict", stored, data).Done().Output);
        double[] found = network.OutputActivation == Activation.Softmax
            ? [.. Command.Run("predict", stored, data, "--probabilities").Done().OutputLines.Skip(1).SelectMany(line => Numbers(line.Split(',')[^network.OutputSize..]))]
            : [.. predicted.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).SelectMany(line => Numbers(line.Split(',')))];
        Assert.Equal(y.Length, found.Length);
        Assert.All(y.Zip(found), pair => Assert.InRange(pair.Second, pair.First - 2e-6 * Math.Max(1, Math.Abs(pair.First)), pair.First + 2e-6 * Math.Max(1, Math.Abs(pair.First))));
        Assert.Contains("parameters", Command.Run(["inspect", Fixture(name), .. options]).Done().Output, StringComparison.Ordinal);

        static IEnumerable<double> Numbers(string[] fields) => fields.Select(field => double.Parse(field, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void MessagesSpeakOfTheOptions()
    {
        string auto = Autoencoder("auto.safetensors");
        Command.Run("inspect", auto).FailedWith(auto, "say in which order", "Give --order NAME,...");
        Command.Run("inspect", auto, "--order", "encoder,decoder").FailedWith("Give --activations NAME,...");
        Command.Run("inspect", auto, "--order", "encoder,decoder", "--activations", "relu").FailedWith("2 dense layers", "1 activations");
        Command.Run("inspect", auto, "--order", "encoder,code", "--activations", "relu,relu").FailedWith("'code'", "'encoder'");
        Command.Run("inspect", auto, "--activations", "relu,rele").WasBadUsage("--activations", "rele", "leaky-relu");
        Command.Run("inspect", Fixture("actor-critic.pt"), "--activations", "relu,relu,relu,relu,relu").FailedWith("Give --part NAME");
        Command.Run("inspect", Fixture("keras-3.h5"), "--activations", "relu").FailedWith("describes its layers");
        Command.Run("inspect", auto, "--output", "y").WasBadUsage("--output", "ONNX");
    }

    [Fact]
    public void OrderAndActivationsAreStored()
    {
        string auto = Autoencoder("auto2.safetensors"), mine = folder["mine.safetensors"];
        Command.Run("convert", auto, mine, "--order", "encoder,decoder", "--activations", "scaled-sigmoid:2,3,leaky-relu:0.2").Done();
        using Network network = Network.Load(mine);
        Assert.Equal((4, 4), (network.InputSize, network.OutputSize));
        Assert.Equal([Activation.ScaledSigmoid(2, 3), Activation.LeakyRelu(0.2f)], network.Layers.Select(layer => layer.Spec).OfType<DenseSpec>().Select(spec => spec.Activation));
        Assert.Equal([1f, 1, 1, 1, 1, 1, 1, 1], network.Tensors["layers.1.weight"].ToArray());

        Command.Run("inspect", mine, "--activations", "relu,relu").WasBadUsage("--activations", "FastMlp's own");
        Command.Run("convert", mine, folder["mine.onnx"]).Done();
        Command.Run("inspect", folder["mine.onnx"], "--order", "a,b").WasBadUsage("--order", "mine.onnx");
    }

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Interop", name);

    /// <summary>A 4-2-4 autoencoder, its decoder (all 1) first: names are sorted.</summary>
    private string Autoencoder(string name)
    {
        byte[] header = Encoding.ASCII.GetBytes("""{"decoder.weight":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]},"encoder.weight":{"dtype":"F32","shape":[2,4],"data_offsets":[32,64]}}""");
        byte[] file = new byte[8 + header.Length + 64];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        for (int i = 0; i < 16; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(8 + header.Length + (4 * i)), i < 8 ? 1 : 2);
        }

        return folder.Write(name, file);
    }
}
