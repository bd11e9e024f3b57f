using System.Diagnostics;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>What a loop can do beside going round: callbacks, added gradients, a time budget, early stopping.</summary>
public class LoopTests
{
    private const int Inputs = 5;
    private const int Classes = 3;

    [Fact]
    public void CallbacksComeInTheirOrder()
    {
        List<string> calls = [];
        using Network network = Start();
        network.Train(Data(20), new FitOptions { Epochs = 2, BatchSize = 8, Validation = Data(9), Callbacks = [new Recorder(calls, "a"), new Recorder(calls, "b")] });

        string[] epoch = ["epoch {0} begins", "batch {0}.1 begins", "batch {0}.1 ends", "batch {0}.2 begins", "batch {0}.2 ends", "batch {0}.3 begins", "batch {0}.3 ends", "epoch {0} ends"];
        string[] expected = ["train begins", .. epoch.Select(text => text.Replace("{0}", "1", StringComparison.Ordinal)), .. epoch.Select(text => text.Replace("{0}", "2", StringComparison.Ordinal)), "train ends"];
        Assert.Equal(expected.SelectMany(call => new[] { $"a: {call}", $"b: {call}" }), calls);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    public void ACallbackCanStopAfterAnyBatch(int epoch, int batch)
    {
        using Network network = Start();
        using Network control = network.Clone();
        Dataset data = Data(24);
        FitOptions options = new() { Epochs = 5, BatchSize = 8, Shuffle = false };
        FitReport report = network.Train(data, options with { Callbacks = [new Stopper(epoch, batch)] });

        Assert.Equal(StopReason.Stopped, report.StopReason);
        Assert.Equal(batch == 3 ? epoch : epoch - 1, report.Epochs.Count);
        using Trainer trainer = new(control, options.ForTrainer());
        for (int step = 0; step < (3 * (epoch - 1)) + batch; step++)
        {
            Dataset rows = data.Slice(step % 3 * 8, 8);
            trainer.Step(rows.Features, rows.Labels);
        }

        Bits.Equal(Parameters.Of(control), Parameters.Of(network), "parameters");
    }

    [Theory]
    [InlineData(64, 16, 4, false)]
    [InlineData(61, 7, 3, false)]
    [InlineData(61, 7, 100, true)]
    [InlineData(50, 16, 3, true)]
    public void AddedGradientsAreThoseOfOneBatch(int rows, int batchSize, int count, bool weighted)
    {
        Dataset data = weighted ? Data(rows).WithWeights(Numbers.Uniform(3, rows, 0, 2)) : Data(rows);
        foreach (Loss loss in new[] { Loss.CrossEntropy, Loss.CrossEntropy.WithClassWeights(0.2f, 1, 3), Loss.Huber(0.2f) })
        {
            FitOptions options = new() { Loss = loss, Optimizer = new Sgd(0.3f, 0.5f), Epochs = 3, Shuffle = false, ClipNorm = 0.4f };
            using Network parts = Start();
            using Network whole = parts.Clone();
            FitReport inParts = parts.Train(data, options with { BatchSize = batchSize, AccumulateBatches = count });
            FitReport atOnce = whole.Train(data, options with { BatchSize = (int)Math.Min(rows, (long)batchSize * count) });

            float[] expected = Parameters.Of(whole);
            Near.Equal(Array.ConvertAll(expected, value => (double)value), Parameters.Of(parts), 2e-6, $"parameters for {loss}");
            Assert.Equal(atOnce.Epochs[^1].TrainLoss, inParts.Epochs[^1].TrainLoss, 1e-5f);
        }
    }

    [Fact]
    public void ATrainerAddsGradientsToo()
    {
        Dataset data = Data(30);
        using Network parts = Start();
        using Network whole = parts.Clone();
        using Trainer adds = new(parts, new TrainerOptions());
        using Trainer once = new(whole, new TrainerOptions());
        once.ComputeGradients(data.Features, data.Labels);
        foreach ((int start, int count) in new[] { (0, 13), (13, 1), (14, 16) })
        {
            Dataset part = data.Slice(start, count);
            adds.AccumulateGradients(part.Features, part.Labels);
        }

        Near.Equal(Array.ConvertAll(Parameters.GradientsOf(once), value => (double)value), Parameters.GradientsOf(adds), 1e-6, "gradient");
        adds.ApplyGradients();
        once.ApplyGradients();
        Assert.Equal(1, adds.StepCount);

        // What was applied, or computed alone, is not added to.
        Dataset rest = data.Slice(3, 4);
        adds.AccumulateGradients(rest.Features, rest.Labels);
        float[] alone = Parameters.GradientsOf(adds);
        adds.ComputeGradients(data.Features, data.Labels);
        adds.AccumulateGradients(rest.Features, rest.Labels);
        Bits.Equal(alone, Parameters.GradientsOf(adds), "gradient after another");
    }

    [Fact]
    public void TimeEndsTrainingAndTheBestIsPutBack()
    {
        Dataset data = Data(2000);
        Dataset validation = Data(300, seed: 5);
        using Network network = Start();
        Stopwatch watch = Stopwatch.StartNew();
        FitReport report = network.Train(data, new FitOptions { Epochs = int.MaxValue, BatchSize = 4, Optimizer = new Adam(0.02f), Validation = validation, MaxDuration = TimeSpan.FromMilliseconds(60) });

        Assert.Equal(StopReason.TimeIsUp, report.StopReason);
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(40));
        Assert.InRange(report.BestEpoch, 1, report.Epochs.Count);
        Assert.Equal(report.Epochs.Min(epoch => epoch.ValidationLoss), network.Evaluate(validation).Loss);
        Assert.Equal(report.Epochs[report.BestEpoch - 1].ValidationLoss, network.Evaluate(validation).Loss);

        // A part of the first epoch is scored as well, and without validation rows nothing is put back.
        TimeSpan limit = TimeSpan.FromSeconds(1);
        report = network.Train(Data(40), new FitOptions { Epochs = 2, BatchSize = 4, Validation = validation, MaxDuration = limit, Callbacks = [new Sleeper(limit)] });
        Assert.Equal((StopReason.TimeIsUp, 1, 1), (report.StopReason, report.Epochs.Count, report.BestEpoch));
        Assert.Equal(report.Epochs[0].ValidationLoss, network.Evaluate(validation).Loss);
        report = network.Train(data, new FitOptions { Epochs = 2, MaxDuration = TimeSpan.FromTicks(1) });
        Assert.Equal((StopReason.TimeIsUp, 0), (report.StopReason, report.Epochs.Count));
    }

