using FastMlp.Serialization;

namespace FastMlp.Tests.Serialization;

public sealed class ForeignModelTests
{
    [Fact]
    public void ReadsASequentialOfPyTorch()
    {
        // As save_file writes nn.Sequential(Linear(3, 2), ReLU(), Linear(2, 1, bias=False)).state_dict(): names ascending.
        byte[] file = TestFiles.Floats("""{"format":"pt"}""", ("0.bias", [2], [7, 8]), ("0.weight", [2, 3], [1, 2, 3, 4, 5, 6]), ("2.weight", [1, 2], [9, 10]));

        ModelContents contents = ModelFile.Read(new MemoryStream(file), [Activation.Relu, Activation.Identity], []);

        Assert.Equal(3, contents.InputSize);
        DenseSpec[] layers = [.. contents.Layers.OfType<DenseSpec>()];
        Assert.Equal([new DenseSpec(2, Activation.Relu, Bias.PerUnit, Initializer.HeNormal), new DenseSpec(1, Activation.Identity, Bias.None, Initializer.GlorotUniform)], layers);
        Assert.Equal(["layers.0.weight", "layers.0.bias", "layers.1.weight"], contents.Tensors.Keys);
        Assert.Equal([[1, 2, 3, 4, 5, 6], [7, 8], [9, 10]], contents.Tensors.Values);
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt" }, contents.Metadata);
    }

    [Fact]
    public void NumbersInSortedNamesCountByTheirValue()
    {
        // All of one size: sorting as text would read 0, 10, 2 without any error.
        byte[] file = TestFiles.Floats("", ("net.0.weight", [1, 1], [0]), ("net.10.weight", [1, 1], [10]), ("net.2.weight", [1, 1], [2]));
        Assert.Equal([[0], [2], [10]], Load(file, 3).Tensors.Values);
    }

    [Fact]
    public void NamesSortedWithinEachTypeCountAsSorted()
    {
        // The reference writer puts wide types first: F64 2.weight = 2, F32 0.weight = 1, BF16 10.weight = 0.5.
        byte[] file = TestFiles.Raw(
            """{"2.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"10.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[12,14]}}""",
            Convert.FromHexString("0000000000000040" + "0000803F" + "003F"));
        Assert.Equal([[1], [2], [0.5f]], Load(file, 3).Tensors.Values);
    }

    /// <summary>Weights in float16 are widened before anything is summed: 60,000 + 60,000 is no float16.</summary>
    [Fact]
    public void Float16IsWidenedBeforeItIsSummed()
    {
        byte[] file = TestFiles.Raw("""{"weight":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}""", Convert.FromHexString("537B" + "537B"));
        using Network network = Network.Load(new MemoryStream(file), [Activation.Identity]);
        Assert.Equal([120_000], network.Predict([1, 1]));
    }

    [Fact]
    public void UnsortedNamesAreSortedByTheirNumbersToo()
    {
        // MLX writes its tensors in any order.
        byte[] file = TestFiles.Floats("", ("fc2.weight", [1, 1], [2]), ("fc10.weight", [1, 1], [10]), ("fc1.weight", [1, 1], [1]));
        Assert.Equal([[1], [2], [10]], Load(file, 3).Tensors.Values);
    }

