using FastMlp.Layers;
using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Layers;

/// <summary>Dropout: what it drops, that its gradients are right, and that a prediction knows nothing of it.</summary>
public class DropoutTests
{
    private const int Size = 37;

    [Theory]
    [InlineData(0f)]
    [InlineData(0.01f)]
    [InlineData(0.2f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    public void DropsItsShareAndKeepsTheMean(float rate)
    {
        const int rows = 3000;
        double[] factors = Factors(rate, rows);
        double scale = 1 / (1 - (double)rate);
        int dropped = factors.Count(f => f == 0);
        Assert.All(factors.Where(f => f != 0), f => Near.Equal(scale, f, scale * Near.Epsilon, "factor"));

        // 111,000 independent draws: five standard deviations.
        double deviation = Math.Sqrt(rate * (1 - rate) / factors.Length);
        Near.Equal(rate, (double)dropped / factors.Length, 5 * deviation, "share");
    }

    [Fact]
    public void DrawsAreIndependentOfEachOther()
    {
        const int rows = 2700;
        const float rate = 0.3f;
        double[] first = Factors(rate, rows);
        double bound = 5 / Math.Sqrt(first.Length);
        (string Name, double[] Other)[] others =
        [
            ("the next step", Factors(rate, rows, step: 1)),
            ("the next seed", Factors(rate, rows, seed: 1)),
            ("the next layer", Factors(rate, rows, index: 1)),
            ("the next column", [.. first.Skip(1)]),
            ("the column after", [.. first.Skip(2)]),
            ("the next row", [.. first.Skip(Size)]),
        ];
        foreach ((string name, double[] other) in others)
        {
            Assert.InRange(Correlation(first, other), -bound, bound);
            Assert.False(first.AsSpan(0, other.Length).SequenceEqual(other), name);
        }

        // The share of each column and of each row, too.
        for (int j = 0; j < Size; j++)
        {
            Near.Equal(rate, Enumerable.Range(0, rows).Average(row => first[(row * Size) + j] == 0 ? 1.0 : 0), 5 * Math.Sqrt(rate * (1 - rate) / rows), $"column {j}");
        }
    }

    [Fact]
    public void ARowIsDroppedAlikeInAnyBatch() =>
        Assert.Equal(Factors(0.4f, 20)[..(7 * Size)], Factors(0.4f, 7));

    [Fact]
    public void WorkedByHand()
    {
        // One unit with weights 1 and 10 on (1, 1): the output tells which inputs were dropped.
        using Network network = Network.Input(2).Dropout(0.5f).Dense(1, Activation.Identity, Bias.None).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1, 10]);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Sgd(1e-30f) });
        HashSet<float> losses = [];
        for (int step = 0; step < 100; step++)
        {
            losses.Add(trainer.Step([1, 1], [0f]));
        }

        // Outputs 0, 2, 20 or 22, half their squares.
        Assert.Equal([0f, 2f, 200f, 242f], losses.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(130)]
    public void GradientsAreThoseOfTheSameMask(int rows)
    {
        foreach (Activation activation in new[] { Activation.Tanh, Activation.Gelu, Activation.PRelu(), Activation.Softmax })
        {
            using Network network = Network.Input(9).Dropout(0.2f).Dense(17, activation).Dropout(0.5f).Dense(6, activation, Bias.Shared).Dropout(0.1f)
                .Dense(5, Activation.Softmax).Build(1).Fill(2);
            GraphGradients.Assert(network, Loss.CrossEntropy, rows, seed: 7);
        }
    }

    [Fact]
    public void GradientsComputedTwiceAreTheSameAndAnUpdateDrawsAnew()
    {
        using Network network = Mixed();
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(1e-30f), Seed = 3 });
        float[] x = Numbers.Uniform(1, 20 * 30);
        int[] labels = Numbers.Labels(2, 20, 4);

        float first = trainer.ComputeGradients(x, labels);
        float[] gradients = Parameters.GradientsOf(trainer);
        Assert.Equal(first, trainer.ComputeGradients(x, labels));
        Bits.Equal(gradients, Parameters.GradientsOf(trainer), "gradients");

        trainer.ApplyGradients();
        Assert.NotEqual(first, trainer.ComputeGradients(x, labels));
    }

    [Fact]
    public void PredictionIsThatOfTheNetworkWithout()
    {
        using Network network = Mixed();
        using Network plain = Network.Input(30).Dense(40, Activation.Relu).Dense(21, Activation.Tanh).Dense(4, Activation.Softmax).Build(1).Fill(2);
        using Predictor predictor = network.Freeze();
        using Predictor rounded = network.Freeze(WeightFormat.BFloat16);
        using Predictor plainRounded = plain.Freeze(WeightFormat.BFloat16);
        using Network copy = network.Clone();
        Dataset data = new(Numbers.Uniform(1, 50 * 30), 30, Numbers.Labels(2, 50, 4), 4);
        foreach (int rows in new[] { 1, 2, 50 })
        {
            float[] x = data.Features[..(rows * 30)].ToArray();
            float[] expected = plain.Predict(x);
            Bits.Equal(expected, network.Predict(x), "network");
            Bits.Equal(expected, copy.Predict(x), "copy");
            float[] y = new float[rows * 4];
            predictor.Predict(x, y);
            Bits.Equal(expected, y, "predictor");
            rounded.Predict(x, y);
            float[] expectedRounded = new float[rows * 4];
            plainRounded.Predict(x, expectedRounded);
            Bits.Equal(expectedRounded, y, "rounded predictor");
        }

        Assert.Equal(plain.Evaluate(data).Loss, network.Evaluate(data).Loss);
    }

    [Fact]
    public void StepsGiveTheSameBitsOnAnyNumberOfThreads()
    {
        float[]? expected = null;
        for (int threads = 1; threads <= 4; threads++)
        {
            using Network network = Network.Input(300).Dropout(0.1f).Dense(200, Activation.Relu).Dropout(0.5f).Dense(10, Activation.Softmax).Build(1);
            using Trainer trainer = new(network, new TrainerOptions { Threads = threads, Seed = 5 });
            for (int step = 0; step < 3; step++)
            {
                trainer.Step(Numbers.Uniform(step, 251 * 300), Numbers.Labels(step, 251, 10));
            }

            expected ??= Parameters.Of(network);
            Bits.Equal(expected, Parameters.Of(network), $"{threads} threads");
        }
    }

    [Fact]
    public void TheSeedOfTheFitDecides()
    {
        Dataset data = new(Numbers.Uniform(1, 90 * 30), 30, Numbers.Labels(2, 90, 4), 4);
        float[] Fitted(int seed)
        {
            using Network network = Mixed();
            network.Fit(data, new FitOptions { Epochs = 2, Seed = seed, Shuffle = false, Validation = data, EarlyStoppingPatience = 1 });
            return Parameters.Of(network);
        }

        Assert.Equal(Fitted(1), Fitted(1));
        Assert.NotEqual(Fitted(1), Fitted(2));
    }

    [Fact]
    public void SurvivesSavingInEveryBit()
    {
        using Network network = Mixed();
        using MemoryStream file = new();
        network.Save(file);
        file.Position = 0;
        using Network loaded = Network.Load(file);
        Assert.Equal(network.Stack.Specs, loaded.Stack.Specs);
        Bits.Equal(Parameters.Of(network), Parameters.Of(loaded), "parameters");
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void RefusesARateThatIsNoShare(float rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Input(2).Dropout(rate));

    [Fact]
    public void RefusesToEndANetwork()
    {
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => Network.Input(2).Dense(2).Dropout(0.5f).Build());
        Assert.Contains("ends with a dense layer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LbfgsRefusesIt()
    {
        using Network network = Mixed();
        ArgumentException e = Assert.Throws<ArgumentException>(() => new Trainer(network, new TrainerOptions { Optimizer = new Lbfgs() }));
        Assert.Contains("dropout", e.Message, StringComparison.Ordinal);
    }

    private static Network Mixed() => Network.Input(30).Dropout(0.1f).Dense(40, Activation.Relu).Dropout(0.5f).Dense(21, Activation.Tanh).Dropout(0.25f)
        .Dense(4, Activation.Softmax).Build(1).Fill(2);

    private static double[] Factors(float rate, int rows, int seed = 0, int index = 0, long step = 0) =>
        [.. ReferenceBridge.Factors(new DropoutLayer(Size, new DropoutSpec(rate), 0) { Index = index }, rows, seed, step).SelectMany(row => row)];

    private static double Correlation(double[] x, double[] y)
    {
        int n = Math.Min(x.Length, y.Length);
        double meanX = x.Take(n).Average(), meanY = y.Take(n).Average();
        double product = 0, squareX = 0, squareY = 0;
        for (int i = 0; i < n; i++)
        {
            product += (x[i] - meanX) * (y[i] - meanY);
            squareX += (x[i] - meanX) * (x[i] - meanX);
            squareY += (y[i] - meanY) * (y[i] - meanY);
        }

        return product / Math.Sqrt(squareX * squareY);
    }
}
