using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>A stream trains as its rows in memory do, to the last bit. That it also resumes is among the <see cref="CheckpointTests"/>.</summary>
[Collection(nameof(Alone))]
public class StreamTests
{
    private const int Rows = 90;
    private const int Inputs = 6;
    private const int Classes = 3;

    public static TheoryData<string> CaseNames => [.. cases.Keys];

    private static readonly Dictionary<string, FitOptions> cases = new()
    {
        ["Plain"] = new(),
        ["InOrder"] = new() { Shuffle = false },
        ["Accumulation"] = new() { AccumulateBatches = 3, Optimizer = new Sgd(0.1f, 0.9f) },
        ["Cosine"] = new() { Schedule = Schedule.Cosine().WithWarmUp(1.5) },
        ["InverseScaling"] = new() { Schedule = Schedule.InverseScaling() },
        ["Plateau"] = new() { Schedule = Schedule.ReduceOnPlateau(0.5, patience: 0, threshold: 0.5) },
        ["Limits"] = new() { ClipNorm = 0.3f, L1 = 1e-3f, MaxNorm = 1 },
        ["EarlyStopping"] = new() { Epochs = 40, Optimizer = new Adam(0.05f), EarlyStoppingPatience = 3 },
        ["EarlyStoppingByF1"] = new() { Epochs = 40, Optimizer = new Adam(0.05f), EarlyStoppingPatience = 3, Watch = Metric.F1 },
        ["Huber"] = new() { Loss = Loss.Huber() },
    };

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void TheSameRowsGiveTheSameBits(string name)
    {
        FitOptions options = cases[name] with { Epochs = cases[name].Epochs == 40 ? 40 : 4, BatchSize = 16, Seed = 3, Validation = Data(41, 5) };
        foreach (bool weighted in new[] { false, true })
        {
            foreach (int threads in new[] { 1, 2 })
            {
                Dataset data = weighted ? Data(Rows, 1).WithWeights(Numbers.Uniform(9, Rows, 0, 2)) : Data(Rows, 1);
                List<string> fromMemory = [];
                List<string> fromStream = [];
                using Network memory = Start();
                using Network stream = memory.Clone();
                FitReport expected = memory.Train(data, options with { Callbacks = [new Recorder(fromMemory)] });
                FitReport actual = Fit(stream, new Streamed(data, options, counts: true), options with { Threads = threads, Callbacks = [new Recorder(fromStream)] });

                Bits.Equal(Parameters.Of(memory), Parameters.Of(stream), "parameters");
                Assert.Equal(Figures(expected), Figures(actual));
                Assert.Equal((expected.BestEpoch, expected.KeptEpoch, expected.StopReason), (actual.BestEpoch, actual.KeptEpoch, actual.StopReason));
                Assert.Equal(fromMemory, fromStream);
            }
        }
    }

    [Fact]
    public void ValuesAndLabelsOfZeroAndOneToo()
    {
        foreach ((Activation output, float least) in new[] { (Activation.Identity, -1f), (Activation.Sigmoid, 0f) })
        {
            float[] targets = Numbers.Uniform(2, Rows * Classes, least, 1);
            Dataset data = new(Numbers.Uniform(1, Rows * Inputs), Inputs, least == 0 ? Array.ConvertAll(targets, MathF.Round) : targets, Classes);
            FitOptions options = new() { Epochs = 3, BatchSize = 20 };
            using Network memory = Network.Input(Inputs).Dense(7, Activation.Relu).Dense(Classes, output).Build(1);
            using Network stream = memory.Clone();
            FitReport expected = memory.Train(data, options);
            FitReport actual = Fit(stream, new Streamed(data, options), options);
            Bits.Equal(Parameters.Of(memory), Parameters.Of(stream), "parameters");
            Assert.Equal(Figures(expected), Figures(actual));
        }
    }

    [Fact]
    public void BatchesAreCountedWhereAScheduleNeedsThem()
    {
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 3, BatchSize = 16, Schedule = Schedule.Cosine() };
        using Network counted = Start();
        using Network told = counted.Clone();
        Streamed counting = new(data, options);
        Streamed telling = new(data, options, counts: true);
        Fit(counted, counting, options);
        Fit(told, telling, options);
        Bits.Equal(Parameters.Of(told), Parameters.Of(counted), "parameters");
        Assert.Equal([1, 1, 2, 3], counting.Asked.Select(asked => asked.Epoch));
        Assert.Equal([1, 2, 3], telling.Asked.Select(asked => asked.Epoch));