    [Fact]
    public void AFractionHeldOutIsASplitOfTheSameSeed()
    {
        Dataset data = Data(90);
        (Dataset train, Dataset heldOut) = data.Split(0.2, seed: 6, stratified: true);
        using Network left = Start();
        using Network right = left.Clone();
        FitOptions options = new() { Epochs = 8, BatchSize = 16, Seed = 6, EarlyStoppingPatience = 2 };
        FitReport byFraction = left.Train(data, options with { ValidationFraction = 0.2 });
        FitReport bySet = right.Train(train, options with { Validation = heldOut });

        Bits.Equal(Parameters.Of(right), Parameters.Of(left), "parameters");
        Assert.Equal(bySet.Epochs.Select(epoch => epoch.ValidationLoss), byFraction.Epochs.Select(epoch => epoch.ValidationLoss));
        Refusal.Names(() => left.Train(data, options with { ValidationFraction = 0.2, Validation = heldOut }), "ValidationFraction");
        Refusal.Names(() => left.Train(data, options with { ValidationFraction = 1 }), "ValidationFraction");
        Refusal.Names(() => left.Train(data, options), "ValidationFraction");
        Refusal.Names(() => left.Train(Data(2), options with { ValidationFraction = 0.01 }), "leaves");
    }

    [Fact]
    public void MinDeltaAsksForMoreThanALowerLoss()
    {
        // As in FitTests: the loss falls and then rises; by less and less on its way down.
        Dataset train = new(new float[] { 1 }, 1, new float[] { 1 }, 1);
        Dataset validation = new(new float[] { 1 }, 1, new float[] { 0.5f }, 1);
        FitOptions options = new() { Optimizer = new Sgd(0.03f), Epochs = 1000, Validation = validation, EarlyStoppingPatience = 2 };
        using Network lax = Network.Input(1).Dense(1, initializer: Initializer.Zeros).Build();
        using Network strict = lax.Clone();
        using Network last = lax.Clone();

        FitReport any = lax.Train(train, options);
        FitReport large = strict.Train(train, options with { MinDelta = 0.002f });
        FitReport unrestored = last.Train(train, options with { RestoreBest = false });

        Assert.True(large.Epochs.Count < any.Epochs.Count);
        Assert.Equal(StopReason.EarlyStopping, large.StopReason);
        for (int epoch = large.Epochs.Count - 2; epoch < large.Epochs.Count; epoch++)
        {
            Assert.True(large.Epochs[epoch].ValidationLoss > large.Epochs.Take(epoch).Min(e => e.ValidationLoss) - 0.002f);
        }

        // The best is still the lowest of all, by however little.
        Assert.Equal(large.Epochs.Min(e => e.ValidationLoss), strict.Evaluate(validation).Loss);
        Assert.Equal(unrestored.Epochs[^1].ValidationLoss, last.Evaluate(validation).Loss);
        Assert.NotEqual(unrestored.Epochs.Min(e => e.ValidationLoss), last.Evaluate(validation).Loss);
    }

