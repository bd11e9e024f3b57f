using System.Text;
using FastMlp.Serialization;

namespace FastMlp.Tests.Serialization;

public sealed class ModelFileTests
{
    private const string Layer = """{"units":1,"activation":"Identity","bias":"PerUnit","initializer":"HeNormal"}""";

    [Fact]
    public void WritesExactlyTheseBytes()
    {
        ModelContents contents = new(
            2,
            [new DenseSpec(1, Activation.LeakyRelu(), Bias.PerUnit, Initializer.HeNormal), new DenseSpec(1, Activation.ScaledSigmoid(2, -0.5f, learnable: true), Bias.None, Initializer.GlorotUniform)],
            new()
            {
                ["layers.0.weight"] = [1, -2.5f],
                ["layers.0.bias"] = [0.5f],
                ["layers.1.weight"] = [0.1f],
                ["layers.1.activation.scale"] = [1.75f],
                ["layers.1.activation.slope"] = [-0f],
            },
            new Dictionary<string, string> { ["zeta"] = "z", ["alpha"] = "a" },
            Seed: 7);

        string header = """
            {"__metadata__":{"alpha":"a",
            "fastmlp":"{\"format\":1,\"inputSize\":2,\"seed\":7,\"layers\":[
            {\"units\":1,\"activation\":\"LeakyRelu\",\"first\":0.01,\"bias\":\"PerUnit\",\"initializer\":\"HeNormal\"},
            {\"units\":1,\"activation\":\"ScaledSigmoid\",\"first\":2,\"second\":-0.5,\"learnable\":true,\"bias\":\"None\",\"initializer\":\"GlorotUniform\"}]}",
            "zeta":"z"},
            "layers.0.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
            "layers.0.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},
            "layers.1.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[12,16]},
            "layers.1.activation.scale":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},
            "layers.1.activation.slope":{"dtype":"F32","shape":[1],"data_offsets":[20,24]}}
            """.ReplaceLineEndings("");
        // 1, -2.5, 0.5, 0.1, 1.75, -0.
        const string Data = "0000803F" + "000020C0" + "0000003F" + "CDCCCC3D" + "0000E03F" + "00000080";
        // 8 + 760 = 12 x 64: the data begin on a cache line.
        byte[] expected = [.. Convert.FromHexString("F802000000000000"), .. Encoding.UTF8.GetBytes(header.PadRight(760)), .. Convert.FromHexString(Data)];

        Assert.Equal(expected, TestFiles.Write(contents));
        TestFiles.AssertSame(contents, TestFiles.Read(expected));
    }

    [Fact]
    public void EverythingSurvivesARoundTripInEveryBit()
    {
        ModelContents contents = TestFiles.Everything();
        byte[] file = TestFiles.Write(contents);

        TestFiles.AssertSame(contents, TestFiles.Read(file));
        TestFiles.AssertSame(contents, ModelFile.Read(new PipeStream(file, 11)));
        Assert.Equal(file, TestFiles.Write(TestFiles.Read(file)));
    }

    [Fact]
    public void OrderOfMetadataEntriesDoesNotShowInTheFile()
    {
        ModelContents contents = TestFiles.Everything();
        ModelContents reversed = contents with { Metadata = contents.Metadata.Reverse().ToDictionary() };
        Assert.Equal(TestFiles.Write(contents), TestFiles.Write(reversed));
    }

