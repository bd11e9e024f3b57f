using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Steady state allocates nothing on the managed heap.</summary>
[Collection(nameof(Alone))]
public class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(300)]
    public void PredictAllocatesNothing(int rows)
    {
        using Network network = Network.Input(50).Dense(70, Activation.Relu).Dense(33, Activation.Gelu).Dense(10, Activation.Softmax).Build(1);
        using Predictor predictor = network.Freeze();
        float[] x = Numbers.Uniform(1, rows * 50);
        float[] y = new float[rows * 10];

        Assert.Equal((0, 0), Allocated.By(() => network.Predict(x, y)));
        Assert.Equal((0, 0), Allocated.By(() => predictor.Predict(x, y)));
    }

    [Theory]
    [MemberData(nameof(Catalogue.OptimizerNames), MemberType = typeof(Catalogue))]
    public void AStepAllocatesNothing(string optimizer)
    {
        foreach (int threads in new[] { 1, 2 })
        {
            // 256 rows are enough work for a fork; 5 rows are a short last batch.
            using Network network = Network.Input(100).Dense(128, Activation.PRelu()).Dense(10, Activation.Softmax).Build(1);
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = Catalogue.Optimizers[optimizer], Threads = threads });
            float[] x = Numbers.Uniform(1, 256 * 100);
            float[] targets = Numbers.Distributions(2, 256, 10);
            int[] labels = Numbers.Labels(3, 256, 10);

            Assert.Equal((0, 0), Allocated.By(() =>
            {
                trainer.Step(x, labels);
                trainer.Step(x, targets);
                trainer.Step(x.AsSpan(0, 500), labels.AsSpan(0, 5));
            }));
            Assert.Equal((0, 0), Allocated.By(() =>
            {
                trainer.ComputeGradients(x, targets);
                trainer.ApplyGradients();
            }));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AStepOfALayeredNetworkAllocatesNothing(int threads)
    {
        using Network network = Network.Input(100).Dropout(0.1f).LayerNorm().Dense(128).BatchNorm().Activate(Activation.Gelu)
            .Residual(b => b.Dense(96, Activation.Relu).Dropout(0.2f).Dense(128)).Residual(b => b.Dense(64).BatchNorm()).Dense(10, Activation.Softmax).Build(1);
        using Predictor predictor = network.Freeze();
        float[] x = Numbers.Uniform(1, 256 * 100);
        float[] y = new float[256 * 10];
        int[] labels = Numbers.Labels(3, 256, 10);
        foreach (Optimizer optimizer in new Optimizer[] { new Sgd(0.01f), new Adam() })
        {
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = optimizer, Threads = threads });
            Assert.Equal((0, 0), Allocated.By(() =>
            {
                trainer.Step(x, labels);
                network.Predict(x, y);
                network.Predict(x.AsSpan(0, 100), y);
                predictor.Predict(x, y);
                predictor.Predict(x.AsSpan(0, 100), y);
            }));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AStepOfLbfgsAllocatesNothing(int threads)
    {
        using Network network = Network.Input(100).Dense(128, Activation.Tanh, Bias.Shared).Dense(10, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Lbfgs(weightDecay: 0.01f), Threads = threads });
        float[] x = Numbers.Uniform(1, 256 * 100);
        int[] labels = Numbers.Labels(3, 256, 10);
        int[] others = Numbers.Labels(4, 256, 10);

        // Two batches in turn, so that it never comes to rest.
        Assert.Equal((0, 0), Allocated.By(() =>
        {
            trainer.Step(x, labels);
            trainer.Step(x, others);
        }));
        Assert.False(trainer.HasConverged);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ALimitedStepAllocatesNothing(int threads)
    {
        using Network network = Network.Input(400).Dense(128, Activation.Relu, Bias.Shared).Dense(10, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(0.01f), ClipNorm = 0.1f, ClipValue = 0.01f, L1 = 1e-3f, MaxNorm = 1, Threads = threads });
        float[] x = Numbers.Uniform(1, 64 * 400);
        int[] labels = Numbers.Labels(3, 64, 10);

        Assert.Equal((0, 0), Allocated.By(() => trainer.Step(x, labels)));
    }

    [Theory]
    [InlineData("Quadratic")]
    [InlineData("BinaryCrossEntropy")]
    public void AStepOfAnUnmatchedLossAllocatesNothing(string loss)
    {
        using Network network = Network.Input(10).Dense(12, Activation.ScaledSigmoid(1, 1, learnable: true), Bias.Shared).Dense(4, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Catalogue.Losses[loss], Optimizer = new Sgd(0.01f), Threads = 1 });
        float[] x = Numbers.Uniform(1, 20 * 10);
        float[] targets = Numbers.Distributions(2, 20, 4);

        Assert.Equal((0, 0), Allocated.By(() => trainer.Step(x, targets)));
    }

    [Theory]
    [MemberData(nameof(Catalogue.FurtherLossNames), MemberType = typeof(Catalogue))]
    public void AStepOfAFurtherLossAllocatesNothing(string loss)
    {
        foreach (int threads in new[] { 1, 2 })
        {
            using Network network = Network.Input(100).Dense(64, Activation.Relu).Dense(6, Activation.Sigmoid).Build(1);
            using Trainer trainer = new(network, new TrainerOptions { Loss = Catalogue.FurtherLosses[loss], Optimizer = new Sgd(1e-4f), Threads = threads });
            int size = loss == "Quantile" ? 2 : 6;
            float[] x = Numbers.Uniform(1, 256 * 100);
            float[] targets = Numbers.Uniform(2, 256 * size, 0, 1);
            float[] weights = Numbers.Uniform(3, 256, 0, 1);

            Assert.Equal((0, 0), Allocated.By(() =>
            {
                trainer.Step(x, targets);
                trainer.Step(x, targets, weights);
            }));
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.ClassWeightedNames), MemberType = typeof(Catalogue))]
    public void AStepOfWeightedClassesAllocatesNothing(string loss)
    {
        using Network network = Network.Input(10).Dense(3, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Catalogue.ClassWeighted[loss], Optimizer = new Sgd(1e-4f), Threads = 1 });
        float[] x = Numbers.Uniform(1, 20 * 10);
        int[] labels = Numbers.Labels(2, 20, 3);

        Assert.Equal((0, 0), Allocated.By(() => trainer.Step(x, labels)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void PartialFitsAddedGradientsAndSingleRowsAllocateNothing(int threads)
    {
        using Network network = Network.Input(100).Dense(128, Activation.Relu).Dense(10, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Adam(1e-4f), Threads = threads });
        float[] x = Numbers.Uniform(1, 256 * 100);
        int[] labels = Numbers.Labels(3, 256, 10);
        Dataset data = new(x, 100, labels, 10);
        Dataset weighted = data.WithWeights(Numbers.Uniform(4, 256, 0.1f, 1));

        Assert.Equal((0, 0), Allocated.By(() =>
        {
            trainer.PartialFit(data, batchSize: 60);
            trainer.PartialFit(weighted, batchSize: 256);
        }));
        Assert.Equal((0, 0), Allocated.By(() =>
        {
            trainer.AccumulateGradients(x, labels);
            trainer.AccumulateGradients(x.AsSpan(0, 300), labels.AsSpan(0, 3));
            trainer.ApplyGradients();
        }));
        Assert.Equal((0, 0), Allocated.By(() => trainer.Step(x.AsSpan(0, 100), labels.AsSpan(0, 1))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void CallbacksAndAddedGradientsAllocateNothingForABatch(int added)
    {
        // Ten times the rows are ten times the batches of an epoch, and not a byte more.
        long few = PerEpoch(200, threads: 1, options => options with { AccumulateBatches = added, Callbacks = [new Counter()] });
        long many = PerEpoch(2000, threads: 1, options => options with { AccumulateBatches = added, Callbacks = [new Counter()] });
        Assert.InRange(few, 0, 1000);
        Assert.InRange(many, 0, 1000);
    }

    [Fact]
    public void AnEpochOfFitAllocatesASmallConstant()
    {
        // The report of an epoch is some 64 bytes; 1,000 allow for the list that grows, and for nothing that goes with rows or batches.
        foreach (int rows in new[] { 200, 2000 })
        {
            Assert.InRange(PerEpoch(rows, threads: 1), 0, 1000);
            Assert.InRange(PerEpoch(rows, threads: 2), 0, 1000);
        }
    }

    private static long PerEpoch(int rows, int threads, Func<FitOptions, FitOptions>? change = null)
    {
        Dataset data = new(Numbers.Uniform(1, rows * 20), 20, Numbers.Labels(2, rows, 5), 5);
        using Network network = Network.Input(20).Dense(30, Activation.Relu).Dense(5, Activation.Softmax).Build(1);
        long one = Allocated.By(() => network.Train(data, Options(1))).Process;
        long many = Allocated.By(() => network.Train(data, Options(21))).Process;
        return (many - one) / 20;

        FitOptions Options(int epochs) => (change ?? (options => options))(
            new() { Epochs = epochs, BatchSize = 16, Threads = threads, Optimizer = new Adam(1e-4f), Validation = data.Slice(0, rows / 2) });
    }

    private sealed class Counter : TrainingCallback
    {
        private int batches;

        public override void OnBatchBegin(TrainingProgress progress) => batches++;

        public override void OnBatchEnd(TrainingProgress progress) => batches += progress.Loss > 0 ? 1 : 0;
    }
}
