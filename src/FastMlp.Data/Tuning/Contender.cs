namespace FastMlp.Data;

/// <summary>A candidate in the search: a network for each held-out fold, trained on from round to round.</summary>
internal sealed class Contender(Candidate candidate) : IDisposable
{
    private readonly Lock gate = new();
    private FoldCourse?[] courses = [];

    /// <summary>Why it is out of the race; null while it is not.</summary>
    public TrainingDivergedException? Failure { get; private set; }

    public long RowsTrained => courses.Sum(course => course is null ? 0L : (long)course.Rows * course.Watched.Count);

    /// <summary>The score as a number of which less is better; infinite where training diverged.</summary>
    public double Rank
    {
        get
        {
            double score = Result.Score;
            return Failure is not null || double.IsNaN(score) ? double.PositiveInfinity : IsHigherBetter ? -score : score;
        }
    }

    public CandidateResult Result
    {
        get
        {
            int epochs = courses.Length == 0 ? 0 : courses.Min(course => course?.Watched.Count ?? 0);
            int best = -1;
            double score = double.NaN;
            for (int epoch = 0; epoch < epochs; epoch++)
            {
                double mean = courses.Average(course => course!.Watched[epoch]);
                if (double.IsFinite(mean) && (best < 0 || (IsHigherBetter ? mean > score : mean < score)))
                {
                    (best, score) = (epoch, mean);
                }
            }

            double error = best < 0 ? double.NaN : StandardError([.. courses.Select(course => (double)course!.Watched[best])]);
            return new CandidateResult(candidate, epochs, best + 1, score, error);
        }
    }

    private bool IsHigherBetter => candidate.Options.Watch.IsHigherBetter;

    /// <summary>Trains the network of one fold until it has been through so many epochs. Folds may run at the same time.</summary>
    public void Train(int fold, IReadOnlyList<(Dataset Train, Dataset HeldOut)> folds, int epochs, Func<bool> isUp, CancellationToken cancellationToken)
    {
        FoldCourse? course;
        lock (gate)
        {
            courses = courses.Length == 0 ? new FoldCourse?[folds.Count] : courses;
            course = courses[fold] ??= new FoldCourse(candidate, folds[fold].Train, folds[fold].HeldOut);
        }

        try
        {
            course.TrainTo(epochs, isUp, cancellationToken);
        }
        catch (TrainingDivergedException exception)
        {
            lock (gate)
            {
                Failure ??= exception;
            }
        }
    }

    /// <summary>Whether more epochs promise nothing.</summary>
    public bool IsSpent(HalvingOptions options)
    {
        CandidateResult result = Result;
        return Failure is not null || (result.Epochs >= 2 * options.FirstEpochs && result.Epochs - result.BestEpoch >= Math.Max(options.FirstEpochs, options.Patience * result.Epochs));
    }

    public void Dispose()
    {
        foreach (FoldCourse? course in courses)
        {
            course?.Dispose();
        }
    }

    private static double StandardError(double[] values)
    {
        double mean = values.Average();
        return values.Length < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);
    }

    /// <summary>One network on its way, with the rows that score it after each epoch.</summary>
    private sealed class FoldCourse : IDisposable
    {
        private readonly FitOptions options;
        private readonly Dataset train;
        private readonly Dataset heldOut;
        private readonly Network network;
        private readonly Trainer trainer;

        public FoldCourse(Candidate candidate, Dataset train, Dataset heldOut)
        {
            this.train = train;
            this.heldOut = heldOut;
            options = candidate.Options with { Threads = 1, Validation = heldOut, RestoreBest = false, EarlyStoppingPatience = 0, MaxDuration = TimeSpan.Zero };
            network = candidate.Build();
            trainer = new Trainer(network, options.ForTrainer());
        }

        public int Rows => train.Rows;

        public List<float> Watched { get; } = [];

        public void TrainTo(int epochs, Func<bool> isUp, CancellationToken cancellationToken)
        {
            if (epochs <= Watched.Count)
            {
                return;
            }

            UntilTimeIsUp until = new(isUp);
            FitReport report = trainer.Fit(train, options with { Validation = heldOut, Epochs = epochs - Watched.Count, Callbacks = [until] }, cancellationToken);
            Watched.AddRange(report.Epochs.Select(epoch => epoch.Watched ?? float.NaN));
        }

        public void Dispose()
        {
            trainer.Dispose();
            network.Dispose();
        }
    }

    private sealed class UntilTimeIsUp(Func<bool> isUp) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingProgress progress, in EpochReport report)
        {
            if (isUp())
            {
                progress.Stop();
            }
        }
    }
}