    /// <summary>An autoencoder whose decoder sorts first is no 3-8-3 network.</summary>
    [Fact]
    public void TwoOrdersThatFitAreRefusedUntilOneIsGiven()
    {
        byte[] file = TestFiles.Floats("", ("decoder.weight", [2, 1], [1, 2]), ("encoder.weight", [1, 2], [3, 4]));
        string message = Assert.Throws<ModelFormatException>(() => Load(file, 2)).Message;
        Assert.Contains("'decoder.weight' [2, 1], 'encoder.weight' [1, 2]", message, StringComparison.Ordinal);
        Assert.Contains("order: [\"decoder\", \"encoder\"]", message, StringComparison.Ordinal);

        using Network network = Network.Load(new MemoryStream(file), ["encoder", "decoder"], Activation.Relu, Activation.Identity);
        Assert.Equal(2, network.InputSize);
        Assert.Equal([7, 14], network.Predict([1, 1]));
        AssertOrderRefused(file, "names 'code'", "encoder", "code");
        AssertOrderRefused(file, "'encoder' twice", "encoder", "encoder");
        AssertOrderRefused(file, "leaves out 'decoder'", "encoder");

        static void AssertOrderRefused(byte[] file, string reason, params string[] order) =>
            Assert.Contains(reason, Assert.Throws<ModelFormatException>(() => ModelFile.Read(new MemoryStream(file), new Activation[2], order)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheOnlyOrderThatFitsTheShapesIsTaken()
    {
        byte[] file = TestFiles.Floats("", ("hidden.weight", [2, 1], [1, 2]), ("in.weight", [1, 3], [3, 4, 5]), ("out.weight", [4, 2], [6, 7, 8, 9, 10, 11, 12, 13]));
        Assert.Equal([1, 2, 4], Load(file, 3).Layers.Cast<DenseSpec>().Select(layer => layer.Units));
    }

    /// <summary>Forty layers of one size have more orders than can be tried.</summary>
    [Fact]
    public void ManyOrdersAreRefusedAtOnce() =>
        AssertRefused("say in which order", 40, [.. Enumerable.Range(0, 40).Select(i => ($"{new string('a', i + 1)}.weight", new[] { 1, 1 }, new float[] { i }))]);

    [Fact]
    public void ABareLinearAndLearnableActivationsAreRead()
    {
        byte[] file = TestFiles.Floats("", ("bias", [1], [5]), ("weight", [1, 1], [4]));
        ModelContents contents = ModelFile.Read(new MemoryStream(file), [Activation.ScaledSigmoid(2, 3, learnable: true)], []);
        Assert.Equal(["layers.0.weight", "layers.0.bias", "layers.0.activation.scale", "layers.0.activation.slope"], contents.Tensors.Keys);
        Assert.Equal([[4], [5], [2], [3]], contents.Tensors.Values);
        TestFiles.AssertSame(contents, TestFiles.Read(TestFiles.Write(contents)));
    }

    [Fact]
    public void DefectsAreNamed()
    {
        (string Name, int[] Shape, float[] Values) first = ("0.weight", [2, 1], [1, 2]);
        AssertRefused("does not fit behind '0.weight' of shape [2, 1]: its second size must be 2", 2, first, ("2.weight", [1, 3], [1, 2, 3]));
        AssertRefused("1 dense layers ('0.weight'), but 2 activations", 2, first);
        AssertRefused("'0.bias' has shape [1]; it must be [2]", 1, first, ("0.bias", [1], [1]));
        AssertRefused("'1.running_mean' of shape [2] is neither", 1, first, ("1.running_mean", [2], [1, 2]));
        AssertRefused("'1.bias' of shape [2] is neither", 1, first, ("1.bias", [2], [1, 2]));
        AssertRefused("'conv.weight' has shape [1, 1, 1]; the weight of a dense layer must be [out, in]", 1, ("conv.weight", [1, 1, 1], [1]));
        AssertRefused("'0.weight' has shape [0, 3]; each size must be from 1", 1, ("0.weight", [0, 3], []));
        AssertRefused("'0.weight' has NaN at index 1", 1, ("0.weight", [1, 2], [0, float.NaN]));
        AssertRefused("no tensor whose name ends in '.weight'", 1);

        string own = Assert.Throws<ModelFormatException>(() => Load(TestFiles.Write(TestFiles.Small()), 2)).Message;
        Assert.Contains("has its own specification", own, StringComparison.Ordinal);
        string integers = Assert.Throws<ModelFormatException>(() => Load(TestFiles.Raw("""{"0.weight":{"dtype":"I8","shape":[1,1],"data_offsets":[0,1]}}""", [1]), 1)).Message;
        Assert.Contains("'0.weight' is of type I8, which cannot hold weights", integers, StringComparison.Ordinal);
    }

    private static ModelContents Load(byte[] file, int layers)
    {
        Activation[] activations = new Activation[layers];
        return ModelFile.Read(new MemoryStream(file), activations, []);
    }

    private static void AssertRefused(string reason, int layers, params (string, int[], float[])[] tensors) =>
        Assert.Contains(reason, Assert.Throws<ModelFormatException>(() => Load(TestFiles.Floats("", tensors), layers)).Message, StringComparison.Ordinal);
}
