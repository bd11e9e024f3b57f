using FastMlp.Onnx.Schema;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>What a chain of dense layers cannot do is refused by a message that names the node, its operator and what is supported.</summary>
public class RefusalTests
{
    [Theory]
    [InlineData("Conv z k -> y", "node 'n1' (Conv)", "convolutional", "Supported are Gemm, MatMul")]
    [InlineData("LSTM z k k -> y", "(LSTM)", "recurrent")]
    [InlineData("Transpose z -> t; Conv t k -> y", "(Conv)", "convolutional")]
    [InlineData("ai.onnx.ml/TreeEnsembleRegressor z -> y", "(ai.onnx.ml.TreeEnsembleRegressor)", "decision trees")]
    [InlineData("Transpose z -> t; MatMul z t -> m; Softmax m -> s; MatMul s z -> y", "(MatMul)", "attention")]
    [InlineData("Sinh z -> a; Cosh a -> y", "(Sinh)", "Sinh (1), Cosh (1)")]
    [InlineData("Relu z -> r; Mul z r -> y", "(Mul)", "silu")]
    [InlineData("Relu z -> r; Div z r -> y", "(Div)", "divides")]
    [InlineData("MatMul z z -> y", "(MatMul)", "constant weight")]
    [InlineData("MatMul w z -> y", "(MatMul)", "stand in rows")]
    [InlineData("MatMul z k -> y", "(MatMul)", "[5, 2]", "3 come in")]
    [InlineData("Add z k -> y", "(Add)", "[5, 2]")]
    [InlineData("Add z perRow -> y", "(Add)", "row to row")]
    [InlineData("Erf z -> y", "(Erf)", "part of an activation")]
    [InlineData("Exp z -> e; Relu e -> y", "(Exp)", "part of an activation")]
    [InlineData("Pow z k -> y", "(Pow)", "exponent")]
    [InlineData("Pow z one3 -> y", "(Pow)", "exponents")]
    [InlineData("Sqrt z -> y", "(Sqrt)", "root")]
    [InlineData("Log z -> y", "(Log)", "logarithm")]
    [InlineData("Clip z one one -> y", "(Clip)", "bounds 1 and 1")]
    [InlineData("Greater z one -> y", "truth values")]
    [InlineData("my.domain/Relu z -> y", "(my.domain.Relu)", "not supported")]
    [InlineData("Relu nothing -> y", "(Relu)", "'nothing'", "nothing makes")]
    [InlineData("Relu y -> y", "(Relu)", "before")]
    [InlineData("Transpose z -> y", "columns")]
    [InlineData("Transpose z -> t; Relu t -> y", "columns")]
    [InlineData("Transpose z -> t; Softmax t -> y", "(Softmax)")]
    [InlineData("Transpose z -> t; MatMul t k -> y", "(MatMul)", "columns")]
    [InlineData("Transpose z -> t; Add t b -> y", "(Add)")]
    [InlineData("Reshape z sizes -> y", "(Reshape)", "[6]")]
    [InlineData("LogSoftmax z -> l; Relu l -> y", "LogSoftmax", "not the output")]
    [InlineData("PRelu z z -> y", "(PRelu)", "slope", "constant")]
    [InlineData("Mul z huge -> h; Mul h huge -> y", "float32")]
    [InlineData("Normalizer z -> y", "(Normalizer)", "not supported")]
    [InlineData("ai.onnx.ml/Normalizer z -> y", "(ai.onnx.ml.Normalizer)", "L1")]
    [InlineData("Identity w -> y", "does not depend on the input")]
    public void ANodeThatCannotRun(string nodes, params string[] parts) => GraphText.AfterDense(nodes)
        .Weight("k", [5, 2], GraphText.Numbers(10, 1)).Weight("perRow", [2, 1], 1, 2).Weight("one", [], 1).Weight("one3", [], 3.5f).Weight("huge", [], 3e38f).Sizes("sizes", 6)
        .Refused(parts);

    [Fact]
    public void TheSecondOfTwoProducersIsNamed() => GraphText.AfterDense("Relu z -> y; Tanh z -> y").Refused("(Tanh)", "'y'");

