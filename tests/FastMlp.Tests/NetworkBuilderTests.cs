using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class NetworkBuilderTests
{
    private const int FanIn = 200;
    private const int FanOut = 300;

    public static TheoryData<string, double, bool> Initializers => new()
    {
        { "HeNormal", 2.0 / FanIn, false },
        { "HeUniform", 2.0 / FanIn, true },
        { "GlorotNormal", 2.0 / (FanIn + FanOut), false },
        { "GlorotUniform", 2.0 / (FanIn + FanOut), true },
        { "LecunNormal", 1.0 / FanIn, false },
        { "LecunUniform", 1.0 / FanIn, true },
    };

    [Theory]
    [MemberData(nameof(Initializers))]
    public void WeightsHaveTheMomentsOfTheirDistribution(string name, double variance, bool uniform)
    {
        float[] w = WeightsOf(Named(name), seed: 1);

        // 60,000 draws: the standard error of the mean is sigma / 245, that of the variance at most 0.6 % of it.
        double mean = w.Average(v => (double)v);
        double second = w.Average(v => (double)v * v);
        double fourth = w.Average(v => Math.Pow(v, 4)) / (second * second);
        double largest = w.Max(Math.Abs);
        double sigma = Math.Sqrt(variance);
        Near.Equal(0, mean, 5 * sigma / 245, "mean");
        Near.Equal(variance, second, 0.03 * variance, "variance");
        Near.Equal(uniform ? 1.8 : 3, fourth, 0.1, "kurtosis");
        Assert.InRange(largest, (uniform ? 1.73 : 3.5) * sigma, (uniform ? 1.7321 : 6) * sigma);
    }

    /// <summary>He's weights keep the mean square of ReLU layers at 1, and LeCun's pass it on to z of the last layer.</summary>
    [Theory]
    [InlineData(10, 64, 1)]
    [InlineData(300, 30, 1)]
    [InlineData(40, 40, 500)]
    [InlineData(20, 1000, 8)]
    public void OutputsStartAtUnitScaleWhateverTheWidths(int inputs, int hidden, int outputs)
    {
        double sum = 0;
        int count = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            using Network network = Network.Input(inputs).Dense(hidden, Activation.Relu).Dense(hidden, Activation.Relu).Dense(outputs).Build(seed);
            float[] y = network.Predict(Numbers.Uniform(100 + seed, 50 * inputs, -1.7320508f, 1.7320508f));
            sum += y.Sum(value => (double)value * value);
            count += y.Length;
        }

        Assert.InRange(Math.Sqrt(sum / count), 0.75, 1.3);
    }

    [Fact]
    public void TheDefaultFollowsTheActivation()
    {
        AssertDefault("HeNormal", Activation.Relu, Activation.LeakyRelu(), Activation.PRelu(), Activation.Elu(), Activation.Gelu, Activation.Silu, Activation.Softplus);
        AssertDefault("LecunNormal", Activation.Selu);
        AssertDefault("LecunUniform", Activation.Identity, Activation.Sigmoid, Activation.Tanh, Activation.Softmax, Activation.Step);
        using Network deep = Network.Input(2).Dense(3, Activation.Tanh).Dense(4, Activation.Tanh, initializer: Initializer.GlorotUniform).Build();
        Assert.All(deep.Specification.Cast<DenseSpec>(), layer => Assert.Equal(Initializer.GlorotUniform, layer.Initializer));

        static void AssertDefault(string name, params Activation[] activations)
        {
            foreach (Activation activation in activations)
            {
                using Network network = Network.Input(FanIn).Dense(FanOut, activation).Build(1);
                float[] w = new float[FanIn * FanOut];
                network.Tensors["layers.0.weight"].CopyTo(w);
                Bits.Equal(WeightsOf(Named(name), seed: 1), w, $"W of {activation}");
            }
        }
    }

    [Fact]
    public void BiasesStartAtZeroAndLayersAndSeedsDiffer()
    {
        using Network network = Network.Input(20).Dense(20, Activation.Tanh).Dense(20, Activation.Tanh, Bias.Shared).Build(seed: 3);
        using Network other = Network.Input(20).Dense(20, Activation.Tanh).Dense(20, Activation.Tanh, Bias.Shared).Build(seed: 4);
        float[] first = new float[400];
        float[] second = new float[400];
        float[] bias = Numbers.Uniform(1, 20, 1, 2);
        network.Tensors["layers.0.weight"].CopyTo(first);
        network.Tensors["layers.1.weight"].CopyTo(second);
        Assert.False(Bits.AreEqual(first, second));
        other.Tensors["layers.0.weight"].CopyTo(second);
        Assert.False(Bits.AreEqual(first, second));
        network.Tensors["layers.0.bias"].CopyTo(bias);
        Assert.All(bias, b => Assert.Equal(0, b));
        bias[0] = 1;
        network.Tensors["layers.1.bias"].CopyTo(bias.AsSpan(0, 1));
        Assert.Equal(0, bias[0]);
    }

    [Fact]
    public void ABuilderCanBuildAgain()
    {
        NetworkBuilder builder = Network.Input(3).Dense(2);
        using Network first = builder.Build(1);
        using Network same = builder.Build(1);
        Bits.Equal(Parameters.Of(first), Parameters.Of(same), "parameters");
        using Network longer = builder.Dense(4).Build(1);
        Assert.Equal((1, 2), (first.LayerCount, longer.LayerCount));
    }

    [Fact]
    public void SizesThatCannotBeAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Input(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Input(-3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Input(3).Dense(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Input(3).Dense(-1));
        Assert.Throws<InvalidOperationException>(() => Network.Input(3).Build());

        // 2^31 - 1 squared weights are more than any address space gives: an error, not a wrapped-round size.
        Exception error = Assert.ThrowsAny<Exception>(() => Network.Input(int.MaxValue).Dense(int.MaxValue).Build().Dispose());
        Assert.True(error is ArgumentException or OutOfMemoryException or OverflowException, error.ToString());
    }

    [Fact]
    public void ActivationAndOptimizerConstantsAreChecked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.LeakyRelu(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.Elu(float.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.PRelu(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.ScaledSigmoid(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.ScaledSigmoid(1, float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(float.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(0.1f) with { LearningRate = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(0.1f, momentum: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(0.1f, weightDecay: -1));
        Assert.Throws<ArgumentException>(() => new Sgd(0.1f, nesterov: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adam(1e-3f, beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adam(1e-3f, beta2: -0.1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adam(1e-3f, epsilon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adam(1e-3f, epsilon: float.PositiveInfinity));
    }

    private static Initializer Named(string name) => name switch
    {
        "HeNormal" => Initializer.HeNormal,
        "HeUniform" => Initializer.HeUniform,
        "GlorotNormal" => Initializer.GlorotNormal,
        "GlorotUniform" => Initializer.GlorotUniform,
        "LecunNormal" => Initializer.LecunNormal,
        _ => Initializer.LecunUniform,
    };

    private static float[] WeightsOf(Initializer initializer, int seed)
    {
        using Network network = Network.Input(FanIn).Dense(FanOut, initializer: initializer).Build(seed);
        float[] w = new float[FanIn * FanOut];
        network.Tensors["layers.0.weight"].CopyTo(w);
        return w;
    }
}