    [Fact]
    public void FittingAgainGoesOnFromTheWeights()
    {
        Dataset data = Data(40);
        FitOptions options = new() { Optimizer = new Sgd(0.1f), Shuffle = false, BatchSize = 8 };
        using Network once = Start();
        using Network twice = once.Clone();
        once.Train(data, options with { Epochs = 5 });
        twice.Train(data, options with { Epochs = 2 });
        twice.Train(data, options with { Epochs = 3 });
        Bits.Equal(Parameters.Of(once), Parameters.Of(twice), "parameters");
    }

    [Theory]
    [MemberData(nameof(Catalogue.OptimizerNames), MemberType = typeof(Catalogue))]
    public void PartialFitsKeepTheStateOfTheOptimizer(string optimizer)
    {
        Dataset data = Data(48).WithWeights(Numbers.Uniform(3, 48, 0.5f, 2));
        TrainerOptions options = new() { Optimizer = Catalogue.Optimizers[optimizer] };
        using Network whole = Start();
        using Network parts = whole.Clone();
        using Network fitted = whole.Clone();
        using Trainer atOnce = new(whole, options);
        using Trainer inParts = new(parts, options);
        float loss = atOnce.PartialFit(data, batchSize: 8);
        double sum = 0;
        double weight = 0;
        foreach ((int start, int count) in new[] { (0, 8), (8, 24), (32, 0), (32, 16) })
        {
            Dataset part = data.Slice(start, count);
            double counts = part.Weights.ToArray().Sum(value => (double)value);
            sum += inParts.PartialFit(part, batchSize: 8) * counts;
            weight += counts;
        }

        FitReport report = fitted.Train(data, new FitOptions { Optimizer = options.Optimizer, Epochs = 1, BatchSize = 8, Shuffle = false });
        Bits.Equal(Parameters.Of(whole), Parameters.Of(parts), "parameters in parts");
        Bits.Equal(Parameters.Of(whole), Parameters.Of(fitted), "parameters of an epoch");
        Assert.Equal(6, inParts.StepCount);
        Assert.Equal(report.Epochs[0].TrainLoss, loss);
        Assert.Equal(loss, sum / weight, 1e-5);
    }

    [Fact]
    public void DivergenceOfAddedGradientsLeavesTheLastFiniteParameters()
    {
        Dataset data = new(Numbers.Uniform(1, 64 * Inputs, -1e6f, 1e6f), Inputs, Numbers.Uniform(2, 64 * Classes), Classes);
        using Network network = Network.Input(Inputs).Dense(Classes).Build(1);
        TrainingDivergedException error = Assert.Throws<TrainingDivergedException>(() => network.Train(data, new FitOptions { Optimizer = new Sgd(1, 0.9f), BatchSize = 8, AccumulateBatches = 2, Epochs = 50 }));
        Assert.InRange(error.Layer, -1, 0);
        Assert.InRange(error.Epoch, 1, 50);
        Assert.InRange(error.Batch, 1, 8);
        Assert.All(Parameters.Of(network), value => Assert.True(float.IsFinite(value)));
    }

    private static Dataset Data(int rows, int seed = 1) => new(Numbers.Uniform(seed, rows * Inputs), Inputs, Numbers.Labels(seed + 1, rows, Classes), Classes);

    private static Network Start() => Network.Input(Inputs).Dense(8, Activation.Tanh).Dense(Classes, Activation.Softmax).Build(1).Fill(2);

    private sealed class Recorder(List<string> calls, string name) : TrainingCallback
    {
        public override void OnTrainBegin(TrainingProgress progress) => Add("train begins");

        public override void OnTrainEnd(TrainingProgress progress, FitReport report) => Add("train ends");

        public override void OnEpochBegin(TrainingProgress progress) => Add($"epoch {progress.Epoch} begins");

        public override void OnEpochEnd(TrainingProgress progress, in EpochReport report)
        {
            Assert.NotNull(report.ValidationLoss);
            Add($"epoch {report.Epoch} ends");
        }

        public override void OnBatchBegin(TrainingProgress progress) => Add($"batch {progress.Epoch}.{progress.Batch} begins");

        public override void OnBatchEnd(TrainingProgress progress)
        {
            Assert.Equal((3 * (progress.Epoch - 1)) + progress.Batch, progress.StepCount);
            Assert.True(progress.Loss > 0 && progress.BatchesPerEpoch == 3 && progress.Epochs == 2);
            Add($"batch {progress.Epoch}.{progress.Batch} ends");
        }

        private void Add(string call) => calls.Add($"{name}: {call}");
    }

    private sealed class Stopper(int epoch, int batch) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingProgress progress)
        {
            if ((progress.Epoch, progress.Batch) == (epoch, batch))
            {
                progress.Stop();
            }
        }
    }

    /// <summary>Lets time pass in the third batch.</summary>
    private sealed class Sleeper(TimeSpan until) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingProgress progress)
        {
            while (progress.Batch == 3 && progress.Elapsed < until + TimeSpan.FromMilliseconds(20))
            {
                Thread.Sleep(10);
            }
        }
    }
}
