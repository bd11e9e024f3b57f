using FastMlp.Onnx.Schema;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

public class ExportTests
{
    /// <summary>Every activation that a layer can have, by a name for the test's title; those with constants once more with others.</summary>
    public static IReadOnlyDictionary<string, Activation> Activations { get; } = Activation.Spellings
        .Select(spelling => Activation.TryParse(spelling.Split('[')[0], out Activation g) ? g : throw new InvalidOperationException(spelling))
        .Concat([Activation.LeakyRelu(0.1f), Activation.Elu(1.3f), Activation.ScaledSigmoid(1.7f, -0.8f), Activation.ScaledSigmoid(1.2f, 0.8f, learnable: true), Activation.PRelu(0.2f)])
        .ToDictionary(activation => activation.ToString());

    public static TheoryData<string> Names => [.. Activations.Keys];

    public static Network Sample(Activation activation, Bias bias = Bias.PerUnit)
    {
        Network network = Network.Input(5).Dense(7, activation, bias).Dense(6, activation, bias).Dense(3, activation, bias).Build(seed: 3);
        for (int i = 0; i < network.LayerCount; i++)
        {
            Tensor[] tensors = [.. network.Layers[i].Tensors];
            foreach (Tensor biases in tensors.Where(tensor => tensor.Role == TensorRole.Bias))
            {
                biases.CopyFrom(GraphText.Numbers(biases.Length, 10 + i));
            }

            Tensor[] constants = [.. tensors.Where(tensor => tensor.Role == TensorRole.ActivationConstant)];
            float[] values = GraphText.Numbers(constants.Length, 20 + i);
            for (int c = 0; c < constants.Length; c++)
            {
                constants[c].CopyFrom([values[c]]);
            }
        }

        return network;
    }

    /// <summary>Every kind of layer, with numbers in all of them.</summary>
    public static Network Layered()
    {
        Network network = Network.Input(5).Dropout(0.1f).Dense(7).BatchNorm(epsilon: 1e-3f).Activate(Activation.Relu)
            .Residual(b => b.LayerNorm(1e-2f).Dense(9, Activation.Tanh).Dropout(0.5f).Dense(7)).Residual(b => b.Dense(4, Activation.Gelu)).Activate(Activation.LeakyRelu(0.1f))
            .Dense(3, Activation.Softmax).Build(seed: 3);
        float[] positive = [.. GraphText.Numbers(7, 5).Select(value => Math.Abs(value) + 0.2f)];
        for (int i = 0; i < 2; i++)
        {
            network.Tensors[$"norms.{i}.weight"].CopyFrom(GraphText.Numbers(7, 30 + i));
            network.Tensors[$"norms.{i}.bias"].CopyFrom(GraphText.Numbers(7, 40 + i));
        }

        network.Tensors["norms.0.running_mean"].CopyFrom(GraphText.Numbers(7, 50));
        network.Tensors["norms.0.running_var"].CopyFrom(positive);
        return network;
    }

    public static byte[] Bytes(Network network, OnnxExportOptions? options = null)
    {
        using MemoryStream stream = new();
        OnnxModel.Save(network, stream, options);
        return stream.ToArray();
    }

    /// <summary>A normalization is folded when it comes back, dropout is gone.</summary>
    [Fact]
    public void BatchNormalizationIsImportedAgain()
    {
        using Network network = Network.Input(5).Dense(7).BatchNorm().Activate(Activation.Relu).Dropout(0.5f).Dense(3, Activation.Softmax).Build(seed: 3);
        network.Tensors["norms.0.weight"].CopyFrom(GraphText.Numbers(7, 30));
        network.Tensors["norms.0.bias"].CopyFrom(GraphText.Numbers(7, 40));
        network.Tensors["norms.0.running_mean"].CopyFrom(GraphText.Numbers(7, 50));
        network.Tensors["norms.0.running_var"].CopyFrom([.. GraphText.Numbers(7, 5).Select(value => Math.Abs(value) + 0.2f)]);
        using Network back = OnnxModel.Load(new MemoryStream(Bytes(network)));
        Assert.Equal(["Dense", "Dense"], back.Layers.Select(layer => layer.Spec.Kind));
        float[] x = GraphText.Numbers(50, 4, scale: 3);
        Close.Equal(network.Predict(x), back.Predict(x), "folded");
    }

