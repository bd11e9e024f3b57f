using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Losses as a user meets them: what they refuse, weights of rows and classes in training and scoring, several labels, several quantiles.</summary>
public class LossTests
{
    [Fact]
    public void LossesAreValues()
    {
        Assert.Equal(Loss.Quantile(0.1f, 0.9f), Loss.Quantile(0.1f, 0.9f));
        Assert.NotEqual(Loss.Quantile(0.1f, 0.9f), Loss.Quantile(0.9f, 0.1f));
        Assert.Equal(Loss.CrossEntropy.WithClassWeights(1, 2).GetHashCode(), Loss.CrossEntropy.WithClassWeights(1, 2).GetHashCode());
        Assert.NotEqual(Loss.Huber(1), Loss.Huber(2));
        Assert.NotEqual(Loss.Poisson(), Loss.Poisson(logOutputs: false));
        Assert.Equal(Loss.CrossEntropy, Loss.CrossEntropy.WithLabelSmoothing(0));
        Assert.Equal("Huber(0.5)", Loss.Huber(0.5f).ToString());
        Assert.Equal("Quantile(0.1, 0.5)", Loss.Quantile(0.1f, 0.5f).ToString());
        Assert.Equal("CrossEntropy, label smoothing 0.1, class weights (1, 3)", Loss.CrossEntropy.WithClassWeights(1, 3).WithLabelSmoothing(0.1f).ToString());
    }

    [Fact]
    public void WhatALossCannotBeIsRefused()
    {
        Refusal.Names(() => Loss.Huber(0), "delta");
        Refusal.Names(() => Loss.Huber(float.NaN), "delta");
        Refusal.Names(() => Loss.Quantile(), "level");
        Refusal.Names(() => Loss.Quantile(0.5f, 1), "level", "1");
        Refusal.Names(() => Loss.CrossEntropy.WithLabelSmoothing(1), "smoothing");
        Refusal.Names(() => Loss.CrossEntropy.WithClassWeights(1, -1), "weight", "-1");
        Refusal.Names(() => Loss.CrossEntropy.WithClassWeights(0, 0), "weight");
        Assert.Throws<InvalidOperationException>(() => Loss.Quadratic.WithLabelSmoothing(0.1f));
        Assert.Throws<InvalidOperationException>(() => Loss.CrossEntropy.WithPositiveWeights(2));
    }

    [Fact]
    public void ALossThatDoesNotFitTheOutputsIsRefused()
    {
        using Network network = Network.Input(2).Dense(4, Activation.Softmax).Build();
        Assert.Contains("3", Refused(Loss.CrossEntropy.WithClassWeights(1, 2, 3)), StringComparison.Ordinal);
        Assert.Contains("multiple", Refused(Loss.Quantile(0.1f, 0.5f, 0.9f)), StringComparison.Ordinal);
        Assert.Contains("positive weights", Refused(Loss.BinaryCrossEntropy.WithPositiveWeights(1, 2)), StringComparison.Ordinal);

        using Trainer quantiles = new(network, new TrainerOptions { Loss = Loss.Quantile(0.2f, 0.8f) });
        Refusal.Names(() => quantiles.Step(new float[4], new int[2]), "label");
        Refusal.Names(() => quantiles.Step(new float[4], new float[8]), "4", "8");
        Refusal.Names(() => network.Evaluate(new Dataset(new float[4], 2, new int[2], 4), Loss.Quantile(0.2f, 0.8f)), "quantile");
        using Trainer weighted = new(network, new TrainerOptions { Loss = Loss.Quadratic.WithClassWeights(1, 2, 3, 4) });
        Assert.Throws<InvalidOperationException>(() => weighted.Step(new float[2], new float[4]));

        string Refused(Loss loss) => Assert.Throws<InvalidOperationException>(() => new Trainer(network, new TrainerOptions { Loss = loss }).Dispose()).Message;
    }

    [Fact]
    public void WeightsThatDoNotFitAreRefused()
    {
        using Network network = Network.Input(2).Dense(3, Activation.Softmax).Build();
        using Trainer trainer = new(network, new TrainerOptions());
        Refusal.Names(() => trainer.Step(new float[4], new int[2], new float[3]), "2", "3");
        Refusal.Names(() => trainer.Step(new float[4], new int[2], []), "weights");
        Refusal.Names(() => trainer.Step(new float[4], new int[2], [0, 0]), "0");
        Refusal.Names(() => trainer.ComputeGradients(new float[4], new float[6], [1, -1]), "-1", "row 1");
        Refusal.Names(() => trainer.ComputeGradients(new float[4], new float[6], [1, float.NaN]), "NaN");
        Dataset data = new(new float[4], 2, new int[2], 3);
        Refusal.Names(() => data.WithWeights(new float[3]), "2", "3");
        Refusal.Names(() => data.WithWeights(new float[2]), "0");
        Assert.Equal(0, trainer.StepCount);
    }

