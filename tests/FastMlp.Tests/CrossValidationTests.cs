using FastMlp.Data;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class CrossValidationTests
{
    private static readonly FitOptions options = new() { Epochs = 12, BatchSize = 16, Optimizer = new Adam(0.01f), Seed = 2 };

    [Fact]
    public void TheResultIsTheSameForAnyNumberOfThreads()
    {
        Dataset iris = Scaler.Standard(BuiltInDatasets.Iris()).Transform(BuiltInDatasets.Iris());
        using Network network = Start();
        float[] before = Parameters.Of(network);
        CrossValidationReport one = Run(threads: 1);
        foreach (int threads in new[] { 2, 4, 0 })
        {
            CrossValidationReport other = Run(threads);
            Assert.Equal(one.Folds.Select(Figures), other.Folds.Select(Figures));
            Assert.Equal((one.Mean, one.StandardDeviation), (other.Mean, other.StandardDeviation));
        }

        Bits.Equal(before, Parameters.Of(network), "parameters of the network given");
        Assert.InRange(one.Mean.Accuracy, 0.85, 1);
        Assert.NotEqual(one.Folds[0].Evaluation.Loss, one.Folds[1].Evaluation.Loss);
        Assert.NotEqual(Figures(one.Folds[0]), Figures(CrossValidation.Run(network, iris, options, folds: 5, seed: 1).Folds[0]));

        CrossValidationReport Run(int threads) => CrossValidation.Run(network, iris, options with { Threads = threads }, folds: 5, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(150, 5)]
    [InlineData(47, 4)]
    [InlineData(10, 10)]
    public void EveryRowIsHeldOutOnceAndClassesAreSpread(int rows, int folds)
    {
        // The first feature is the number of the row.
        float[] x = new float[rows * 4];
        int[] labels = Numbers.Labels(1, rows, 3);
        for (int row = 0; row < rows; row++)
        {
            x[row * 4] = row;
        }

        Dataset data = new(x, 4, labels, 3);
        foreach (bool stratified in new[] { true, false })
        {
            List<Dataset> heldOut = [];
            using Network network = Start();
            CrossValidation.Run(network, data, options with { Epochs = 1, Optimizer = new Sgd(1e-6f) }, folds, stratified: stratified, prepare: (train, held) =>
            {
                Assert.Equal(rows, train.Rows + held.Rows);
                lock (heldOut)
                {
                    heldOut.Add(held);
                }

                return (train, held);
            });

            Assert.Equal(folds, heldOut.Count);
            Assert.Equal(Enumerable.Range(0, rows), heldOut.SelectMany(held => Enumerable.Range(0, held.Rows).Select(row => (int)held.Features[row * 4])).Order());
            Assert.InRange(heldOut.Max(held => held.Rows) - heldOut.Min(held => held.Rows), 0, 1);
            for (int c = 0; c < 3 && stratified; c++)
            {
                int[] counts = [.. heldOut.Select(held => held.Labels.ToArray().Count(label => label == c))];
                Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            }
        }
    }

    [Fact]
    public void AFoldIsAFitOfItsOwn()
    {
        Dataset data = new(Numbers.Uniform(1, 30 * 4), 4, Numbers.Uniform(2, 30 * 2), 2);
        using Network network = Network.Input(4).Dense(3, Activation.Tanh).Dense(2).Build(1);
        Dictionary<float, (Dataset Train, Dataset HeldOut)> seen = [];
        CrossValidationReport report = CrossValidation.Run(network, data, options, folds: 3, prepare: (train, heldOut) =>
        {
            lock (seen)
            {
                seen.Add(heldOut.Features[0], (train, heldOut));
            }

            return (train, heldOut);
        });
        List<Evaluation> byHand = [];
        foreach ((Dataset train, Dataset heldOut) in seen.Values)
        {
            using Network copy = network.Clone();
            copy.Train(train, options with { Threads = 2 });
            byHand.Add(copy.Evaluate(heldOut));
        }

        Assert.Equal(byHand.Select(e => e.Loss).Order(), report.Folds.Select(fold => fold.Evaluation.Loss).Order());
        double mean = byHand.Average(e => (double)e.Rmse);
        Assert.Equal(mean, report.Mean.Rmse, 1e-12);
        Assert.Equal(Math.Sqrt(byHand.Sum(e => (e.Rmse - mean) * (e.Rmse - mean)) / 2), report.StandardDeviation.Rmse, 1e-12);
        Assert.Equal(double.NaN, report.Mean.Accuracy);
    }

    [Fact]
    public void WhatFoldsCannotShareIsRefused()
    {
        Dataset data = new(Numbers.Uniform(1, 8 * 4), 4, Numbers.Labels(2, 8, 3), 3);
        Dataset values = new(Numbers.Uniform(1, 8 * 4), 4, Numbers.Uniform(2, 8 * 3), 3);
        using Network network = Start();
        Refusal.Names(() => CrossValidation.Run(network, data, options, folds: 9), "8 rows", "9 folds");
        Refusal.Names(() => CrossValidation.Run(network, data, options, folds: 1), "folds");
        Refusal.Names(() => CrossValidation.Run(network, data, options with { Progress = _ => { } }), "Progress");
        Refusal.Names(() => CrossValidation.Run(network, data, options with { Checkpoint = new CheckpointOptions("none") }), "Checkpoint");
        Refusal.Names(() => CrossValidation.Run(network, values, options, stratified: true), "class labels");
        Refusal.Names(() => CrossValidation.Run(network, new Dataset(new float[16], 2, new int[8], 3), options, folds: 2), "features");
        Assert.Throws<OperationCanceledException>(() => CrossValidation.Run(network, data, options, folds: 2, cancellationToken: new CancellationToken(canceled: true)));
    }

    private static Network Start() => Network.Input(4).Dense(8, Activation.Relu).Dense(3, Activation.Softmax).Build(1);

    private static (int, float, float, float) Figures(FoldReport fold) => (fold.Fold, fold.Evaluation.Loss, fold.Evaluation.Accuracy, fold.Fit.Epochs[^1].TrainLoss);
}
