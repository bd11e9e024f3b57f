namespace FastMlp.Data;

/// <summary>The course of an estimator's training: the passes are those of <see cref="Trainer.Fit(Dataset, FitOptions, CancellationToken)"/>, the loss, the rate and the end are scikit-learn's.</summary>
internal sealed class MlpCourse : TrainingCallback, IDisposable
{
    /// <summary>What an adaptive rate is divided by, and where it ends.</summary>
    private const float Slowdown = 5;

    private const float LeastRate = 1e-6f;

    private readonly Network network;
    private readonly MlpEstimator estimator;
    private readonly FitOptions options;
    private readonly Trainer trainer;
    private readonly float decay;
    private readonly List<double> losses;
    private readonly List<double> scores;
    private float[] weights = [];
    private long rowsSeen;
    private double penalty;

    // Of the fit under way.
    private bool isPass;
    private int rows;
    private double bestLoss;
    private double bestScore;
    private Metric watched = Metric.Loss;
    private int idle;

    /// <param name="network">What is trained.</param>
    /// <param name="estimator">Its parameters.</param>
    /// <param name="rows">Rows to train on.</param>
    /// <param name="seed">The seed of the order.</param>
    /// <param name="losses">Where the loss of each pass goes.</param>
    /// <param name="scores">Where the score of each pass goes.</param>
    public MlpCourse(Network network, MlpEstimator estimator, int rows, int seed, List<double> losses, List<double> scores)
    {
        this.network = network;
        this.estimator = estimator;
        this.losses = losses;
        this.scores = scores;
        bool searches = estimator.Solver == MlpSolver.Lbfgs;
        int batchSize = searches ? rows : Math.Min(estimator.BatchSize ?? MlpEstimator.DefaultBatchSize, rows);
        decay = estimator.Alpha / batchSize;
        options = new FitOptions
        {
            Optimizer = estimator.Solver switch
            {
                MlpSolver.Sgd => new Sgd(estimator.LearningRateInit, estimator.Momentum, estimator.NesterovsMomentum && estimator.Momentum > 0, decay),
                MlpSolver.Adam => new Adam(estimator.LearningRateInit, estimator.Beta1, estimator.Beta2, estimator.Epsilon, decay),
                MlpSolver.Lbfgs => new Lbfgs(gradientTolerance: estimator.Tol, weightDecay: decay),
                _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator.Solver, "Unknown solver."),
            },
            BatchSize = searches ? FitOptions.FullBatch : batchSize,
            Shuffle = estimator.Shuffle,
            Seed = seed,
            Threads = estimator.Threads,
            Callbacks = [this],
        };
        trainer = new Trainer(network, options.ForTrainer());
        penalty = Penalty();
    }

    /// <summary>Passes until nothing is gained any more, or there have been enough; whether it was the first.</summary>
    /// <param name="train">Scaled rows.</param>
    /// <param name="validation">Rows whose score decides, and to whose best the parameters return; null where the loss decides.</param>
    /// <param name="score">What their score is.</param>
    public bool Fit(Dataset train, Dataset? validation, Metric score)
    {
        (isPass, rows, bestLoss, bestScore, idle) = (false, train.Rows, double.PositiveInfinity, double.NegativeInfinity, 0);
        watched = validation is null ? Metric.Loss : score;
        FitReport report = trainer.Fit(train, options with
        {
            Epochs = estimator.MaxIter,
            Validation = validation,
            Watch = watched,
            RestoreBest = validation is not null,
        });
        return report.StopReason is StopReason.Stopped or StopReason.Converged;
    }

    /// <summary>One pass.</summary>
    public void Pass(Dataset train)
    {
        (isPass, rows) = (true, train.Rows);
        trainer.Fit(train, options with { Epochs = 1 });
    }

    public override void OnEpochEnd(TrainingProgress progress, in EpochReport report)
    {
        // scikit-learn adds the penalty of every batch; between the ends of a pass it is near enough to a straight line. A pass of L-BFGS is one batch.
        double before = penalty;
        penalty = Penalty();
        bool searches = estimator.Solver == MlpSolver.Lbfgs;
        double loss = report.TrainLoss + (searches ? before : (before + penalty) / 2);
        losses.Add(loss);
        rowsSeen += rows;
        if (estimator is { Solver: MlpSolver.Sgd, LearningRate: MlpLearningRate.InvScaling })
        {
            progress.LearningRate = (float)(estimator.LearningRateInit / Math.Pow(rowsSeen + 1, estimator.PowerT));
        }

        if (isPass || searches)
        {
            return;
        }

        Watch(loss, report.ValidationLoss is null ? null : report.Watched);
        if (idle > estimator.NIterNoChange)
        {
            idle = 0;
            SlowDownOrStop(progress);
        }
    }

    public void Dispose() => trainer.Dispose();

    private void Watch(double loss, float? figure)
    {
        if (figure is not { } value)
        {
            idle = loss > bestLoss - estimator.Tol ? idle + 1 : 0;
            bestLoss = Math.Min(bestLoss, loss);
            return;
        }

        double score = watched.IsHigherBetter ? value : -value;
        scores.Add(score);
        idle = score < bestScore + estimator.Tol ? idle + 1 : 0;
        bestScore = Math.Max(bestScore, score);
    }

    private void SlowDownOrStop(TrainingProgress progress)
    {
        if (estimator is { Solver: MlpSolver.Sgd, LearningRate: MlpLearningRate.Adaptive } && progress.LearningRate > LeastRate)
        {
            progress.LearningRate /= Slowdown;
        }
        else
        {
            progress.Stop();
        }
    }

    /// <summary>decay / 2 times the sum of squared weights.</summary>
    private double Penalty()
    {
        double sum = 0;
        foreach (Tensor tensor in network.Tensors)
        {
            if (decay == 0 || tensor.Role != TensorRole.Weight)
            {
                continue;
            }

            weights = weights.Length >= tensor.Length ? weights : new float[tensor.Length];
            tensor.CopyTo(weights.AsSpan(0, tensor.Length));
            foreach (float weight in weights.AsSpan(0, tensor.Length))
            {
                sum += (double)weight * weight;
            }
        }

        return decay / 2 * sum;
    }
}