    [Fact]
    public void ReadsFromThePositionOfTheStreamToItsEnd()
    {
        using MemoryStream stream = new([1, 2, 3, .. TestFiles.Write(TestFiles.Small())]);
        stream.Position = 3;
        TestFiles.AssertSame(TestFiles.Small(), ModelFile.Read(stream));
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "The specification must be a JSON object")]
    [InlineData("{}", "has no 'format'")]
    [InlineData("""{"format":3,"future":[]}""", "format 3; this version reads formats 1 and 2")]
    [InlineData("""{"format":"1"}""", "'format' of the specification is '\"1\"'")]
    [InlineData("""{"format":1,"format":1,"inputSize":2,"seed":0,"layers":[@]}""", "not valid JSON")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[@],"dropout":1}""", "unknown member 'dropout'; known here are format, inputSize, seed, layers")]
    [InlineData("""{"format":1,"seed":0,"layers":[@]}""", "has no 'inputSize'")]
    [InlineData("""{"format":1,"inputSize":0,"seed":0,"layers":[@]}""", "'inputSize' of the specification is '0'; it must be a whole number from 1")]
    [InlineData("""{"format":1,"inputSize":2147483648,"seed":0,"layers":[@]}""", "whole number from 1 to 2147483647")]
    [InlineData("""{"format":1,"inputSize":2.5,"seed":0,"layers":[@]}""", "'2.5'")]
    [InlineData("""{"format":1,"inputSize":3,"seed":0,"layers":[@]}""", "'layers.0.weight' has shape [1, 2]; it must be [1, 3]")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[]}""", "at least one layer")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":{}}""", "at least one layer")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[@,@]}""", "Tensor 'layers.1.weight' of shape [1, 1] is missing")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":0,"activation":"Identity","bias":"PerUnit","initializer":"Zeros"}]}""", "'units' of layer 0 of the specification is '0'; it must be a whole number from 1")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":2147483647,"activation":"Identity","bias":"PerUnit","initializer":"Zeros"}]}""", "it must be [2147483647, 2]")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Swish","bias":"PerUnit","initializer":"Zeros"}]}""", "'activation' of layer 0 of the specification is '\"Swish\"'; known are Identity, Step")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"4","bias":"PerUnit","initializer":"Zeros"}]}""", "known are Identity")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":4,"bias":"PerUnit","initializer":"Zeros"}]}""", "known are Identity")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"relu","bias":"PerUnit","initializer":"Zeros"}]}""", "known are Identity")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Relu, Tanh","bias":"PerUnit","initializer":"Zeros"}]}""", "known are Identity")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"\ud800","bias":"PerUnit","initializer":"Zeros"}]}""", "not valid Unicode")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Relu","bias":"0","initializer":"Zeros"}]}""", "'bias' of layer 0 of the specification is '\"0\"'; known are PerUnit, Shared, None")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Relu","bias":"None","initializer":"Zeros"}]}""", "'layers.0.bias' of shape [1] has no place")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Relu","bias":"PerUnit","initializer":"Xavier"}]}""", "known are HeNormal")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Relu","first":1,"bias":"PerUnit","initializer":"Zeros"}]}""", "unknown member 'first'")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Elu","bias":"PerUnit","initializer":"Zeros"}]}""", "has no 'first'")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Elu","first":1e39,"bias":"PerUnit","initializer":"Zeros"}]}""", "must be a finite float32")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"Elu","first":"NaN","bias":"PerUnit","initializer":"Zeros"}]}""", "must be a finite float32")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"ScaledSigmoid","first":0,"second":1,"learnable":false,"bias":"PerUnit","initializer":"Zeros"}]}""", "must not be 0")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"ScaledSigmoid","first":1,"second":1,"learnable":1,"bias":"PerUnit","initializer":"Zeros"}]}""", "must be true or false")]
    [InlineData("""{"format":1,"inputSize":2,"seed":0,"layers":[{"units":1,"activation":"PRelu","first":1,"bias":"PerUnit","initializer":"Zeros"}]}""", "'layers.0.activation.slope' of shape [1] is missing")]
    public void DefectiveSpecificationIsRefusedWithItsReason(string specification, string reason)
    {
        byte[] file = TestFiles.WithSpecification(specification.Replace("@", Layer, StringComparison.Ordinal));
        Assert.Contains(reason, Assert.Throws<ModelFormatException>(() => TestFiles.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSoundSpecificationOfTheseTestsIsRead()
    {
        ModelContents contents = TestFiles.Read(TestFiles.WithSpecification($$"""{"format":1,"inputSize":2,"seed":3,"layers":[{{Layer}}]}"""));
        Assert.Equal(["layers.0.weight", "layers.0.bias"], contents.Tensors.Keys);
        Assert.Equal([[1, 2], [3]], contents.Tensors.Values);
        Assert.Equal(3, contents.Seed);
        Assert.Empty(contents.Metadata);
    }

    [Fact]
    public void FileOfAnotherFrameworkAsksForActivations()
    {
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => TestFiles.Read(TestFiles.Floats("", ("0.weight", [1, 1], [1]))));
        Assert.Contains("give the activation of each layer", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void NumbersMustBeFinite(float bad, string text)
    {
        ModelContents small = TestFiles.Small();
        byte[] file = TestFiles.Write(small);
        // The last tensor is layers.1.bias [1], before it layers.1.weight [1, 2].
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 8), bad);
        Assert.Equal($"Tensor 'layers.1.weight' has {text} at index 1; every number must be finite in float32.", Assert.Throws<ModelFormatException>(() => TestFiles.Read(file)).Message);

        small.Tensors["layers.1.weight"][1] = bad;
        Assert.Contains("layers.1.weight[1]", Assert.Throws<ArgumentException>(() => TestFiles.Write(small)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ContradictoryContentsAreNotWritten()
    {
        ModelContents small = TestFiles.Small();
        ModelContents[] contradictions =
        [
            small with { Metadata = new() { ["fastmlp"] = "mine" } },
            small with { Layers = [] },
            small with { InputSize = 0 },
            small with { InputSize = 3 },
            small with { Tensors = small.Tensors.Where(tensor => tensor.Key != "layers.1.weight").ToDictionary() },
            small with { Tensors = new(small.Tensors) { ["layers.0.bias"] = [] } },
            small with { Tensors = new(small.Tensors) { ["layers.0.activation.slope"] = [1, 2] } },
            small with { Metadata = new() { ["k"] = null! } },
            small with { Metadata = new() { ["\udfff"] = "" } },
        ];
        foreach (ModelContents contents in contradictions)
        {
            using MemoryStream stream = new();
            Assert.Throws<ArgumentException>(() => ModelFile.Write(stream, contents));
            Assert.Equal(0, stream.Length);
        }
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] file = TestFiles.Write(TestFiles.Small());
        for (int length = 0; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            Assert.Throws<ModelFormatException>(() => TestFiles.Read(cut));
            Assert.Throws<ModelFormatException>(() => ModelFile.Read(new PipeStream(cut, 64)));
        }
    }

    [Fact]
    public void ATrailingByteIsRefused()
    {
        byte[] file = [.. TestFiles.Write(TestFiles.Small()), 0];
        Assert.Contains("too long", Assert.Throws<ModelFormatException>(() => TestFiles.Read(file)).Message, StringComparison.Ordinal);
        Assert.Contains("Data follow after the last tensor", Assert.Throws<ModelFormatException>(() => ModelFile.Read(new PipeStream(file, 64))).Message, StringComparison.Ordinal);
    }
}
