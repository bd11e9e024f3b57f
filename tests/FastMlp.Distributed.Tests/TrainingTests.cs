namespace FastMlp.Distributed.Tests;

public class TrainingTests
{
    private static readonly FitOptions options = new() { Epochs = 3, BatchSize = 48, Seed = 3, Threads = 1, Optimizer = new Adam(0.01f) };
    private static readonly DistributedOptions deterministic = new() { Deterministic = true };

    public static TheoryData<Optimizer> Optimizers => [new Sgd(0.1f), new Sgd(0.1f, 0.9f, true, 1e-3f), new Adam(0.01f), new AdamW(0.01f), new RmsProp(0.01f), new AdaGrad(0.05f)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Ranks_agree_with_one_process(Optimizer optimizer)
    {
        Dataset data = Job.Classes();
        FitOptions with = options with { Optimizer = optimizer, Validation = Job.Classes(60, 2) };
        using Network alone = Job.Build();
        FitReport expected = alone.Fit(data, with);
        float[] parameters = Job.Parameters(alone);
        foreach (int ranks in new[] { 1, 2, 3, 4 })
        {
            (float[] Parameters, FitReport Report)[] results = Job.Train(ranks, data, with);
            foreach ((float[] found, FitReport report) in results)
            {
                Assert.Equal(results[0].Parameters, found);
                for (int i = 0; i < found.Length; i++)
                {
                    Assert.Equal(parameters[i], found[i], 1e-4f);
                }

                Assert.Equal(expected.Epochs[^1].TrainLoss, report.Epochs[^1].TrainLoss, 1e-5f);
                Assert.Equal(expected.Epochs[^1].TrainMetric, report.Epochs[^1].TrainMetric, 0.011f);
                Assert.Equal(expected.Epochs[^1].ValidationLoss!.Value, report.Epochs[^1].ValidationLoss!.Value, 1e-5f);
            }
        }
    }

    [Theory]
    [InlineData(1, 0f)]
    [InlineData(2, 0f)]
    [InlineData(1, 0.3f)]
    public void Deterministic_bits_do_not_depend_on_the_ranks(int accumulated, float dropout)
    {
        Dataset data = Job.Classes();
        float[] weights = [.. Enumerable.Range(0, data.Rows).Select(i => 0.1f + (i % 7))];
        foreach (Dataset rows in new[] { data, data.WithWeights(weights) })
        {
            FitOptions with = options with { AccumulateBatches = accumulated };
            (float[] parameters, FitReport expected) = Job.Train(1, rows, with, deterministic, dropout)[0];
            foreach (int ranks in new[] { 2, 3, 4, 5, 8 })
            {
                foreach ((float[] found, FitReport report) in Job.Train(ranks, rows, with, deterministic, dropout))
                {
                    Assert.Equal(parameters, found);
                    Assert.Equal(expected.Epochs.Select(epoch => epoch.TrainLoss), report.Epochs.Select(epoch => epoch.TrainLoss));
                    Assert.Equal(expected.Epochs.Select(epoch => epoch.TrainMetric), report.Epochs.Select(epoch => epoch.TrainMetric));
                }
            }
        }
    }

    [Fact]
    public void Another_number_of_shares_is_another_sum() =>
        Assert.NotEqual(Job.Train(1, Job.Classes(), options, deterministic)[0].Parameters, Job.Train(1, Job.Classes(), options, deterministic with { Shares = 4 })[0].Parameters);

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 3)]
    [InlineData(3, 1)]
    public void A_run_goes_on_with_another_number_of_ranks(int before, int after)
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp").FullName;
        try
        {
            Dataset data = Job.Classes();
            FitOptions with = options with { Epochs = 5, Validation = Job.Classes(60, 2), EarlyStoppingPatience = 3 };
            (float[] parameters, FitReport expected) = Job.Train(1, data, with, deterministic)[0];
            FitOptions first = with with { Checkpoint = new CheckpointOptions(folder) { EveryEpochs = 1 }, Callbacks = [new StopAt(2, 3)] };
            Assert.All(Job.Train(before, data, first, deterministic), result => Assert.Equal(StopReason.Stopped, result.Report.StopReason));
            foreach ((float[] found, FitReport report) in Job.Train(after, data, with with { Resume = folder }, deterministic))
            {
                Assert.Equal((2, 3), (report.Resumed!.Epoch, report.Resumed.Batch));
                Assert.Equal(parameters, found);
                Assert.Equal(expected.Epochs.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)), report.Epochs.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void All_ranks_stop_early_at_the_same_epoch()
    {
        FitOptions with = options with { Epochs = 200, Optimizer = new Adam(0.05f), Validation = Job.Classes(60, 2), EarlyStoppingPatience = 2 };
        (float[] Parameters, FitReport Report)[] results = Job.Train(3, Job.Classes(), with);
        Assert.All(results, result =>
        {
            Assert.Equal(StopReason.EarlyStopping, result.Report.StopReason);
            Assert.Equal(results[0].Report.Epochs.Count, result.Report.Epochs.Count);
            Assert.Equal(results[0].Parameters, result.Parameters);
        });
    }

    [Fact]
    public void A_batch_smaller_than_the_ranks_leaves_some_without_rows()
    {
        Dataset data = Job.Classes(11);
        float[] expected = Job.Train(1, data, options with { BatchSize = 3 }, deterministic)[0].Parameters;
        Assert.Equal(expected, Job.Train(8, data, options with { BatchSize = 3 }, deterministic)[7].Parameters);
        Assert.Equal(3, Job.Train(5, data, options with { BatchSize = 3 })[4].Report.Epochs.Count);
    }

    [Fact]
    public void Compression_learns_as_well_and_rounds()
    {
        Dataset data = Job.Classes();
        FitOptions with = options with { Epochs = 20 };
        (float[] exact, FitReport full) = Job.Train(2, data, with)[0];
        (float[] Parameters, FitReport Report)[] compressed = Job.Train(2, data, with, new DistributedOptions { Compress = true });
        Assert.Equal(compressed[0].Parameters, compressed[1].Parameters);
        Assert.NotEqual(exact, compressed[0].Parameters);
        Assert.Equal(full.Epochs[^1].TrainLoss, compressed[0].Report.Epochs[^1].TrainLoss, 0.02f);
    }

    [Fact]
    public void Ranks_with_other_data_are_found_out()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => ThreadRanks.Run(2, communicator =>
        {
            using Network network = Job.Build();
            new DistributedTrainer(network, communicator).Fit(Job.Classes(203, communicator.Rank), options);
        }));
        Assert.Contains("The ranks differ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_share_cannot_decide_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Job.Train(2, Job.Classes(), options with { Optimizer = new Lbfgs(), BatchSize = FitOptions.FullBatch }));
        Assert.Throws<ArgumentException>(() => Job.Train(2, Job.Classes(), options, deterministic with { Shares = 6 }));
        Assert.Throws<ArgumentException>(() => Job.Train(2, Job.Classes(), options, deterministic with { Shares = 1 }));
        Assert.Throws<ArgumentException>(() => Job.Train(2, Job.Classes(), options, deterministic with { Compress = true }));
    }

    private sealed class StopAt(int epoch, int batch) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingProgress progress)
        {
            // The vote is taken in the batch behind this one.
            if (progress.Epoch == epoch && progress.Batch == batch - 1)
            {
                progress.Stop();
            }
        }
    }
}