    [Fact]
    public void TrainingModes()
    {
        GraphText.AfterDense("Dropout z ratio train -> y").Weight("ratio", [], 0.5f).Weight(new TensorProto { Name = "train", DataType = 9, Int32Data = { 1 } }).Refused("(Dropout)", "training");
        GraphText.AfterDense("BatchNormalization z v v v v -> y mean var savedMean savedVar", opset: 9).Weight("v", [3], 1, 1, 1).Refused("(BatchNormalization)", "training", "5 outputs");
        GraphText.AfterDense("BatchNormalization z v v v v -> y").With("training_mode", 1).Weight("v", [3], 1, 1, 1).Refused("(BatchNormalization)", "training");
    }

    [Fact]
    public void InputsAndOutputs()
    {
        // An input that the output does not need is no matter, and is noted.
        GraphText two = GraphText.AfterDense("Relu z -> y; Identity other -> rest");
        two.Model.Graph.Input.Add(GraphText.Value("other", [-1, 3]));
        using (OnnxImport import = two.Import())
        {
            Assert.Contains("'other'", Assert.Single(import.Notes), StringComparison.Ordinal);
        }

        // Nor is an output that hands an input on.
        two.Output(GraphText.Value("rest", [-1, 3]));
        two.Import().Dispose();

        GraphText none = GraphText.AfterDense("Relu z -> y");
        none.Model.Graph.Input.Clear();
        none.Refused("no input");

        GraphText outputs = GraphText.AfterDense("Relu z -> y; Tanh z -> t").Output(GraphText.Value("t", [-1, 3]));
        outputs.Refused("'y', 't'", "OnnxImportOptions.Output");
        string asked = Assert.Throws<ModelFormatException>(() => outputs.Import(new OnnxImportOptions { OptionName = name => $"--{name}" })).Message;
        Assert.Contains("Give --Output", asked, StringComparison.Ordinal);
        using OnnxImport inner = outputs.Import(new OnnxImportOptions { Output = "z" });
        Assert.Equal(Activation.Identity, ((DenseSpec)inner.Network.Layers[0].Spec).Activation);
        using OnnxImport chosen = outputs.Import(new OnnxImportOptions { Output = "t" });
        Assert.Equal(Activation.Tanh, ((DenseSpec)chosen.Network.Layers[0].Spec).Activation);
        Assert.Contains("'q'", Assert.Throws<ModelFormatException>(() => outputs.Import(new OnnxImportOptions { Output = "q" })).Message, StringComparison.Ordinal);

        GraphText text = GraphText.AfterDense("Relu z -> y");
        text.Model.Graph.Input[0].Type.TensorType.ElemType = 8;
        text.Refused("'x'", "string");
    }

    [Fact]
    public void LayersThatTheFileDoesNotHold()
    {
        // A few bytes must not ask for n x n weights.
        new GraphText(17, -1, 1 << 20).Nodes("Relu x -> y").Refused("1048576 x 1048576", "(Relu)");
        // An activation after another takes no weights, so a chain of them costs nothing.
        string chain = string.Join(";", Enumerable.Range(0, 30).Select(i => $"Tanh a{i} -> a{i + 1}"));
        new GraphText(17, -1, 1000).Nodes("Relu x -> a0;" + chain + "; Identity a30 -> y").Import().Dispose();
        chain = string.Join(";", Enumerable.Range(0, 30).Select(i => $"HardSigmoid a{i} -> a{i + 1}"));
        new GraphText(17, -1, 1000).Nodes("Relu x -> a0;" + chain + "; Identity a30 -> y").Refused("that the file does not hold");
        new GraphText(17, -1, 1000).Nodes("Relu x -> y").Import().Dispose();
    }

    [Fact]
    public void MoreNodesThanANetworkHas()
    {
        string chain = string.Join(";", Enumerable.Range(0, 10_000).Select(i => $"Identity a{i} -> a{i + 1}"));
        GraphText.AfterDense("Relu z -> a0;" + chain + "; Identity a10000 -> y").Refused("nodes", "10000");
    }

    [Fact]
    public void FilesThatAreNoModels()
    {
        foreach ((byte[] bytes, string part) in new[] { (Array.Empty<byte>(), "empty"), ([0], "torn or no ONNX"), ("hello"u8.ToArray(), "torn or no ONNX"), ([8, 8], "no graph") })
        {
            Assert.Contains(part, Assert.Throws<ModelFormatException>(() => OnnxModel.Import(new MemoryStream(bytes))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void NamesFromTheFileCannotForgeALine()
    {
        GraphText graph = GraphText.AfterDense("Relu z -> y");
        graph.Model.Graph.Node[1].OpType = "Evil\n\u001b[31m\u202e" + new string('x', 5000);
        Assert.InRange(graph.Refused("(Evil").Length, 100, 1500);
    }
}
