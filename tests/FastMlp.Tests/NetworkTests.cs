using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class NetworkTests
{
    [Theory]
    [MemberData(nameof(Catalogue.AllNames), MemberType = typeof(Catalogue))]
    public void PredictIsThatOfTheOracle(string activation)
    {
        foreach (Bias bias in Enum.GetValues<Bias>())
        {
            foreach (int[] sizes in new int[][] { [1, 1], [7, 5, 3], [33, 17, 10], [64, 65, 31, 2] })
            {
                Sample sample = Sample.Create(sizes, Catalogue.All[activation], Loss.Quadratic, bias, rows: 9);
                using Network network = sample.BuildNetwork();
                float[] y = network.Predict(sample.X);
                double[] expected = [.. sample.BuildReference().Predict(sample.XRows).SelectMany(row => row)];

                // Sums of up to 65 products of size 1, through at most three layers that stretch by a slope of about 1.
                Near.Equal(expected, y, (4 + sizes.Sum()) * Near.Epsilon * Math.Max(1, Near.Largest(expected)), $"{bias}, {sizes.Length - 1} layers: output");
            }
        }
    }

    [Fact]
    public void ItTellsItsShape()
    {
        using Network network = Network.Input(7)
            .Dense(5, Activation.ScaledSigmoid(2, 3, learnable: true))
            .Dense(4, Activation.PRelu(), Bias.Shared)
            .Dense(3, Activation.Softmax, Bias.None)
            .Build();

        Assert.Equal((7, 3, 3), (network.InputSize, network.OutputSize, network.LayerCount));
        Assert.Equal((35 + 5 + 2) + (20 + 1 + 1) + 12, network.ParameterCount);
        Assert.Equal(
            ["layers.0 7 5 42", "layers.1 5 4 22", "layers.2 4 3 12"],
            network.Layers.Select(layer => $"{layer.Name} {layer.InputSize} {layer.OutputSize} {layer.ParameterCount}"));
        Assert.Equal(
            [
                new DenseSpec(5, Activation.ScaledSigmoid(2, 3, learnable: true), Bias.PerUnit, Initializer.GlorotUniform),
                new DenseSpec(4, Activation.PRelu(), Bias.Shared, Initializer.HeNormal),
                new DenseSpec(3, Activation.Softmax, Bias.None, Initializer.LecunUniform),
            ],
            network.Specification);
        Assert.Equal(network.Specification, network.Layers.Select(layer => layer.Spec));
        Assert.Equal(
            [
                "layers.0.weight [5, 7] Weight", "layers.0.bias [5] Bias", "layers.0.activation.scale [1] ActivationConstant", "layers.0.activation.slope [1] ActivationConstant",
                "layers.1.weight [4, 5] Weight", "layers.1.bias [1] Bias", "layers.1.activation.slope [1] ActivationConstant",
                "layers.2.weight [3, 4] Weight",
            ],
            network.Tensors.Select(tensor => $"{tensor} {tensor.Role}"));
        Assert.Equal(network.Tensors, network.Layers.SelectMany(layer => layer.Tensors));
        Assert.All(network.Tensors, tensor => Assert.True(tensor.IsTrained));
        Assert.Equal([2f, 3f, 0.25f], network.Tensors.Where(tensor => tensor.Role == TensorRole.ActivationConstant).SelectMany(tensor => tensor.ToArray()));
        Assert.Equal(Activation.Softmax, network.OutputActivation);
    }

    [Fact]
    public void TensorsOfNormalizationsStandBehindThoseOfDenseLayers()
    {
        using Network network = Network.Input(3).BatchNorm().Dense(2).LayerNorm().Dense(1).Build();
        Assert.Equal(
            ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "norms.0.weight", "norms.0.bias", "norms.0.running_mean", "norms.0.running_var", "norms.1.weight", "norms.1.bias"],
            network.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([1f, 1f, 1f], network.Tensors["norms.0.running_var"].ToArray());
        Assert.Equal([TensorRole.RunningMean, TensorRole.RunningVariance], network.Tensors.Where(tensor => !tensor.IsTrained).Select(tensor => tensor.Role));
        using Trainer trainer = new(network, new TrainerOptions());
        Assert.Equal(network.Tensors.Where(tensor => tensor.IsTrained).Select(tensor => tensor.Name), trainer.Gradients.Select(tensor => tensor.Name));
        Assert.Throws<KeyNotFoundException>(() => trainer.Gradients["norms.0.running_mean"]);
        Assert.Null(network.Tensors.Find("layers.0.activation.slope"));
        Assert.Equal("norms.0.weight", network.Tensors.Find(TensorRole.Scale)?.Name);
    }

    [Fact]
    public void LearnableConstantsThatAreSetAreUsed()
    {
        using Network network = Network.Input(1).Dense(1, Activation.ScaledSigmoid(1, 1, learnable: true), Bias.None).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1]);
        network.Tensors["layers.0.activation.scale"].CopyFrom([4]);
        network.Tensors["layers.0.activation.slope"].CopyFrom([0]);
        Assert.Equal([2f, 2f], network.Predict([-5, 7]));

        using Network slope = Network.Input(1).Dense(1, Activation.PRelu(), Bias.None).Build();
        slope.Tensors["layers.0.weight"].CopyFrom([1]);
        slope.Tensors["layers.0.activation.slope"].CopyFrom([-0.5f]);
        Assert.Equal([1f, 2f], slope.Predict([-2, 2]));
    }

    [Fact]
    public void AnInfiniteSumIsAnswered()
    {
        // Saturation at the ends of float: no NaN from e^z = infinity.
        float[] x = [-1e30f, -200, 200, 1e30f];
        Assert.Equal([0f, 0f, 1f, 1f], Through(Activation.Sigmoid));
        Assert.Equal([-1f, -1f, 1f, 1f], Through(Activation.Tanh));
        Assert.Equal([0f, 0f, 200f, 1e30f], Through(Activation.Softplus));
        Assert.Equal([-1.5f, -1.5f, 200f, 1e30f], Through(Activation.Elu(1.5f)));
        Assert.Equal([0f, 0f, 200f, 1e30f], Through(Activation.Gelu).Select(Math.Abs));
        Assert.Equal([0f, 0f, 200f, 1e30f], Through(Activation.Silu).Select(Math.Abs));
        Assert.Equal([0f, 0f, 3f, 3f], Through(Activation.ScaledSigmoid(3, 2)));

        float[] Through(Activation activation)
        {
            using Network network = Network.Input(1).Dense(1, activation).Build();
            network.Tensors["layers.0.weight"].CopyFrom([1]);
            return network.Predict(x);
        }
    }

    [Fact]
    public void SoftmaxOfFarLogitsSumsToOne()
    {
        using Network network = Network.Input(1).Dense(3, Activation.Softmax).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1, 0, -1]);
        Assert.Equal([1f, 0f, 0f, 0f, 0f, 1f], network.Predict([1e5f, -1e5f]));
    }

    [Fact]
    public void BothFormsOfPredictAgreeAndNoRowsAreFine()
    {
        using Network network = Network.Input(5).Dense(4, Activation.Tanh).Dense(3).Build(1).Fill(1);
        float[] x = Numbers.Uniform(1, 30);
        float[] y = new float[18];
        network.Predict(x, y);

        Bits.Equal(y, network.Predict(x), "outputs");
        Assert.Empty(network.Predict([]));
        network.Predict([], []);
    }

    [Fact]
    public void PredictWritesItsRowsAndNothingElse()
    {
        using Network network = Network.Input(5).Dense(3, Activation.Softmax).Build(1).Fill(1);
        for (int rows = 1; rows < 20; rows++)
        {
            float[] guarded = new float[(rows * 3) + 32];
            Array.Fill(guarded, 7);
            network.Predict(Numbers.Uniform(1, rows * 5), guarded.AsSpan(16, rows * 3));
            Assert.All(guarded.Take(16).Concat(guarded.Skip(16 + (rows * 3))), v => Assert.Equal(7, v));
            Assert.All(guarded.Skip(16).Take(rows * 3), v => Assert.InRange(v, 0, 1));

            // A span with room for more rows is filled as far as there are rows.
            Array.Fill(guarded, 7);
            network.Predict(Numbers.Uniform(1, rows * 5), guarded);
            Assert.All(guarded.Skip(rows * 3), v => Assert.Equal(7, v));
        }
    }

    [Fact]
    public void LengthsThatDoNotFitAreNamed()
    {
        using Network network = Network.Input(5).Dense(4, bias: Bias.Shared).Dense(3, Activation.PRelu()).Build();

        Refusal.Names(() => network.Predict(new float[7], new float[3]), "7", "5");
        Refusal.Names(() => network.Predict(new float[7]), "7", "5");
        Refusal.Names(() => network.Predict(new float[10], new float[5]), "5", "6");
        Refusal.Names(() => network.Tensors["layers.0.weight"].CopyTo(new float[21]), "21", "20");
        Refusal.Names(() => network.Tensors["layers.0.weight"].CopyFrom(new float[19]), "19", "20");
        Refusal.Names(() => network.Tensors["layers.0.bias"].CopyTo(new float[4]), "4", "1");
        Refusal.Names(() => network.Tensors["layers.1.bias"].CopyFrom(new float[2]), "2", "3");
        Refusal.Names(() => network.Tensors["layers.1.activation.slope"].CopyFrom(new float[2]), "2", "1");
    }

    [Theory]
    [InlineData("layers.2.weight")]
    [InlineData("layers.0.Weight")]
    [InlineData("")]
    public void ATensorThatIsNotThereIsNamed(string name)
    {
        using Network network = Network.Input(5).Dense(4).Dense(3).Build();
        KeyNotFoundException refusal = Assert.Throws<KeyNotFoundException>(() => network.Tensors[name]);
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("layers.1.bias", refusal.Message, StringComparison.Ordinal);
        Assert.Null(network.Tensors.Find(name));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void ParametersThatAreNotFiniteAreRefused(float bad)
    {
        using Network network = Network.Input(2).Dense(2, Activation.PRelu()).Build(1);
        float[] before = Parameters.Of(network);

        Assert.ThrowsAny<ArgumentException>(() => network.Tensors["layers.0.weight"].CopyFrom([1, 2, bad, 4]));
        Assert.ThrowsAny<ArgumentException>(() => network.Tensors["layers.0.bias"].CopyFrom([1, bad]));
        Assert.ThrowsAny<ArgumentException>(() => network.Tensors["layers.0.activation.slope"].CopyFrom([bad]));

        Bits.Equal(before, Parameters.Of(network), "parameters");
    }

    [Fact]
    public void ACloneIsEqualAndIndependent()
    {
        Network network = Network.Input(5).Dense(4, Activation.PRelu(), Bias.Shared).Dense(3, Activation.Softmax).Build(1).Fill(1);
        network.Metadata["origin"] = "here";
        float[] x = Numbers.Uniform(1, 10);
        float[] expected = network.Predict(x);
        using Network clone = network.Clone();
        Bits.Equal(Parameters.Of(network), Parameters.Of(clone), "parameters");
        Assert.Equal("here", clone.Metadata["origin"]);

        network.Tensors["layers.0.weight"].CopyFrom(new float[20]);
        network.Metadata["origin"] = "there";
        Bits.Equal(expected, clone.Predict(x), "outputs");
        Assert.Equal("here", clone.Metadata["origin"]);
        network.Dispose();
        Bits.Equal(expected, clone.Predict(x), "outputs");
    }

    [Fact]
    public void ADisposedNetworkSaysSo()
    {
        Network network = Network.Input(5).Dense(3, Activation.PRelu()).Build();
        network.Dispose();
        network.Dispose();

        Assert.Throws<ObjectDisposedException>(() => network.Predict(new float[5], new float[3]));
        Assert.Throws<ObjectDisposedException>(() => network.Predict(new float[5]));
        Assert.Throws<ObjectDisposedException>(() => network.Train(new Dataset(new float[5], 5, new float[3], 3), new FitOptions()));
        Assert.Throws<ObjectDisposedException>(() => network.Evaluate(new Dataset(new float[5], 5, new float[3], 3)));
        Assert.Throws<ObjectDisposedException>(() => network.Tensors["layers.0.weight"].CopyTo(new float[15]));
        Assert.Throws<ObjectDisposedException>(() => network.Tensors["layers.0.weight"].CopyFrom(new float[15]));
        Assert.Throws<ObjectDisposedException>(() => network.Tensors["layers.0.bias"].CopyTo(new float[3]));
        Assert.Throws<ObjectDisposedException>(() => network.Tensors["layers.0.bias"].CopyFrom(new float[3]));
        Assert.Throws<ObjectDisposedException>(() => network.Tensors["layers.0.activation.slope"].ToArray());
        Assert.Throws<ObjectDisposedException>(() => network.Freeze().Dispose());
        Assert.Throws<ObjectDisposedException>(() => network.Clone().Dispose());
        Assert.Throws<ObjectDisposedException>(() => network.Save(new MemoryStream()));
    }
}
