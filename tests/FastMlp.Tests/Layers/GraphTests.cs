using FastMlp.Layers;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Layers;

/// <summary>What every layer says of itself, and what the graph makes of it.</summary>
public class GraphTests
{
    public static TheoryData<string> Names => Mixtures.Names;

    /// <summary>Weight decay goes by the role of tensors, and the optimizers by places: the two agree.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void TensorsLieWhereTheirRolesSay(string name)
    {
        using Network network = Mixtures.Build(name);
        LayerStack stack = network.Stack;
        nint trained = 0;
        foreach (Layer layer in stack.Layers)
        {
            Assert.All(layer.Tensors, tensor => Assert.StartsWith(layer.Name + ".", tensor.Name, StringComparison.Ordinal));
            Assert.Equal(trained, layer.WeightOffset);
            trained = layer.End;
            foreach (ParameterTensor tensor in layer.Tensors)
            {
                (nint begin, nint end) = !tensor.IsTrained ? (layer.StatisticsOffset, layer.StatisticsOffset + layer.StatisticsLength)
                    : tensor.Role == TensorRole.Weight ? (layer.WeightOffset, layer.BiasOffset)
                    : (layer.BiasOffset, layer.End);
                Assert.InRange(tensor.Offset, begin, end - tensor.Extent);
            }
        }

        Assert.Equal(trained, stack.TrainedLength);
        Assert.Equal(stack.ParameterCount, stack.Tensors.Where(tensor => tensor.IsTrained).Sum(tensor => tensor.Length));
        Assert.Equal(stack.Layers.Sum(layer => layer.Tensors.Count), stack.Tensors.Select(tensor => tensor.Name).Distinct().Count());
    }

    /// <summary>The same bits whether layers are reached one behind the other or through the graph.</summary>
    [Fact]
    public void ASumIsALayerLikeAnyOther()
    {
        using Network network = Network.Input(4).Residual(b => b.Dense(4)).Dense(2).Build(1).Fill(2);
        NetworkLayer sum = network.Layers[1];
        Assert.IsType<SumSpec>(sum.Spec);
        Assert.Equal([0, -1], sum.Sources);
        Assert.Empty(sum.Tensors);
        float[] x = Numbers.Uniform(1, 4);
        float[] body = Product(network, "layers.0", x);
        float[] expected = Product(network, "layers.1", [.. body.Zip(x, (f, skip) => f + skip)]);
        Assert.Equal(expected, network.Predict(x), (a, b) => Math.Abs(a - b) < 1e-6f);

        static float[] Product(Network network, string layer, float[] x)
        {
            float[] weight = network.Tensors[layer + ".weight"].ToArray();
            return [.. network.Tensors[layer + ".bias"].ToArray().Select((b, unit) => b + x.Select((value, i) => value * weight[(unit * x.Length) + i]).Sum())];
        }
    }

    [Fact]
    public void ASumIsNotAddedAlone()
    {
        Assert.Contains("Residual", Assert.Throws<ArgumentException>(() => Network.Input(4).Add(new SumSpec())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Input(4).Residual(b => b.Add(new DropoutSpec(1))));
        Assert.Throws<ArgumentException>(() => Network.Input(4).Add(new ResidualSpec([])));
    }

    /// <summary>What a caller holds of a network's description cannot change the network.</summary>
    [Fact]
    public void AListOfTheCallersMayChangeAfterwards()
    {
        List<LayerSpec> body = [new DenseSpec(4, Activation.Tanh, Bias.PerUnit, Initializer.GlorotUniform)];
        ResidualSpec block = new(body);
        using Network network = Network.Input(4).Add(block).Dense(2).Build(1).Fill(2);
        float[] x = Numbers.Uniform(1, 4), y = new float[2];
        float[] expected = network.Predict(x);
        body[0] = new DenseSpec(400, Activation.Tanh, Bias.PerUnit, Initializer.GlorotUniform);
        Assert.IsNotType<int[]>(network.Layers[1].Sources);
        Assert.IsNotType<LayerSpec[]>(network.Specification);
        using Predictor frozen = network.Freeze();
        frozen.Predict(x, y);
        Bits.Equal(expected, y, "frozen");
    }

    [Theory]
    [InlineData(31)]
    [InlineData(ResidualSpec.MostNested)]
    public void DeepNestingIsSavedAndLoaded(int depth)
    {
        using Network network = Network.Input(2).Add(Nested(depth)).Dense(1).Build(1);
        using MemoryStream file = new();
        network.Save(file);
        file.Position = 0;
        using Network loaded = Network.Load(file);
        Assert.Equal(network.Specification, loaded.Specification);
        float[] x = [0.25f, -1];
        Bits.Equal(network.Predict(x), loaded.Predict(x), "outputs");
        using Network copy = network.Clone();
        using Predictor frozen = loaded.Freeze();
        float[] y = new float[1];
        frozen.Predict(x, y);
        Bits.Equal(copy.Predict(x), y, "frozen");
    }

    [Fact]
    public void DeeperNestingIsRefusedWhereItIsBuilt()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Network.Input(2).Add(Nested(ResidualSpec.MostNested + 1)));
        Assert.Contains("101 deep", e.Message, StringComparison.Ordinal);
        Assert.Contains("100 is the limit", e.Message, StringComparison.Ordinal);
    }

    private static LayerSpec Nested(int depth) => Enumerable.Range(0, depth)
        .Aggregate((LayerSpec)new DenseSpec(2, Activation.Tanh, Bias.PerUnit, Initializer.GlorotUniform), (inner, _) => new ResidualSpec([inner]));
}