    [Fact]
    public void EqualWeightsChangeNothingButRounding()
    {
        Sample sample = Sample.Create([9, 7, 5], Activation.Softmax, Loss.CrossEntropy, Bias.PerUnit, rows: 8);
        using Network network = sample.BuildNetwork();
        using Trainer trainer = new(network, new TrainerOptions());
        float loss = trainer.ComputeGradients(sample.X, sample.Labels);
        float[] expected = Parameters.GradientsOf(trainer);
        Assert.Equal(loss, trainer.ComputeGradients(sample.X, sample.Labels, [2, 2, 2, 2, 2, 2, 2, 2]));
        Bits.Equal(expected, Parameters.GradientsOf(trainer), "gradients");
    }

    [Fact]
    public void ARowThatCountsTwiceIsARowThatIsThereTwice()
    {
        Dataset data = new(Numbers.Uniform(1, 5 * 3), 3, Numbers.Labels(2, 5, 4), 4);
        Dataset repeated = data.Select([0, 0, 1, 3, 3, 3]);
        Dataset weighted = data.WithWeights(new float[] { 2, 1, 0, 3, 0 });
        foreach (Loss loss in new[] { Loss.CrossEntropy, Loss.CrossEntropy.WithClassWeights(1, 2, 0.5f, 3), Loss.MeanSquaredError, Loss.BinaryCrossEntropy })
        {
            using Network left = Network.Input(3).Dense(6, Activation.Tanh).Dense(4, Activation.Softmax).Build(3);
            using Network right = left.Clone();
            FitOptions options = new() { Loss = loss, Optimizer = new Sgd(0.3f), Epochs = 4, BatchSize = FitOptions.FullBatch };
            FitReport expected = left.Train(repeated, options);
            FitReport actual = right.Train(weighted, options);
            Near.Equal(ReferenceBridge.ToDouble(Parameters.Of(left)), Parameters.Of(right), 1e-6, loss.ToString());
            Assert.Equal(expected.Epochs[^1].TrainLoss, actual.Epochs[^1].TrainLoss, 2e-6f);
            Assert.Equal(left.Evaluate(repeated, loss).Loss, right.Evaluate(weighted, loss).Loss, 2e-6f);
        }
    }

