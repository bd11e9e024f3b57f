using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Steps on chosen rows of a data set.</summary>
[Collection(nameof(Alone))]
public class BatchRowsTests
{
    private const int Rows = 500;
    private const int Inputs = 37;
    private const int Batch = 200;

    /// <summary>200 rows of 101 values are enough for a fork.</summary>
    private const int ManyInputs = 101;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AStepOnRowsIsTheStepOnTheirCopies(int threads)
    {
        int[] labels = Numbers.Labels(2, Rows, 4);
        float[] weights = Numbers.Uniform(3, Rows, 0.1f);
        foreach (int inputs in new[] { Inputs, ManyInputs })
        {
            float[] x = Numbers.Uniform(1, Rows * inputs);
            float[] targets = Numbers.Uniform(4, Rows * 4);
            AssertSame(new Dataset(x, inputs, labels, 4), Activation.Softmax, threads);
            AssertSame(new Dataset(x, inputs, labels, 4).WithWeights(weights), Activation.Softmax, threads);
            AssertSame(new Dataset(x, inputs, targets, 4), Activation.Identity, threads);
            AssertSame(new Dataset(x, inputs, targets, 4).WithWeights(weights), Activation.Identity, threads);
        }
    }

    [Fact]
    public void NothingIsAllocated()
    {
        Dataset data = new(Numbers.Uniform(1, Rows * ManyInputs), ManyInputs, Numbers.Labels(2, Rows, 4), 4);
        int[] rows = Chosen(1);
        foreach (int threads in new[] { 1, 2 })
        {
            using Network network = Network.Input(ManyInputs).Dense(4, Activation.Softmax).Build(1);
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(1e-3f), Threads = threads });
            Assert.Equal((0, 0), Allocated.By(() =>
            {
                trainer.Step(data, rows);
                trainer.Step(data, rows.AsSpan(0, 3));
            }));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        using Network network = Network.Input(Inputs).Dense(4, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions());
        Dataset data = new(Numbers.Uniform(1, Rows * Inputs), Inputs, Numbers.Labels(2, Rows, 4), 4);
        Refusal.Names(() => trainer.Step(data, [0, Rows]), "no row 500", "500 rows");
        Refusal.Names(() => trainer.Step(data, [-1]), "no row -1");
        Refusal.Names(() => trainer.Step(data, []), "at least one row");
        Refusal.Names(() => trainer.Step(new Dataset(Numbers.Uniform(1, 10), 5, new[] { 0, 3 }, 4), [0]), "5 features", "37");
        Refusal.Names(() => trainer.Step(new Dataset(Numbers.Uniform(1, Inputs), Inputs, new[] { 0 }, 3), [0]), "3 classes", "4 outputs");
    }

    private static int[] Chosen(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, Batch).Select(_ => random.Next(Rows))];
    }

    private static void AssertSame(Dataset data, Activation output, int threads)
    {
        using Network network = Network.Input(data.InputSize).Dense(8, Activation.Tanh).Dense(4, output).Build(1);
        using Network copies = network.Clone();
        TrainerOptions options = new() { Optimizer = new Sgd(0.1f), Threads = threads };
        using Trainer trainer = new(network, options);
        using Trainer reference = new(copies, options);
        for (int step = 1; step <= 4; step++)
        {
            // A short batch, then a full one again.
            int[] rows = Chosen(step)[..(step == 2 ? 3 : Batch)];
            Dataset batch = data.Select(rows);
            float expected = (batch.IsClassification, batch.Weights.IsEmpty) switch
            {
                (true, true) => reference.Step(batch.Features, batch.Labels),
                (true, false) => reference.Step(batch.Features, batch.Labels, batch.Weights),
                (false, true) => reference.Step(batch.Features, batch.Targets),
                (false, false) => reference.Step(batch.Features, batch.Targets, batch.Weights),
            };
            Assert.Equal(expected, trainer.Step(data, rows));
        }

        Assert.Equal(copies.Predict(data.Features), network.Predict(data.Features));
    }
}