        Streamed plain = new(data, options);
        Fit(counted, plain, options with { Schedule = Schedule.ReduceOnPlateau() });
        Assert.Equal([1, 2, 3], plain.Asked.Select(asked => asked.Epoch));
    }

    [Fact]
    public void ProgressKnowsTheBatchesOnceTheyWereCounted()
    {
        List<int> known = [];
        using Network network = Start();
        FitOptions options = new() { Epochs = 2, BatchSize = 40, Callbacks = [new Listener { Batch = progress => known.Add(progress.BatchesPerEpoch) }] };
        Fit(network, new Streamed(Data(Rows, 1), options), options);
        Assert.Equal([0, 0, 0, 3, 3, 3], known);
    }

    [Fact]
    public void AResumedRunReadsWhatTellsThatTheStreamIsTheSame()
    {
        foreach (string? name in new[] { "my rows", null })
        {
            using Scratch scratch = new();
            FitOptions options = new() { Epochs = 3, BatchSize = 10, Checkpoint = new CheckpointOptions(scratch.Path), Resume = scratch.Path };
            Dataset data = Data(Rows, 1);
            using Network network = Start();
            Fit(network, new Streamed(data, options, name), options with { Callbacks = [new Listener { Batch = progress => { if (progress.StepCount == 13) { progress.Stop(); } } }] });
            Streamed resumed = new(data, options, name);
            FitReport report = Fit(network, resumed, options with { Checkpoint = null });
            Assert.Equal((2, 4), (report.Resumed!.Epoch, report.Resumed.Batch));
            Assert.Equal([(2, name is null ? 0 : 4), (3, 0)], resumed.Asked);

            // Row 35 is in the first 40 of some order, so only a fingerprint of all rows finds every change.
            Streamed other = new(Data(Rows, 2), options, name is null ? null : "other rows");
            Refusal.Names(() => Fit(network, other, options with { Checkpoint = null }), name is null ? "the stream has changed" : "training data");
            Refusal.Names(() => Fit(network, new Streamed(data.Slice(0, 30), options, name), options with { Checkpoint = null }), name is null ? "has 3 batches" : "no batches");
        }
    }

    [Fact]
    public void WhatAStreamCannotDoIsSaid()
    {
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 2, BatchSize = 16 };
        using Network network = Start();
        Refusal.Names(() => Fit(network, new Streamed(data, options), options with { ValidationFraction = 0.1 }), "stream", "Validation");
        using Network withoutDropout = Network.Input(Inputs).Dense(Classes, Activation.Softmax).Build(1);
        Refusal.Names(() => Fit(withoutDropout, new Streamed(data, options), options with { Optimizer = new Lbfgs() }), "L-BFGS", "stream");
        Refusal.Names(() => Fit(network, new Streamed(data, options), options with { EarlyStoppingPatience = 3 }), "validation rows");
        Refusal.Names(() => Fit(network, StreamedDataset.Of(_ => []), options), "Epoch 1", "no batches");
        Refusal.Names(() => Fit(network, StreamedDataset.Of(_ => [data.Slice(0, 4), data.Slice(4, 0)]), options), "Batch 2", "no rows");
        Refusal.Names(() => Fit(network, StreamedDataset.Of(_ => [new Dataset(new float[5], 5, new int[1], Classes)]), options), "5 features", "6");
        Refusal.Names(() => Fit(network, StreamedDataset.Of(_ => [data.Slice(0, 4), new Dataset(new float[Inputs], Inputs, new float[Classes], Classes)]), options), "Batch 2", "values");
        Refusal.Names(() => Fit(network, StreamedDataset.Of(_ => [data.Slice(0, 4)], batchesPerEpoch: 2), options), "2 batches", "it had 1");
        Assert.Throws<InvalidOperationException>(() => Fit(network, StreamedDataset.Of(_ => null!), options));
        FitReport cancelled = network.Fit(new Streamed(data, options), options, new CancellationToken(canceled: true));
        Assert.Equal((StopReason.Cancelled, 0), (cancelled.StopReason, cancelled.Epochs.Count));
    }

    [Fact]
    public void AnEpochOfAStreamAllocatesAsMuchForFewBatchesAsForMany()
    {
        Dataset[] few = Batches(20);
        Dataset[] many = Batches(200);
        Assert.InRange(PerEpoch(few), 0, 1000);
        Assert.InRange(PerEpoch(many), 0, 1000);

        static Dataset[] Batches(int count) => [.. Enumerable.Range(0, count).Select(i => Data(16, i))];

        static long PerEpoch(Dataset[] batches)
        {
            using Network network = Start();
            StreamedDataset stream = StreamedDataset.Of(_ => batches, batches.Length);
            long one = Allocated.By(() => Fit(network, stream, new FitOptions { Epochs = 1, Validation = batches[0] })).Process;
            long eleven = Allocated.By(() => Fit(network, stream, new FitOptions { Epochs = 11, Validation = batches[0] })).Process;
            return (eleven - one) / 10;
        }
    }

    [Fact]
    public void ATrainerGoesOnOverStreams()
    {
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 4, BatchSize = 16, Seed = 3, Optimizer = new Adam(0.01f) };
        using Network whole = Start();
        using Network parts = whole.Clone();
        whole.Train(data, options);
        using Trainer trainer = new(parts, options.ForTrainer());
        trainer.Fit(data, options with { Epochs = 1 }, TestContext.Current.CancellationToken);
        trainer.Fit(new Streamed(data, options), options with { Epochs = 2 }, TestContext.Current.CancellationToken);
        using Scratch scratch = new();
        trainer.Save(scratch.Path);
        using Network loaded = Start();
        using Trainer again = new(loaded, options.ForTrainer());
        again.Load(scratch.Path);
        again.Fit(data, options with { Epochs = 1 }, TestContext.Current.CancellationToken);
        Bits.Equal(Parameters.Of(whole), Parameters.Of(loaded), "parameters");

        Refusal.Names(() => trainer.Fit(data, options with { Optimizer = new Adam(0.02f) }), "optimizer", "0.01", "0.02");
        Refusal.Names(() => trainer.Fit(data, options with { Resume = scratch.Path }), "Load");
        Refusal.Names(() => trainer.Fit(data, options with { Schedule = Schedule.Constant }), "TrainerOptions");
    }

    private static FitReport Fit(Network network, StreamedDataset stream, FitOptions options) => network.Fit(stream, options, TestContext.Current.CancellationToken);

    private static IEnumerable<(int, float, float, float?, float?, float?, float)> Figures(FitReport report) =>
        report.Epochs.Select(e => (e.Epoch, e.TrainLoss, e.TrainMetric, e.ValidationLoss, e.ValidationMetric, e.Watched, e.LearningRate));

    private static Dataset Data(int rows, int seed) => new(Numbers.Uniform(seed, rows * Inputs), Inputs, Numbers.Labels(seed + 1, rows, Classes), Classes);

    private static Network Start() => Network.Input(Inputs).Dropout(0.1f).Dense(8, Activation.Tanh).Dense(Classes, Activation.Softmax).Build(1).Fill(2);

    private sealed class Listener : TrainingCallback
    {
        public Action<TrainingProgress>? Batch { get; init; }

        public override void OnBatchEnd(TrainingProgress progress) => Batch?.Invoke(progress);
    }

    private sealed class Recorder(List<string> calls) : TrainingCallback
    {
        public override void OnTrainBegin(TrainingProgress progress) => calls.Add("train");

        public override void OnEpochBegin(TrainingProgress progress) => calls.Add($"epoch {progress.Epoch}");

        public override void OnBatchBegin(TrainingProgress progress) => calls.Add($"batch {progress.Batch} of {progress.BatchesPerEpoch}");

        public override void OnBatchEnd(TrainingProgress progress) => calls.Add($"loss {progress.Loss} after {progress.StepCount} steps, rate {progress.LearningRate}");

        public override void OnEpochEnd(TrainingProgress progress, in EpochReport report) => calls.Add($"end {report.ValidationLoss}");

        public override void OnTrainEnd(TrainingProgress progress, FitReport report) => calls.Add($"{report.StopReason}");
    }
}
