using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>A run that dies and goes on gives every bit that it would have given without.</summary>
public class CheckpointTests
{
    private const int Rows = 61;
    private const int Inputs = 6;
    private const int Classes = 4;

    public static TheoryData<string> OptimizerNames => [.. Catalogue.Optimizers.Keys, "Lbfgs", "LbfgsDecay"];

    public static TheoryData<string> ScheduleNames => [.. schedules.Keys];

    private static readonly Dictionary<string, Schedule> schedules = new()
    {
        ["Constant"] = Schedule.Constant,
        ["Step"] = Schedule.Step(1.5, 0.5),
        ["Exponential"] = Schedule.Exponential(0.9),
        ["Polynomial"] = Schedule.Polynomial(2, 0.1),
        ["Cosine"] = Schedule.Cosine(),
        ["CosineRestarts"] = Schedule.CosineRestarts(1.5, 2),
        ["OneCycle"] = Schedule.OneCycle(),
        ["InverseScaling"] = Schedule.InverseScaling(),
        ["Adaptive"] = Schedule.Adaptive(tolerance: 10, patience: 1),
        ["ReduceOnPlateau"] = Schedule.ReduceOnPlateau(0.5, patience: 0, threshold: 0.9, cooldown: 1),
        ["WarmUp"] = Schedule.Cosine().WithWarmUp(1.2),
        ["WarmUpPlateau"] = Schedule.ReduceOnPlateau(0.5, patience: 0, threshold: 0.9).WithWarmUp(0.5),
    };

    [Theory]
    [MemberData(nameof(OptimizerNames))]
    public void EveryOptimizerGoesOnBitForBit(string optimizer)
    {
        Optimizer rule = optimizer switch
        {
            "Lbfgs" => new Lbfgs(history: 3),
            "LbfgsDecay" => new Lbfgs(weightDecay: 0.01f),
            _ => Catalogue.Optimizers[optimizer],
        };
        int batchSize = rule is Lbfgs ? FitOptions.FullBatch : 8;
        Dies(new FitOptions { Optimizer = rule, Epochs = rule is Lbfgs ? 12 : 3, BatchSize = batchSize, Seed = 5 }, seed: 1);
    }

    [Theory]
    [MemberData(nameof(ScheduleNames))]
    public void EveryScheduleGoesOnBitForBit(string schedule) =>
        Dies(new FitOptions { Schedule = schedules[schedule], Epochs = 6, BatchSize = 16, Validation = Data(29, 7) }, seed: 2);

    [Fact]
    public void SoDoLimitsAddedGradientsWeightsAndOrder()
    {
        FitOptions options = new() { Epochs = 3, BatchSize = 5, ClipNorm = 0.5f, ClipValue = 0.1f, L1 = 1e-3f, MaxNorm = 1 };
        Dies(options, seed: 3);
        Dies(options with { AccumulateBatches = 3, Optimizer = new Sgd(0.1f, 0.9f) }, seed: 4);
        Dies(options with { Shuffle = false }, seed: 5);
        Dies(options, seed: 6, data: Data(Rows, 1).WithWeights(Numbers.Uniform(8, Rows, 0, 2)));
        Dies(options with { Validation = null, ValidationFraction = 0.3, Seed = 12 }, seed: 7);
        Dies(options with { Loss = Loss.Huber(), BatchSize = 7 }, seed: 8, data: new Dataset(Numbers.Uniform(1, Rows * Inputs), Inputs, Numbers.Uniform(2, Rows * Classes), Classes), output: Activation.Identity);
    }

    [Fact]
    public void SoDoesEarlyStoppingAndTheBestIsNotForgotten()
    {
        FitOptions options = new() { Optimizer = new Adam(0.03f), Epochs = 60, BatchSize = 8, Validation = Data(40, 9), EarlyStoppingPatience = 5 };
        FitReport report = Dies(options, seed: 9);
        Assert.Equal(StopReason.EarlyStopping, report.StopReason);
        Assert.InRange(report.BestEpoch, 1, report.Epochs.Count - 5);
        Dies(options with { MinDelta = 0.02f }, seed: 10);
        Dies(options with { RestoreBest = false }, seed: 11);
        Dies(options with { EarlyStoppingPatience = 0, RestoreBest = true, Epochs = 12 }, seed: 12);
        Dies(options with { Watch = Metric.RocAuc, Epochs = 20 }, seed: 18);
    }