    [Fact]
    public void WeightsGoWithTheirRows()
    {
        float[] weights = [0, 1, 2, 3, 4, 5, 6, 7];
        Dataset data = new Dataset(new float[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 1, new int[8], 2).WithWeights(weights);
        Assert.Equal([3f, 4f], data.Slice(2, 4).Slice(1, 2).Weights);
        Assert.Equal([7f, 0f, 3f], data.Select([7, 0, 3]).Weights);
        (Dataset train, Dataset heldOut) = data.Split(0.25, seed: 1);
        Assert.True(train.Features == train.Weights || train.Features.SequenceEqual(train.Weights));
        Assert.True(heldOut.Features.SequenceEqual(heldOut.Weights));
        Assert.True(data.Features.SequenceEqual(data.Weights));
        Assert.True(new Dataset(new float[1], 1, new int[1], 2).Weights.IsEmpty);

        // Shuffled batches too: of rows with one input and contrary answers, only one counts.
        Dataset contrary = new Dataset(new float[] { 1, 1, 1, 1 }, 1, new int[] { 0, 0, 1, 0 }, 2).WithWeights(new float[] { 0, 0, 1, 0 });
        using Network network = Network.Input(1).Dense(2, Activation.Softmax).Build(1);
        network.Train(contrary, new FitOptions { Epochs = 200, BatchSize = 2, Optimizer = new Sgd(0.05f) });
        Assert.True(network.Predict([1])[1] > 0.8f);
    }

    [Fact]
    public void ABatchWithoutWeightChangesNothing()
    {
        Dataset data = new Dataset(Numbers.Uniform(1, 8), 2, new int[] { 0, 0, 1, 1 }, 2);
        using Network network = Network.Input(2).Dense(2, Activation.Softmax).Build(1);
        float[] before = Parameters.Of(network);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.CrossEntropy.WithClassWeights(0, 1), Optimizer = new Sgd(0.1f) });
        Assert.Equal(0f, trainer.Step(data.Features[..4], data.Labels[..2]));
        Bits.Equal(before, Parameters.Of(network), "parameters");
        Assert.True(trainer.Step(data.Features[4..], data.Labels[2..]) > 0);
    }

    [Fact]
    public void LossesOfScoringAreThoseOfTraining()
    {
        foreach ((string name, Loss loss) in Catalogue.FurtherLosses)
        {
            Sample sample = Sample.Create([6, 5, 3], Activation.Sigmoid, loss, Bias.PerUnit, rows: 9);
            using Network network = sample.BuildNetwork();
            using Trainer trainer = new(network, new TrainerOptions { Loss = loss });
            Dataset data = new Dataset(sample.X, 6, sample.Targets, sample.TargetSize).WithWeights(sample.RowWeights);
            Assert.Equal(trainer.ComputeGradients(sample.X, sample.Targets, sample.RowWeights), network.Evaluate(data, loss).Loss, 1e-6f);
            Assert.False(string.IsNullOrEmpty(name));
        }
    }

    [Fact]
    public void SeveralLabelsOfARowAreLearntAtOnce()
    {
        // Three labels from the signs of three inputs, so a row has none to three of them.
        float[] x = Numbers.Uniform(1, 300 * 3);
        float[] y = Array.ConvertAll(x, v => v > 0 ? 1f : 0f);
        Dataset data = new(x, 3, y, 3);
        using Network network = Network.Input(3).Dense(3, Activation.Sigmoid).Build(2);
        Evaluation before = network.Evaluate(data);
        FitReport report = network.Train(data, new FitOptions { Epochs = 30, Optimizer = new Adam(0.05f), Validation = data });
        Evaluation after = network.Evaluate(data);

        float[] outputs = network.Predict(x);
        Assert.Equal(outputs.Zip(y).Count(pair => pair.First > 0.5f == pair.Second > 0.5f) / 900f, after.Accuracy, 1e-6f);
        Assert.True(after.Accuracy > 0.97f && before.Accuracy < 0.9f, $"{before.Accuracy} to {after.Accuracy}");
        Assert.Equal(after.Accuracy, report.Epochs[^1].ValidationMetric);
        Assert.InRange(report.Epochs[^1].TrainMetric, 0.95f, 1f);
        Assert.False(float.IsNaN(after.Rmse));
    }

    [Fact]
    public void QuantilesOfTwoTargetsAreLearntAtOnce()
    {
        // No input that tells anything: each output becomes a quantile of its target, uniform on [0, 1) and [-2, 2).
        const int rows = 4000;
        float[] first = Numbers.Uniform(1, rows, 0, 1);
        float[] second = Numbers.Uniform(2, rows, -2, 2);
        float[] targets = [.. first.Zip(second, (a, b) => new[] { a, b }).SelectMany(pair => pair)];
        Dataset data = new(new float[rows], 1, targets, 2);
        Loss loss = Loss.Quantile(0.1f, 0.5f, 0.9f);
        using Network network = Network.Input(1).Dense(6).Build(1);
        network.Train(data, new FitOptions { Loss = loss, Epochs = 40, BatchSize = 100, Optimizer = new Adam(0.02f) });

        Near.Equal([0.1, 0.5, 0.9, -1.6, 0, 1.6], network.Predict([0]), 0.12, "quantiles");
        Evaluation evaluation = network.Evaluate(data, loss);
        float[] a = network.Predict([0]);
        double squares = Enumerable.Range(0, rows * 6).Sum(i => Math.Pow(a[i % 6] - targets[(i / 6 * 2) + (i % 6 / 3)], 2));
        Near.Equal(Math.Sqrt(squares / rows / 6), evaluation.Rmse, 1e-5, "rmse");
    }

    [Fact]
    public void CountsAreLearntFromTheirLogarithm()
    {
        // y = e^(1 + x) exactly, so a = 1 + x is the minimum of the likelihood.
        float[] x = Numbers.Uniform(1, 200);
        float[] y = Array.ConvertAll(x, v => MathF.Exp(1 + v));
        using Network network = Network.Input(1).Dense(1).Build(1);
        network.Train(new Dataset(x, 1, y, 1), new FitOptions { Loss = Loss.Poisson(), Optimizer = new Lbfgs(), Epochs = 50, BatchSize = FitOptions.FullBatch });
        Near.Equal([1.0, 1.0], Parameters.Of(network), 1e-4, "w, b");
    }
}
