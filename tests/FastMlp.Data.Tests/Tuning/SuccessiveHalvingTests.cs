namespace FastMlp.Data.Tests.Tuning;

/// <summary>The short search: what it keeps, what it drops, and by which rows.</summary>
public sealed class SuccessiveHalvingTests
{
    private static readonly HalvingOptions Few = new() { Folds = 4, Epochs = 16, FirstEpochs = 2, Seed = 3 };

    [Fact]
    public void TheOneThatLearnsIsTrainedLongest()
    {
        HalvingReport report = SuccessiveHalving.Run(Wine(), [One("still", 1e-20f), One("slow", 1e-5f), One("quick", 1e-2f), One("slower", 1e-6f)], Few with { Patience = 1 });

        Assert.Equal("quick", report.Best.Candidate.Name);
        Assert.Equal([2, 2, 4, 16], report.Candidates.Select(candidate => candidate.Epochs).Order());
        Assert.InRange(report.Best.Score, 0, 0.3);
        Assert.InRange(report.Best.StandardError, 1e-6, 0.2);
        Assert.InRange(report.Best.BestEpoch, 5, 16);

        // Each epoch of a candidate goes through the other three folds of each fold: 3 x 178 rows.
        Assert.Equal(3L * 178 * (2 + 2 + 4 + 16), report.RowsTrained);
    }

    /// <summary>A network that does not move scores each fold as it is, so the mean over folds is the loss of all rows if each row is held out once.</summary>
    [Fact]
    public void EveryRowIsHeldOutOnce()
    {
        Dataset data = Wine().Select([.. Enumerable.Range(0, 176)]);
        Candidate still = One("still", 1e-30f);
        CandidateResult result = SuccessiveHalving.Run(data, [still], Few).Best;
        using Network network = still.Build();

        Assert.Equal(network.Evaluate(data).Loss, result.Score, 1e-5);
        Assert.Equal(1, result.BestEpoch);
    }

    [Fact]
    public void WhatBringsNothingMoreIsGivenUp()
    {
        CandidateResult result = SuccessiveHalving.Run(Wine(), [One("still", 1e-30f)], Few with { Epochs = 64 }).Best;
        Assert.Equal(4, result.Epochs);
    }

    [Fact]
    public void TheResultIsTheSameForAnyNumberOfThreads()
    {
        Candidate[] candidates = [One("a", 1e-3f), One("b", 3e-3f), One("c", 1e-2f)];
        string[] results = [.. new[] { 1, 2, 5 }.Select(threads =>
            string.Join(';', SuccessiveHalving.Run(Wine(), candidates, Few with { Threads = threads }).Candidates.Select(one => $"{one.Epochs} {one.BestEpoch} {one.Score:R}")))];
        Assert.Single(results.Distinct());
        Assert.NotEqual(results[0], string.Join(';', SuccessiveHalving.Run(Wine(), candidates, Few with { Seed = 4 }).Candidates.Select(one => $"{one.Epochs} {one.BestEpoch} {one.Score:R}")));
    }

    [Fact]
    public void AMetricOfWhichMoreIsBetterIsMadeLarge()
    {
        Candidate good = One("good", 1e-2f) with { Options = new FitOptions { Optimizer = new Adam(1e-2f), Watch = Metric.Accuracy } };
        Candidate still = good with { Name = "still", Options = good.Options with { Optimizer = new Adam(1e-20f) } };
        CandidateResult best = SuccessiveHalving.Run(Wine(), [still, good], Few).Best;
        Assert.Equal("good", best.Candidate.Name);
        Assert.InRange(best.Score, 0.9, 1);
    }

    [Fact]
    public void OneThatDivergesLosesAndAllThatDoAreAnError()
    {
        Candidate wild = One("wild", 1e30f) with { Options = new FitOptions { Optimizer = new Sgd(1e30f) } };
        Assert.Equal("tame", SuccessiveHalving.Run(Wine(), [wild, One("tame", 1e-3f)], Few).Best.Candidate.Name);
        Assert.Throws<TrainingDivergedException>(() => SuccessiveHalving.Run(Wine(), [wild, wild], Few));
    }

    [Fact]
    public void FewerHeldOutFoldsAreFewerTrainings()
    {
        HalvingReport one = SuccessiveHalving.Run(Wine(), [One("a", 1e-3f)], Few with { Folds = 5, HeldOutFolds = 1, Epochs = 2 });
        Assert.Equal(2L * (178 - 36), one.RowsTrained);
        Assert.True(double.IsNaN(one.Best.StandardError));
    }

    [Fact]
    public void TimeEndsTheSearchAfterAnEpochOfEach()
    {
        HalvingReport report = SuccessiveHalving.Run(Wine(), [One("a", 1e-3f), One("b", 1e-2f)], Few with { FirstEpochs = 1000, Epochs = 100_000, MaxDuration = TimeSpan.FromTicks(1) });
        Assert.All(report.Candidates, candidate => Assert.Equal((1, 1), (candidate.Epochs, candidate.BestEpoch)));
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        Dataset data = Wine();
        Candidate fine = One("fine", 1e-3f);
        Assert.Throws<ArgumentException>(() => SuccessiveHalving.Run(data, []));
        Assert.Contains("3 rows", Assert.Throws<ArgumentException>(() => SuccessiveHalving.Run(data.Select([0, 1, 2]), [fine], Few)).Message, StringComparison.Ordinal);
        Assert.Contains("'fine'", Assert.Throws<ArgumentException>(() => SuccessiveHalving.Run(data, [fine with { Options = new FitOptions { ValidationFraction = 0.1 } }])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SuccessiveHalving.Run(data, [fine with { Options = new FitOptions { Schedule = Schedule.Cosine() } }]));
        foreach (HalvingOptions wrong in (HalvingOptions[])[Few with { Folds = 1 }, Few with { HeldOutFolds = 5 }, Few with { FirstEpochs = 0 }, Few with { Epochs = 1 }, Few with { Reduction = 1 }, Few with { Patience = 0 }, Few with { Threads = -1 }])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => SuccessiveHalving.Run(data, [fine], wrong));
        }

        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => SuccessiveHalving.Run(data, [fine], Few, stop.Token));

        // What the engine refuses comes out as it is, not as an aggregate of the threads.
        Candidate step = fine with { Build = () => Network.Input(13).Dense(4, Activation.Step).Dense(3, Activation.Softmax).Build() };
        Assert.Throws<InvalidOperationException>(() => SuccessiveHalving.Run(data, [step], Few));
    }

    private static Candidate One(string name, float rate) =>
        new(name, () => Network.Input(13).Dense(16, Activation.Relu).Dense(3, Activation.Softmax).Build(1), new FitOptions { Optimizer = new Adam(rate), Seed = 1 });

    private static Dataset Wine()
    {
        Dataset data = BuiltInDatasets.Wine();
        return Preprocessing.Fit(data).Transform(data);
    }
}
