using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Outputs without an activation before a cross-entropy are logits: training is that of softmax or sigmoid, bit for bit. And targets that a loss has no meaning for.</summary>
public class LogitsTests
{
    [Theory]
    [InlineData(true, 1, 6)]
    [InlineData(true, 32, 6)]
    [InlineData(true, 2048, 6)]
    [InlineData(true, 2048, 60)]
    [InlineData(false, 32, 6)]
    [InlineData(false, 2048, 1)]
    [InlineData(false, 32, 1)]
    public void TrainingIsThatOfTheActivation(bool areClasses, int rows, int outputs)
    {
        Loss loss = areClasses ? Loss.CrossEntropy : Loss.BinaryCrossEntropy;
        using Network logits = Build(outputs, Activation.Identity);
        using Network same = Build(outputs, areClasses ? Activation.Softmax : Activation.Sigmoid);
        int[] labels = Numbers.Labels(1, rows, outputs == 1 ? 2 : outputs);
        Dataset data = new(Numbers.Uniform(2, rows * 6), 6, labels, outputs == 1 ? 2 : outputs);
        FitOptions options = new() { Loss = loss, Epochs = 3, BatchSize = FitOptions.FullBatch, Optimizer = new Adam(0.01f), Threads = 2 };

        FitReport report = logits.Train(data, options);
        FitReport expected = same.Train(data, options);

        Bits.Equal(same.Tensors["layers.0.weight"].ToArray(), logits.Tensors["layers.0.weight"].ToArray(), "first weights");
        Bits.Equal(same.Tensors["layers.1.weight"].ToArray(), logits.Tensors["layers.1.weight"].ToArray(), "last weights");
        Assert.Equal(expected.Epochs[^1].TrainLoss, report.Epochs[^1].TrainLoss);
        Assert.Equal(expected.Epochs[^1].TrainMetric, report.Epochs[^1].TrainMetric);

        // Scored as logits from the record of the fit: as it is, frozen, and from a file.
        Evaluation right = same.Evaluate(data);
        using Predictor frozen = logits.Freeze();
        using MemoryStream file = new();
        logits.Save(file);
        file.Position = 0;
        using Network loaded = Network.Load(file);
        foreach (Evaluation found in new[] { logits.Evaluate(data), logits.Evaluate(data, loss), frozen.Evaluate(data), loaded.Evaluate(data) })
        {
            Assert.Equal((right.Loss, right.Accuracy), (found.Loss, found.Accuracy));
        }

        // Predictions stay logits.
        float[] z = logits.Predict(data.Features[..6]);
        float[] a = same.Predict(data.Features[..6]);
        double sum = z.Sum(value => Math.Exp(value));
        for (int j = 0; j < outputs; j++)
        {
            Assert.Equal(areClasses ? Math.Exp(z[j]) / sum : 1 / (1 + Math.Exp(-z[j])), a[j], 1e-5);
        }
    }

    [Fact]
    public void LinearOutputsThatWereTrainedOnSquaresAreScoredBySquares()
    {
        using Network network = Build(3, Activation.Identity);
        Dataset data = new(Numbers.Uniform(2, 32 * 6), 6, Numbers.Labels(1, 32, 3), 3);
        Assert.Equal(network.Evaluate(data, Loss.Quadratic).Loss, network.Evaluate(data).Loss);
        network.Train(data, new FitOptions { Epochs = 1 });
        Assert.Equal(network.Evaluate(data, Loss.Quadratic).Loss, network.Evaluate(data).Loss);
    }

    [Theory]
    [InlineData("BinaryCrossEntropy", -0.1f, "probabilities, from 0 to 1")]
    [InlineData("BinaryCrossEntropy", 1.1f, "probabilities, from 0 to 1")]
    [InlineData("CrossEntropy", -0.1f, "shares of each class, at least 0")]
    [InlineData("Poisson", -1f, "counts, at least 0")]
    [InlineData("LogPoisson", -1f, "counts, at least 0")]
    public void TargetsOutsideTheDomainAreRefusedWithTheirRow(string name, float bad, string meaning)
    {
        Loss loss = name switch
        {
            "BinaryCrossEntropy" => Loss.BinaryCrossEntropy,
            "CrossEntropy" => Loss.CrossEntropy,
            _ => Loss.Poisson(logOutputs: name == "LogPoisson"),
        };
        using Network network = Build(3, Activation.Softplus);
        using Trainer trainer = new(network, new TrainerOptions { Loss = loss });
        float[] x = Numbers.Uniform(1, 8 * 6);
        float[] targets = Numbers.Distributions(2, 8, 3);
        Dataset fine = new(x, 6, targets.ToArray(), 3);
        targets[(5 * 3) + 1] = bad;
        Dataset data = new(x, 6, targets, 3);
        Action[] calls =
        [
            () => trainer.Step(x, targets),
            () => trainer.ComputeGradients(x, targets),
            () => trainer.Step(data, [0]),
            () => trainer.PartialFit(data),
            () => network.Train(data, new FitOptions { Loss = loss, Epochs = 1 }),
            () => network.Train(fine, new FitOptions { Loss = loss, Epochs = 1, Validation = data }),
            () => network.Evaluate(data, loss),
        ];
        Assert.All(calls, call => Refusal.Names(call, "row 5, column 1", meaning));
        trainer.Step(x, fine.Targets);
        network.Evaluate(data, Loss.Quadratic);
    }

    [Fact]
    public void WeightsOfExtremeSizeAreRefusedInTheirOwnWords()
    {
        Dataset data = new(Numbers.Uniform(1, 8 * 6), 6, Numbers.Labels(2, 8, 3), 3);
        using Network network = Build(3, Activation.Softmax);
        using Trainer trainer = new(network, new TrainerOptions());
        foreach (float size in new[] { 1e-19f, 1e19f, 1e-40f, float.MaxValue })
        {
            float[] weights = [.. Enumerable.Repeat(size, 8)];
            Refusal.Names(() => data.WithWeights(weights), "largest weight", "mean");
            Refusal.Names(() => trainer.Step(data.Features, data.Labels, weights), "largest weight", "mean");
        }

        // One row that counts is enough; a batch of the others changes nothing.
        float[] mixed = [1e-40f, 1e-40f, 1e-40f, 1e-40f, 1, 1, 1, 1];
        FitReport report = network.Train(data.WithWeights(mixed), new FitOptions { Epochs = 2, BatchSize = 4, Shuffle = false });
        Assert.All(report.Epochs, epoch => Assert.True(float.IsFinite(epoch.TrainLoss)));
        Assert.All(network.Tensors, tensor => Assert.All(tensor.ToArray(), value => Assert.True(float.IsFinite(value))));
        foreach (float size in new[] { 1e-17f, 1e17f })
        {
            network.Train(data.WithWeights(Enumerable.Repeat(size, 8).ToArray()), new FitOptions { Epochs = 2 });
            Assert.True(float.IsFinite(network.Evaluate(data).Loss));
        }
    }

    private static Network Build(int outputs, Activation last) => Network.Input(6).Dense(12, Activation.Tanh).Dense(outputs, last, initializer: Initializer.GlorotUniform).Build(1);
}