    /// <summary>What the importer cannot take back is written right all the same: the graph's nodes, and what each takes.</summary>
    [Fact]
    public void EveryKindOfLayerIsANodeOfItsOwn()
    {
        using Network network = Layered();
        GraphProto graph = ModelProto.Parser.ParseFrom(Bytes(network)).Graph;
        Assert.Equal(
            [
                "Gemm input layers.0.weight layers.0.bias",
                "BatchNormalization layers.0.gemm norms.0.weight norms.0.bias norms.0.running_mean norms.0.running_var",
                "Relu norms.0",
                "LayerNormalization activations.0 norms.1.weight norms.1.bias",
                "Gemm norms.1 layers.1.weight layers.1.bias",
                "Tanh layers.1.gemm",
                "Gemm layers.1.activation layers.2.weight layers.2.bias",
                "Add layers.2.gemm activations.0",
            ],
            graph.Node.Take(8).Select(node => string.Join(' ', [node.OpType, .. node.Input])));
        Assert.Contains(graph.Node, node => node.OpType == "Add" && node.Input[1] == "layers.4.gemm");
    }

    /// <summary>Residual blocks and layer normalizations come back as such, with the same bits where no normalization is folded.</summary>
    [Fact]
    public void BlocksAndNormalizationsAreImportedAgain()
    {
        using Network network = Network.Input(5).Dense(7, Activation.Tanh)
            .Residual(b => b.LayerNorm(1e-2f).Dense(9, Activation.Tanh).Dropout(0.5f).Dense(7)).Residual(b => b.Dense(4, Activation.Gelu)).Activate(Activation.LeakyRelu(0.1f))
            .Residual(b => b.Dense(6, Activation.Relu).Residual(c => c.Dense(6, Activation.Sigmoid).Dense(6)).Dense(4))
            .LayerNorm().Dense(3, Activation.Softmax).Build(seed: 3);
        using Network back = OnnxModel.Load(new MemoryStream(Bytes(network)));
        Assert.Equal(network.ParameterCount, back.ParameterCount);
        float[] x = GraphText.Numbers(50, 4, scale: 3);
        Assert.Equal(network.Predict(x), back.Predict(x));

        using Network layered = Layered();
        using Network folded = OnnxModel.Load(new MemoryStream(Bytes(layered)));
        Close.Equal(layered.Predict(x), folded.Predict(x), "layered");
    }

    /// <summary>Every kind but the scaled sigmoid, whose c and beta become weights, comes back as it was, bit for bit.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void WhatIsExportedIsImportedAgain(string name)
    {
        foreach (Bias bias in Enum.GetValues<Bias>())
        {
            using Network network = Sample(Activations[name], bias);
            network.Metadata["who"] = "me";
            using Network back = OnnxModel.Load(new MemoryStream(Bytes(network)));

            Assert.Equal("me", back.Metadata["who"]);
            float[] x = GraphText.Numbers(50, 4, scale: 3);
            if (Activations[name].Name == "ScaledSigmoid")
            {
                Close.Equal(network.Predict(x), back.Predict(x), name);
                continue;
            }

            Assert.Equal(network.Predict(x), back.Predict(x));
            for (int i = 0; i < network.LayerCount; i++)
            {
                (DenseSpec before, DenseSpec after) = ((DenseSpec)network.Layers[i].Spec, (DenseSpec)back.Layers[i].Spec);
                Assert.Equal(before.Activation.Name, after.Activation.Name);
                Assert.Equal(before.Bias, after.Bias);
                Assert.Equal(network.Tensors[$"layers.{i}.weight"].ToArray(), back.Tensors[$"layers.{i}.weight"].ToArray());
            }
        }
    }