    [Fact]
    public void ALearnableActivationAndSharedBiasesGoOnBitForBit()
    {
        using Scratch scratch = new();
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 3, BatchSize = 8, Optimizer = new AdaGrad(0.05f, initialAccumulator: 0.1f) };
        using Network whole = Mixed(1);
        using Network cut = Mixed(1);
        whole.Train(data, options);
        Cut(cut, (network, life, stop) => network.Fit(data, life, stop), options with { Checkpoint = new CheckpointOptions(scratch.Path) }, afterBatches: 13);
        using Network resumed = Mixed(2);
        resumed.Train(data, options with { Resume = scratch.Path });
        Bits.Equal(Parameters.Of(whole), Parameters.Of(resumed), "parameters");

        static Network Mixed(int seed) => Network.Input(Inputs).Dense(37, Activation.PRelu(), Bias.Shared)
            .Dense(5, Activation.ScaledSigmoid(1, 1, learnable: true)).Dense(3, Activation.Tanh, Bias.None).Dense(Classes, Activation.Softmax).Build(seed).Fill(seed);
    }

    [Fact]
    public void DropoutDrawsWhatItWouldHaveDrawn()
    {
        FitOptions options = new() { Epochs = 3, BatchSize = 8, Seed = 3 };
        Dies(options, seed: 13, start: seed => Build(Network.Input(Inputs).Dropout(0.1f).Dense(17, Activation.Relu).Dropout(0.5f), seed));
        Dies(options with { AccumulateBatches = 2, ValidationFraction = 0.2 }, seed: 14, start: seed => Build(Network.Input(Inputs).Dense(17, Activation.Relu).Dropout(0.5f), seed));
    }

    [Fact]
    public void NormalizedAndResidualNetworksGoOnWithTheirStatistics()
    {
        FitOptions options = new() { Epochs = 3, BatchSize = 8, ValidationFraction = 0.2, RestoreBest = true };
        Dies(options, seed: 15, start: Normalized);
        Dies(options with { AccumulateBatches = 3, Optimizer = new IRprop() }, seed: 16, start: Normalized);
        Dies(options with { Optimizer = new Lbfgs(history: 3), BatchSize = FitOptions.FullBatch, Epochs = 6 }, seed: 17, start: Normalized);

        static Network Normalized(int seed) => Build(Network.Input(Inputs).Dense(9).BatchNorm().Dense(9, Activation.Relu).Residual(b => b.Dense(9, Activation.Tanh)).LayerNorm(), seed);
    }

    [Fact]
    public void AFinishedRunResumesToItsEndAndCanBeMadeLonger()
    {
        using Scratch scratch = new();
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 3, BatchSize = 8 };
        using Network whole = Start(1);
        using Network cut = Start(1);
        FitReport five = whole.Train(data, options with { Epochs = 5 });
        FitReport three = cut.Train(data, options with { Checkpoint = new CheckpointOptions(scratch.Path) });
        float[] reached = Parameters.Of(cut);

        using Network resumed = Start(2);
        FitReport again = resumed.Train(data, options with { Resume = scratch.Path });
        Bits.Equal(reached, Parameters.Of(resumed), "parameters of the end");
        Assert.Equal(Losses(three), Losses(again));
        Assert.Equal(StopReason.EpochsDone, again.StopReason);

        FitReport longer = resumed.Train(data, options with { Resume = scratch.Path, Epochs = 5 });
        Bits.Equal(Parameters.Of(whole), Parameters.Of(resumed), "parameters of the longer run");
        Assert.Equal(Losses(five), Losses(longer));
        Assert.Equal((4, 0), (longer.Resumed!.Epoch, longer.Resumed.Batch));

        FitOptions cosine = options with { Schedule = Schedule.Cosine(), Checkpoint = new CheckpointOptions(scratch["cosine"]) };
        resumed.Train(data, cosine);
        Refusal.Names(() => resumed.Train(data, cosine with { Resume = scratch["cosine"], Epochs = 5 }), "epochs", "'3'", "'5'");
    }

    [Fact]
    public void OtherDataOptionsAndNetworksAreRefused()
    {
        using Scratch scratch = new();
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 2, BatchSize = 8, Validation = Data(20, 2), Checkpoint = new CheckpointOptions(scratch.Path) };
        using Network network = Start(1);
        network.Train(data, options);
        FitOptions resume = options with { Resume = scratch.Path, Epochs = 3 };
        float[] before = Parameters.Of(network);

        Refusal.Names(() => network.Train(Data(Rows, 2), resume), "training data");
        Refusal.Names(() => network.Train(data.WithWeights(Numbers.Uniform(1, Rows, 0, 1)), resume), "training data");
        Refusal.Names(() => network.Train(data, resume with { Validation = Data(20, 3) }), "validation data");
        Refusal.Names(() => network.Train(data, resume with { Optimizer = new Adam(0.002f) }), "optimizer", "0.001", "0.002");
        Refusal.Names(() => network.Train(data, resume with { Schedule = Schedule.Step(1) }), "schedule");
        Refusal.Names(() => network.Train(data, resume with { BatchSize = 9 }), "batch size", "8", "9");
        Refusal.Names(() => network.Train(data, resume with { AccumulateBatches = 2 }), "accumulated");
        Refusal.Names(() => network.Train(data, resume with { Seed = 2 }), "seed");
        Refusal.Names(() => network.Train(data, resume with { Shuffle = false }), "shuffle");
        Refusal.Names(() => network.Train(data, resume with { L1 = 0.1f }), "l1");
        Refusal.Names(() => network.Train(data, resume with { Loss = Loss.CrossEntropy.WithLabelSmoothing(0.1f) }), "loss", "0.1");
        Refusal.Names(() => network.Train(data, resume with { EarlyStoppingPatience = 3 }), "patience");
        Refusal.Names(() => network.Train(data, resume with { RestoreBest = true }), "restore best");
        Refusal.Names(() => network.Train(data, resume with { Watch = Metric.Accuracy }), "watch", "accuracy");
        Refusal.Names(() => network.Fit(new Streamed(data, options), resume), "batch size", "of the stream");
        using Network other = Network.Input(Inputs).Dense(9, Activation.Relu).Dense(Classes, Activation.Softmax).Build(1);
        Refusal.Names(() => other.Train(data, resume), "another network");
        using Trainer trainer = new(network, new TrainerOptions());
        Refusal.Names(() => trainer.Load(scratch.Path), "written by Fit");

        Bits.Equal(before, Parameters.Of(network), "parameters after the refusals");
        network.Train(data, resume with { Threads = 2, MaxDuration = TimeSpan.FromHours(1), Progress = _ => { } });
    }

    [Fact]
    public void AFolderIsOneRuns()
    {
        using Scratch scratch = new();
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 2, Checkpoint = new CheckpointOptions(scratch["run"]) };
        using Network network = Start(1);

        Assert.Throws<DirectoryNotFoundException>(() => network.Train(data, options with { Resume = scratch["none"] }));
        FitReport report = network.Train(data, options with { Resume = scratch["run"] });
        Assert.Null(report.Resumed);
        Refusal.Names(() => network.Train(data, options), "earlier run", scratch["run"]);
    }

    [Fact]
    public void TheLastOnesAreKeptAndTornFilesGo()
    {
        using Scratch scratch = new();
        File.WriteAllText(scratch[".abc.tmp"], "torn");
        File.WriteAllText(scratch["mine.txt"], "not a checkpoint");
        List<string> written = [];
        using Network network = Start(1);
        network.Train(Data(32, 1), new FitOptions
        {
            Epochs = 9,
            BatchSize = 8,
            Checkpoint = new CheckpointOptions(scratch.Path) { EveryEpochs = 2, Keep = 2 },
            Callbacks = [new Listener { Saved = written.Add }],
        });

        // After epochs 2, 4, 6, 8, and at the end.
        Assert.Equal([8, 16, 24, 32, 36], written.Select(path => int.Parse(Path.GetFileNameWithoutExtension(path).Split('-')[1], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(["checkpoint-000000000032.safetensors", "checkpoint-000000000036.safetensors", "mine.txt"], Directory.GetFiles(scratch.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void TimeMakesCheckpointsWithinAnEpoch()
    {
        using Scratch scratch = new();
        int saved = 0;
        using Network network = Start(1);
        network.Train(Data(Rows, 1), new FitOptions
        {
            Epochs = 1,
            BatchSize = 8,
            AccumulateBatches = 3,
            Checkpoint = new CheckpointOptions(scratch.Path) { EveryEpochs = 0, Every = TimeSpan.FromTicks(1), Keep = 100 },
            Callbacks = [new Listener { Saved = _ => saved++ }],
        });

        // Eight batches make updates after the third, the sixth and the last, with which the epoch ends.
        Assert.Equal(3, saved);
        Assert.Equal(3, Directory.GetFiles(scratch.Path).Length);
    }

    [Fact]
    public void ADamagedCheckpointIsPassedOverForAnOlderOne()
    {
        using Scratch scratch = new();
        Dataset data = Data(Rows, 1);
        FitOptions options = new() { Epochs = 4, BatchSize = 8, Checkpoint = new CheckpointOptions(scratch.Path) };
        using Network whole = Start(1);
        whole.Train(data, options with { Checkpoint = null });
        using Network first = Start(1);
        first.Train(data, options);
        string[] files = [.. Directory.GetFiles(scratch.Path).Order()];
        byte[] newest = File.ReadAllBytes(files[2]);
        newest[^5] ^= 1;
        File.WriteAllBytes(files[2], newest);
        File.WriteAllBytes(files[1], File.ReadAllBytes(files[1])[..^7]);

        using Network second = Start(2);
        FitReport report = second.Train(data, options with { Resume = scratch.Path });

        Assert.Equal(files[0], report.Resumed!.Path);
        Assert.Equal(2, report.Resumed.Skipped.Count);
        Assert.Contains(files[2], report.Resumed.Skipped[0], StringComparison.Ordinal);
        Assert.Contains("checksum", report.Resumed.Skipped[0], StringComparison.Ordinal);
        Assert.Contains("cut short", report.Resumed.Skipped[1], StringComparison.Ordinal);
        Bits.Equal(Parameters.Of(whole), Parameters.Of(second), "parameters");

        // Both have been replaced by whole ones.
        using Network third = Start(3);
        Assert.Empty(third.Train(data, options with { Resume = scratch.Path }).Resumed!.Skipped);
        foreach (string file in Directory.GetFiles(scratch.Path))
        {
            File.WriteAllText(file, "");
        }

        Assert.Throws<ModelFormatException>(() => third.Train(data, options with { Resume = scratch.Path }));
    }

    [Fact]
    public void ACheckpointIsAModel()
    {
        using Scratch scratch = new();
        using Network network = Start(1);
        network.Metadata["note"] = "kept";
        network.Train(Data(Rows, 1), new FitOptions { Epochs = 2, Checkpoint = new CheckpointOptions(scratch.Path) });

        using Network loaded = Network.Load(Directory.GetFiles(scratch.Path).Max()!);

        Bits.Equal(Parameters.Of(network), Parameters.Of(loaded), "parameters");
        Assert.Equal("kept", loaded.Metadata["note"]);
        Assert.DoesNotContain("fastmlp.checkpoint", loaded.Metadata.Keys);
    }

    [Theory]
    [MemberData(nameof(OptimizerNames))]
    public void ATrainerGoesOnBitForBit(string optimizer)
    {
        using Scratch scratch = new();
        TrainerOptions options = new()
        {
            Optimizer = optimizer.StartsWith("Lbfgs", StringComparison.Ordinal) ? new Lbfgs(history: 2) : Catalogue.Optimizers[optimizer],
            Schedule = Schedule.ReduceOnPlateau(0.5, patience: 0, threshold: 0.5),
        };
        using Network left = Start(1);
        using Network right = Start(2);
        using Trainer one = new(left, options);
        Steps(one, 0, 4);
        one.EndEpoch(1);
        one.EndEpoch(1);
        one.Save(scratch.Path);
        using Trainer other = new(right, options with { Threads = 2 });
        Steps(other, 7, 1);
        other.Load(scratch.Path);
        Assert.Equal((one.StepCount, one.LearningRate), (other.StepCount, other.LearningRate));
        Steps(one, 4, 3);
        Steps(other, 4, 3);
        Bits.Equal(Parameters.Of(left), Parameters.Of(right), "parameters");

        using Trainer third = new(right, options with { Schedule = null });
        Refusal.Names(() => third.Load(scratch.Path), "schedule");

        static void Steps(Trainer trainer, int seed, int count)
        {
            for (int step = 0; step < count; step++)
            {
                trainer.Step(Numbers.Uniform(seed + step, 8 * Inputs), Numbers.Labels(seed + step, 8, Classes));
            }
        }
    }

    [Fact]
    public void ATrainerKeepsItsRateAndLeavesOtherRunsAlone()
    {
        using Scratch scratch = new();
        using Network network = Start(1);
        using Trainer trainer = new(network, new TrainerOptions()) { LearningRate = 0.25f };
        Assert.Throws<FileNotFoundException>(() => trainer.Load(scratch.Path));
        trainer.Step(Numbers.Uniform(1, Inputs), Numbers.Labels(1, 1, Classes));
        trainer.Save(scratch.Path);
        trainer.LearningRate = 1;
        trainer.Load(scratch.Path);
        Assert.Equal(0.25f, trainer.LearningRate);

        using Trainer another = new(network, new TrainerOptions());
        IOException error = Assert.Throws<IOException>(() => another.Save(scratch.Path));
        Assert.Contains("another run", error.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Trains in one go; then again, dying after a few batches and going on from the last checkpoint, again and again to the end: both give
    /// the same network and the same history. So does the same as a stream, with a fingerprint and without.
    /// </summary>
    private static FitReport Dies(FitOptions options, int seed, Dataset? data = null, Activation? output = null, Func<int, Network>? start = null)
    {
        data ??= Data(Rows, 1);
        start ??= from => Start(from, output);
        Random random = new(seed);
        using Network whole = start(seed);
        FitReport expected = whole.Train(data, options with { Threads = 1 });
        bool streams = options.Optimizer is not Lbfgs && options.ValidationFraction == 0;
        Func<Network, FitOptions, CancellationToken, FitReport>[] ways =
        [
            (network, life, stop) => network.Fit(data, life, stop),
            .. streams ? [(network, life, stop) => network.Fit(new Streamed(data, life, "these rows", counts: true), life, stop), (network, life, stop) => network.Fit(new Streamed(data, life), life, stop)]
                : (Func<Network, FitOptions, CancellationToken, FitReport>[])[],
        ];
        foreach ((bool cancels, Func<Network, FitOptions, CancellationToken, FitReport> fit) in ways.SelectMany(way => new[] { (true, way), (false, way) }))
        {
            using Scratch scratch = new();
            FitReport? report = null;
            int lives = 0;
            while (report is null)
            {
                // A death before the first checkpoint begins anew; later the network itself plays no part.
                using Network network = start(Directory.EnumerateFiles(scratch.Path, "checkpoint-*").Any() ? seed + 100 : seed);
                FitOptions life = options with
                {
                    Threads = 1 << random.Next(3),
                    Checkpoint = new CheckpointOptions(scratch.Path) { EveryEpochs = random.Next(3), Every = TimeSpan.FromTicks(random.Next(2)) },
                    Resume = lives > 0 ? scratch.Path : null,
                };
                int batches = 1 + random.Next(options.Optimizer is Lbfgs ? 4 : 30);
                report = cancels ? Cancelled(network, fit, life, batches) : Cut(network, fit, life, batches);
                lives++;
                if (report is not null)
                {
                    Bits.Equal(Parameters.Of(whole), Parameters.Of(network), $"parameters after {lives} lives");
                    Assert.Equal(Losses(expected), Losses(report));
                    Assert.Equal((expected.BestEpoch, expected.StopReason), (report.BestEpoch, report.StopReason));
                }

                Assert.InRange(lives, 1, 1000);
            }
        }

        return expected;
    }

    /// <summary>The report if it came to its end.</summary>
    private static FitReport? Cancelled(Network network, Func<Network, FitOptions, CancellationToken, FitReport> fit, FitOptions options, int afterBatches)
    {
        using CancellationTokenSource source = new();
        FitReport report = fit(network, options with { Callbacks = [new Listener { Batch = () => { if (--afterBatches == 0) { source.Cancel(); } } }] }, source.Token);
        return report.StopReason == StopReason.Cancelled ? null : report;
    }

    /// <summary>The same, dying by an exception, which writes nothing more.</summary>
    private static FitReport? Cut(Network network, Func<Network, FitOptions, CancellationToken, FitReport> fit, FitOptions options, int afterBatches)
    {
        try
        {
            return fit(network, options with { Callbacks = [new Listener { Batch = () => { if (--afterBatches == 0) { throw new TimeoutException(); } } }] }, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static IEnumerable<(int, float, float, float?, float?, float)> Losses(FitReport report) =>
        report.Epochs.Select(e => (e.Epoch, e.TrainLoss, e.TrainMetric, e.ValidationLoss, e.ValidationMetric, e.LearningRate));

    private static Dataset Data(int rows, int seed) => new(Numbers.Uniform(seed, rows * Inputs), Inputs, Numbers.Labels(seed + 1, rows, Classes), Classes);

    private static Network Start(int seed, Activation? output = null) =>
        Build(Network.Input(Inputs).Dense(9, Activation.Tanh), seed, output);

    private static Network Build(NetworkBuilder builder, int seed, Activation? output = null) => builder.Dense(Classes, output ?? Activation.Softmax).Build(seed).Fill(seed);

    private sealed class Listener : TrainingCallback
    {
        public Action? Batch { get; init; }

        public Action<string>? Saved { get; init; }

        public override void OnBatchEnd(TrainingProgress progress) => Batch?.Invoke();

        public override void OnCheckpoint(TrainingProgress progress, string path) => Saved?.Invoke(path);
    }
}
