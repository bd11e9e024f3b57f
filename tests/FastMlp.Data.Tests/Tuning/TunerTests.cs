namespace FastMlp.Data.Tests.Tuning;

/// <summary>The search in earnest: the same trials on any number of cores and after any interruption.</summary>
public sealed class TunerTests : IDisposable
{
    private static readonly TunerOptions Small = new() { Trials = 14, Epochs = 9, FirstEpochs = 1, Seed = 5 };

    private readonly string journal = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".jsonl");

    [Fact]
    public void TheBestOfARungGoOn()
    {
        TuneReport report = Run(Small);
        Assert.True(report.IsComplete);
        Assert.Equal(Enumerable.Range(0, 14), report.Trials.Select(trial => trial.Trial));

        // Nobody waits for a rung to fill, so more go on than a third: whoever was among the best third at some time.
        Assert.InRange(report.Trials.Count(trial => trial.Rung >= 1), 4, 10);
        Assert.InRange(report.Trials.Count(trial => trial.Rung == 2), 1, 10);
        Assert.All(report.Trials, trial => Assert.Equal(new[] { 1, 3, 9 }[trial.Rung], trial.Epochs));
        Assert.Equal(report.Trials.Min(trial => trial.Score), report.Best.Score);
        Assert.InRange(report.Best.Score, 0, 0.5);
        Assert.Equal(14, report.Trials.Select(trial => trial.Settings.ToString()).Distinct().Count());
    }

    [Theory]
    [InlineData(TrialSampling.Random)]
    [InlineData(TrialSampling.Tpe)]
    public void TheResultIsTheSameForAnyNumberOfThreads(TrialSampling sampling)
    {
        string[] results = [.. new[] { 1, 2, 7 }.Select(threads => Text(Run(Small with { Threads = threads, Sampling = sampling })))];
        Assert.Single(results.Distinct());
        Assert.NotEqual(results[0], Text(Run(Small with { Sampling = sampling, Seed = 6 })));
    }

    /// <summary>The journal is cut off where a kill may leave it: behind any line, and within one.</summary>
    [Fact]
    public void AnInterruptedSearchGoesOnToTheSameTrials()
    {
        string whole = Text(Run(Small with { Journal = journal }));
        byte[] lines = File.ReadAllBytes(journal);
        int[] ends = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i] == '\n').Select(i => i + 1)];
        foreach (int cut in (int[])[0, 5, ends[0], ends[3], ends[3] + 7, ends[^2], lines.Length - 1, lines.Length])
        {
            File.WriteAllBytes(journal, lines[..cut]);
            TuneReport report = Run(Small with { Journal = journal, Threads = 2 });
            Assert.Equal(whole, Text(report));
            Assert.Equal(Math.Max(0, ends.Count(end => end <= cut) - 1), report.Replayed);
            Assert.Equal(ends.Length, File.ReadAllLines(journal).Length);
        }
    }

    [Fact]
    public void ACancelledSearchGoesOnToo()
    {
        string whole = Text(Run(Small));
        using CancellationTokenSource stop = new();
        int rungs = 0;
        TuneReport part = Run(Small with
        {
            Journal = journal,
            Progress = _ =>
            {
                if (++rungs == 6)
                {
                    stop.Cancel();
                }
            },
        }, stop.Token);
        Assert.False(part.IsComplete);
        TuneReport rest = Run(Small with { Journal = journal });
        Assert.True(rest.IsComplete);
        Assert.True(rest.Replayed >= 6);
        Assert.Equal(whole, Text(rest));
        Assert.ThrowsAny<OperationCanceledException>(() => Run(Small, stop.Token));
    }

    [Fact]
    public void TimeEndsTheSearch() => Assert.False(Run(Small with { Trials = 100_000, MaxDuration = TimeSpan.FromMilliseconds(50) }).IsComplete);

    [Fact]
    public void AJournalOfAnotherSearchIsRefused()
    {
        Run(Small with { Trials = 2, Journal = journal });
        Assert.Contains("another search", Assert.Throws<ArgumentException>(() => Run(Small with { Trials = 2, Seed = 9, Journal = journal })).Message, StringComparison.Ordinal);
        File.WriteAllText(journal, "a,b\n1,2\n");
        Assert.Contains("no journal", Assert.Throws<ArgumentException>(() => Run(Small with { Journal = journal })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(Small with { Trials = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(Small with { Reduction = 1 }));
        Assert.Throws<ArgumentException>(() => new Tuner(Rows().Train, BuiltInDatasets.Iris()));
    }

    /// <summary>Where only the rate counts and 1e-2 is best, the model-based sampler draws rates near it.</summary>
    [Fact]
    public void TheModelDrawsWhereGoodTrialsAre()
    {
        TrialSampler sampler = new(new TunerOptions { Seed = 3 });
        List<(double[] Point, double Rank)> seen = [.. Enumerable.Range(0, 40).Select(i =>
        {
            double[] point = new double[TrialSettings.Choices.Length];
            point[3] = (i + 0.5) / 40;
            return (point, Math.Abs(point[3] - 0.8));
        })];
        double[] drawn = [.. Enumerable.Range(50, 200).Select(trial => sampler.Draw(trial, [seen])[3])];
        Assert.InRange(drawn.Average(), 0.7, 0.9);
        Assert.InRange(drawn.Count(at => Math.Abs(at - 0.8) < 0.2), 170, 200);
        double[] random = [.. Enumerable.Range(50, 200).Select(trial => new TrialSampler(new TunerOptions { Seed = 3, Sampling = TrialSampling.Random }).Draw(trial, [seen])[3])];
        Assert.InRange(random.Average(), 0.42, 0.58);
    }

    /// <summary>Every corner and many points of the space make a network that trains.</summary>
    [Fact]
    public void EverySettingTrains()
    {
        (Dataset train, Dataset _) = Rows();
        TrialSampler sampler = new(new TunerOptions { Seed = 1, Sampling = TrialSampling.Random });
        int size = TrialSettings.Choices.Length;
        IEnumerable<double[]> points = Enumerable.Range(0, 30).Select(trial => sampler.Draw(trial, [])).Append(new double[size]).Append([.. Enumerable.Repeat(Math.BitDecrement(1.0), size)]);
        foreach (double[] point in points)
        {
            Candidate candidate = TrialSettings.At(point).For(train, 1);
            using Network network = candidate.Build();
            FitReport report = network.Fit(train, candidate.Options with { Epochs = 1, Threads = 1 });
            Assert.True(float.IsFinite(report.Epochs[0].TrainLoss), candidate.Name);
        }
    }

    public void Dispose() => File.Delete(journal);

    private static TuneReport Run(TunerOptions options, CancellationToken stop = default)
    {
        (Dataset train, Dataset validation) = Rows();
        return new Tuner(train, validation, options).Run(stop);
    }

    private static string Text(TuneReport report) => string.Join('\n', report.Trials.Append(report.Best).Select(trial => $"{trial.Trial} {trial.Settings} {trial.Rung} {trial.BestEpoch} {trial.Score:R}"));

    private static (Dataset Train, Dataset Validation) Rows()
    {
        (Dataset train, Dataset validation) = BuiltInDatasets.Wine().Split(0.3, 1, stratified: true);
        Preprocessing preprocessing = Preprocessing.Fit(train);
        return (preprocessing.Transform(train), preprocessing.Transform(validation));
    }
}