    [Fact]
    public void TheModelSaysWhatItIs()
    {
        using Network network = Sample(Activation.Gelu);
        ModelProto model = ModelProto.Parser.ParseFrom(Bytes(network, new OnnxExportOptions { InputName = "rows", OutputName = "classes" }));

        Assert.Equal("FastMlp", model.ProducerName);
        Assert.Equal(17, Assert.Single(model.OpsetImport).Version);
        Assert.Equal(8, model.IrVersion);
        ValueProto input = Assert.Single(model.Graph.Input);
        Assert.Equal("rows", input.Name);
        Assert.Equal(("batch", 5L), (input.Type.TensorType.Shape.Dim[0].DimParam, input.Type.TensorType.Shape.Dim[1].DimValue));
        ValueProto output = Assert.Single(model.Graph.Output);
        Assert.Equal("classes", output.Name);
        Assert.Equal(("batch", 3L), (output.Type.TensorType.Shape.Dim[0].DimParam, output.Type.TensorType.Shape.Dim[1].DimValue));
        Assert.Equal("classes", model.Graph.Node[^1].Output[0]);

        // Names are unique, and each is made before it is used.
        HashSet<string> known = [input.Name, .. model.Graph.Initializer.Select(tensor => tensor.Name)];
        Assert.Equal(1 + model.Graph.Initializer.Count, known.Count);
        foreach (NodeProto node in model.Graph.Node)
        {
            Assert.All(node.Input, name => Assert.Contains(name, known));
            Assert.All(node.Output, name => Assert.True(known.Add(name)));
        }
    }

    [Fact]
    public void TheSameNetworkGivesTheSameBytes()
    {
        using Network network = Sample(Activation.Silu);
        network.Metadata["b"] = "2";
        network.Metadata["a"] = "1";
        using Network other = network.Clone();
        Assert.Equal(Bytes(network), Bytes(other));
    }

    [Fact]
    public void ScalingsGoInAndComeBackBitForBit()
    {
        using Network network = Sample(Activation.Identity);
        OnnxScaling before = new([1.1f, -200.7f, 0.003f, 5, 0], [0.3f, 7.7f, 1234.5f, -1, 1]);
        OnnxScaling after = new([150.3f, -1, 0], [0.027f, 3, -1]);
        byte[] model = Bytes(network, new OnnxExportOptions { InputScaling = before, OutputScaling = after });

        using OnnxImport apart = OnnxModel.Import(new MemoryStream(model), new OnnxImportOptions { SeparateScaling = true });
        Assert.Equal(before.Offsets.ToArray(), apart.InputScaling!.Offsets.ToArray());
        Assert.Equal(before.Scales.ToArray(), apart.InputScaling.Scales.ToArray());
        Assert.Equal(after.Offsets.ToArray(), apart.OutputScaling!.Offsets.ToArray());
        Assert.Equal(after.Scales.ToArray(), apart.OutputScaling.Scales.ToArray());

        float[] x = GraphText.Numbers(50, 4, scale: 3);
        Assert.Equal(network.Predict(x), apart.Network.Predict(x));

        // Folded, the network takes the rows as they are.
        using OnnxImport folded = OnnxModel.Import(new MemoryStream(model));
        Assert.Null(folded.InputScaling);
        Assert.Null(folded.OutputScaling);
        float[] scaled = [.. x.Select((value, i) => (value - before.Offsets[i % 5]) * before.Scales[i % 5])];
        float[] expected = [.. network.Predict(scaled).Select((value, i) => (value / after.Scales[i % 3]) + after.Offsets[i % 3])];
        Close.Equal(expected, folded.Network.Predict(x), "folded");
    }

    [Fact]
    public void OptionsThatDoNotFitAreRefused()
    {
        using Network network = Sample(Activation.Relu);
        foreach (OnnxExportOptions options in new OnnxExportOptions[]
        {
            new() { InputName = "" }, new() { InputName = "layers.0.weight" }, new() { InputName = "output" },
            new() { InputScaling = new OnnxScaling([0], [1]) }, new() { OutputScaling = new OnnxScaling([0], [1]) },
        })
        {
            Assert.Throws<ArgumentException>(() => Bytes(network, options));
        }

        Assert.Throws<ArgumentException>(() => new OnnxScaling([0], [0]));
        Assert.Throws<ArgumentException>(() => new OnnxScaling([float.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new OnnxScaling([], []));
    }

    [Fact]
    public void AFileIsReplacedAsAWhole()
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp-onnx-").FullName;
        try
        {
            string path = Path.Combine(folder, "m.onnx");
            File.WriteAllText(path, "old");
            using Network network = Sample(Activation.Relu);
            OnnxModel.Save(network, path);
            using Network back = OnnxModel.Load(path);
            Assert.Equal(network.ParameterCount, back.ParameterCount);
            Assert.Equal(["m.onnx"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
            Assert.ThrowsAny<IOException>(() => OnnxModel.Save(network, Path.Combine(folder, "none", "m.onnx")));

            File.WriteAllBytes(path, [1, 2, 3]);
            Assert.Contains(path, Assert.Throws<ModelFormatException>(() => OnnxModel.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
