using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>The same bits for a row whatever surrounds it, for any number of threads, and for a seed.</summary>
public class InvarianceTests
{
    private const int MostRows = 67;

    /// <summary>Inputs and layers, "units activation" each.</summary>
    public static TheoryData<int, string> Architectures =>
        new()
        {
            { 784, "128 Relu, 10 Softmax" },
            { 4, "16 Tanh, 3 Softmax" },
            { 8, "32 Relu, 32 Relu, 1 Identity" },
            { 64, "64 Silu, 64 Gelu, 64 Selu, 10 Softmax" },
            { 1, "1 Identity" },
            { 3, "1 Sigmoid" },
            { 13, "7 Elu, 5 Softplus, 3 LeakyRelu" },
            { 33, "17 PRelu, 31 ScaledSigmoid, 47 ScaledSigmoidLearnt, 2 Softmax" },
            { 100, "33 Step, 65 Tanh, 15 Step" },
            { 257, "129 Softmax, 97 Identity, 96 Sigmoid" },
            { 1030, "12 Relu, 200 Tanh" },
        };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void ARowAloneAndInABatchGiveTheSameBits(int inputs, string layers)
    {
        using Network network = Catalogue.Build(inputs, layers);
        using Predictor predictor = network.Freeze();
        float[] x = Numbers.Uniform(1, MostRows * inputs);
        int outputs = network.OutputSize;
        float[] oneByOne = new float[MostRows * outputs];
        for (int row = 0; row < MostRows; row++)
        {
            network.Predict(x.AsSpan(row * inputs, inputs), oneByOne.AsSpan(row * outputs, outputs));
        }

        Assert.Contains(oneByOne, a => a != oneByOne[0] || oneByOne.Length == 1);
        for (int rows = 1; rows <= MostRows; rows++)
        {
            // From the end, so that a row also stands at another place of the batch.
            int start = MostRows - rows;
            ReadOnlySpan<float> batch = x.AsSpan(start * inputs);
            ReadOnlySpan<float> expected = oneByOne.AsSpan(start * outputs);
            float[] y = new float[rows * outputs];
            network.Predict(batch, y);
            Bits.Equal(expected, y, $"{rows} rows");
            Array.Fill(y, float.NaN);
            predictor.Predict(batch, y);
            Bits.Equal(expected, y, $"{rows} rows of the predictor");
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(300)]
    [InlineData(1025)]
    public void SoDoLargeBatches(int rows)
    {
        using Network network = Catalogue.Build(70, "130 Relu, 40 Tanh, 5 Softmax");
        float[] x = Numbers.Uniform(1, rows * 70);
        float[] y = network.Predict(x);
        float[] one = new float[5];
        for (int row = 0; row < rows; row++)
        {
            network.Predict(x.AsSpan(row * 70, 70), one);
            Bits.Equal(one, y.AsSpan(row * 5, 5), $"row {row}");
        }
    }

    [Theory]
    [InlineData(3, 300, 200, 256)]
    [InlineData(3, 300, 200, 251)]
    [InlineData(4, 20, 31, 64)]
    [InlineData(4, 20, 31, 7)]
    [InlineData(4, 20, 31, 1)]
    public void StepsGiveTheSameBitsOnAnyNumberOfThreads(int steps, int inputs, int hidden, int rows)
    {
        foreach (Optimizer optimizer in new Optimizer[] { new Sgd(0.1f), new Sgd(0.1f, 0.9f, true, 0.01f), new Adam(0.01f), new RmsProp(0.001f, momentum: 0.9f, centered: true) })
        {
            float[]? expected = null;
            for (int threads = 1; threads <= 4; threads++)
            {
                using Network network = Network.Input(inputs).Dense(hidden, Activation.Relu).Dense(33, Activation.PRelu(), Bias.Shared).Dense(10, Activation.Softmax).Build(1).Fill(3);
                using Trainer trainer = new(network, new TrainerOptions { Optimizer = optimizer, Threads = threads });
                List<float> losses = [];
                for (int step = 0; step < steps; step++)
                {
                    losses.Add(trainer.Step(Numbers.Uniform(step, rows * inputs), Numbers.Labels(step, rows, 10)));
                }

                float[] reached = [.. Parameters.Of(network), .. losses];
                expected ??= reached;
                Bits.Equal(expected, reached, $"{threads} threads, {optimizer}");
            }
        }
    }

    [Fact]
    public void LimitedStepsGiveTheSameBitsOnAnyNumberOfThreads()
    {
        float[]? expected = null;
        for (int threads = 1; threads <= 4; threads++)
        {
            using Network network = Network.Input(300).Dense(200, Activation.Relu).Dense(10, Activation.Softmax).Build(1);
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = new AdamW(), ClipNorm = 0.1f, ClipValue = 0.01f, L1 = 1e-3f, MaxNorm = 1.4f, Threads = threads });
            for (int step = 0; step < 3; step++)
            {
                trainer.Step(Numbers.Uniform(step, 256 * 300), Numbers.Labels(step, 256, 10));
            }

            expected ??= Parameters.Of(network);
            Bits.Equal(expected, Parameters.Of(network), $"{threads} threads");
        }
    }

    [Fact]
    public void FitGivesTheSameBitsOnAnyNumberOfThreads()
    {
        const int rows = 700;
        Dataset data = new(Numbers.Uniform(1, rows * 300), 300, Numbers.Labels(2, rows, 10), 10);
        float[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3, 4, 0 })
        {
            using Network network = Catalogue.Build(300, "200 Relu, 10 Softmax");
            FitReport report = network.Train(data, new FitOptions { Epochs = 2, BatchSize = 256, Threads = threads, Seed = 4, Validation = data.Slice(0, 333) });
            float[] reached = [.. Parameters.Of(network), .. report.Epochs.SelectMany(e => new[] { e.TrainLoss, e.TrainMetric, e.ValidationLoss!.Value, e.ValidationMetric!.Value })];
            expected ??= reached;
            Bits.Equal(expected, reached, $"{threads} threads");
        }
    }

    [Fact]
    public void TrainersThatShareTheWorkersDoNotDisturbEachOther()
    {
        const int trainers = 4;
        float[] expected = Run();
        float[][] reached = new float[trainers][];
        Thread[] threads = new Thread[trainers];
        for (int t = 0; t < trainers; t++)
        {
            int own = t;
            threads[t] = new Thread(() => reached[own] = Run());
            threads[t].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.All(reached, one => Bits.Equal(expected, one, "parameters"));

        static float[] Run()
        {
            using Network network = Catalogue.Build(300, "200 Relu, 10 Softmax");
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(0.1f), Threads = 2 });
            for (int step = 0; step < 20; step++)
            {
                trainer.Step(Numbers.Uniform(step, 256 * 300), Numbers.Labels(step, 256, 10));
            }

            return Parameters.Of(network);
        }
    }

    [Fact]
    public void ASeedGivesTheSameBitsAndAnotherOneOthers()
    {
        float[] first = TrainedFrom(networkSeed: 1, fitSeed: 1);

        Bits.Equal(first, TrainedFrom(networkSeed: 1, fitSeed: 1), "parameters");
        Assert.False(Bits.AreEqual(first, TrainedFrom(networkSeed: 2, fitSeed: 1)));
        Assert.False(Bits.AreEqual(first, TrainedFrom(networkSeed: 1, fitSeed: 2)));
    }

    private static float[] TrainedFrom(int networkSeed, int fitSeed)
    {
        Dataset data = new(Numbers.Uniform(1, 60 * 6), 6, Numbers.Labels(2, 60, 4), 4);
        using Network network = Network.Input(6).Dense(9, Activation.Tanh).Dense(4, Activation.Softmax).Build(networkSeed);
        network.Train(data, new FitOptions { Epochs = 3, BatchSize = 16, Seed = fitSeed });
        return Parameters.Of(network);
    }
}
