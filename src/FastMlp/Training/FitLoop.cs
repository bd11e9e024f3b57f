using System.Diagnostics;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training.Schedules;

namespace FastMlp.Training;

/// <summary>Epochs of mini-batches over a data set, with validation, early stopping and reports.</summary>
internal sealed unsafe class FitLoop : IDisposable
{
    private readonly LayerStack stack;
    private readonly AlignedBuffer parameters;
    private readonly Dataset train;
    private readonly FitOptions options;
    private readonly TrainingState state;
    private readonly Scorer? scorer;
    private readonly int batchSize;
    private readonly int[] order;
    private readonly BatchRows? gathered;
    private readonly AlignedBuffer? best;

    public FitLoop(LayerStack stack, AlignedBuffer parameters, Dataset train, FitOptions options)
    {
        this.stack = stack;
        this.parameters = parameters;
        this.train = train;
        this.options = options;
        if (train.Rows == 0)
        {
            throw new ArgumentException("There are no rows to train on.", nameof(train));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EarlyStoppingPatience);
        batchSize = Math.Min(options.BatchSize, train.Rows);
        if (options.Optimizer is Lbfgs && batchSize < train.Rows)
        {
            throw new ArgumentException($"L-BFGS needs all {train.Rows} rows in one batch, not {batchSize}: set BatchSize to FitOptions.FullBatch.", nameof(options));
        }

        state = new TrainingState(stack, parameters, options.Loss, options.Optimizer, options.Limits, options.Seed, options.Threads)
        {
            IsBatchFixed = batchSize == train.Rows,
            Schedule = options.Schedule is null ? null : new ScheduleRun(options.Schedule, options.Optimizer.LearningRate, Start()),
        };
        Shapes.Check(stack, state.LossFunction, train, nameof(train));
        if (options.Validation is { } validation)
        {
            scorer = new Scorer(stack, state.Loss, validation, options.Threads, nameof(options.Validation));
        }
        else if (options.EarlyStoppingPatience > 0)
        {
            throw new ArgumentException("Early stopping watches the validation loss: set Validation.", nameof(options));
        }

        order = new int[train.Rows];
        gathered = options.Shuffle && batchSize < train.Rows ? new BatchRows(train, batchSize, state.Threads) : null;
        best = options.EarlyStoppingPatience > 0 ? new AlignedBuffer(stack.ParameterLength) : null;
    }

    public FitReport Run(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        List<EpochReport> reports = new(Math.Min(options.Epochs, 10_000));
        StopReason reason = StopReason.EpochsDone;
        int bestEpoch = 0;
        float bestLoss = float.PositiveInfinity;
        TimeSpan training = TimeSpan.Zero;
        long samples = 0;
        bool converges = stack.Output.Spec.Activation.Kind == ActivationKind.Step;
        for (int epoch = 1; epoch <= options.Epochs && reason == StopReason.EpochsDone; epoch++)
        {
            long epochStart = Stopwatch.GetTimestamp();
            float firstRate = state.LearningRate;
            EpochSums sums = Epoch(epoch, cancellationToken);
            TimeSpan epochTime = Stopwatch.GetElapsedTime(epochStart);
            training += epochTime;
            samples += sums.Rows;
            if (sums.Rows < train.Rows)
            {
                reason = StopReason.Cancelled;
                break;
            }

            Evaluation? validation = scorer?.Run(parameters.Pointer);
            EpochReport report = new(
                epoch,
                sums.MeanLoss,
                sums.Metric,
                validation?.Loss,
                validation is null ? null : sums.CountsRight ? validation.Accuracy : validation.Rmse,
                sums.Rows / epochTime.TotalSeconds,
                Stopwatch.GetElapsedTime(start))
            {
                LearningRate = firstRate,
            };
            state.Schedule?.Observe(report.TrainLoss, report.ValidationLoss, state.StepCount);
            reports.Add(report);
            float watched = validation?.Loss ?? report.TrainLoss;
            if (watched < bestLoss)
            {
                bestLoss = watched;
                bestEpoch = epoch;
                if (best is not null)
                {
                    parameters.Span.CopyTo(best.Span);
                }
            }

            options.Progress?.Invoke(report);
            if ((converges && sums.MeanLoss == 0) || state.HasConverged || state.Schedule is { State.IsOver: true })
            {
                reason = StopReason.Converged;
            }
            else if (best is not null && epoch - bestEpoch >= options.EarlyStoppingPatience)
            {
                reason = StopReason.EarlyStopping;
            }
            else if (cancellationToken.IsCancellationRequested)
            {
                reason = StopReason.Cancelled;
            }
        }

        if (best is not null && bestEpoch > 0)
        {
            best.Span.CopyTo(parameters.Span);
        }

        double rate = training > TimeSpan.Zero ? samples / training.TotalSeconds : 0;
        return new FitReport(reports, bestEpoch, rate, Stopwatch.GetElapsedTime(start), reason);
    }

    public void Dispose()
    {
        state.Dispose();
        scorer?.Dispose();
        gathered?.Dispose();
        best?.Dispose();
    }

    /// <summary>Where a schedule begins.</summary>
    private SchedulePosition Start()
    {
        long steps = ((long)train.Rows + batchSize - 1) / batchSize;
        return new SchedulePosition(0, steps * options.Epochs, steps, train.Rows);
    }

    private EpochSums Epoch(int epoch, CancellationToken cancellationToken)
    {
        if (gathered is not null)
        {
            for (int i = 0; i < order.Length; i++)
            {
                order[i] = i;
            }

            CounterRandom.Shuffle(order, options.Seed, CounterRandom.ShuffleStream + epoch);
        }

        EpochSums sums = new(state.LossFunction, train);
        int batch = 0;
        fixed (float* features = train.Features, values = train.Targets, weights = train.Weights)
        {
            fixed (int* labels = train.Labels)
            {
                for (int first = 0; first < train.Rows && !cancellationToken.IsCancellationRequested; first += batchSize)
                {
                    int rows = Math.Min(batchSize, train.Rows - first);
                    MatrixView x = MatrixView.Dense(features + ((nint)first * train.InputSize), rows, train.InputSize);
                    float* rowWeights = weights == null ? null : weights + first;
                    Targets targets = train.IsClassification
                        ? new(null, labels + first, rowWeights)
                        : new(values + ((nint)first * train.TargetSize), null, rowWeights);
                    if (gathered is not null)
                    {
                        x = gathered.Gather(order.AsSpan(first, rows), out targets);
                    }

                    float loss = state.Forward(x, targets, epoch, ++batch);
                    sums.Add(loss, state.LossFunction.Weight, rows, state.Backpropagation.Outputs(rows), targets);
                    state.Update(x, targets, epoch, batch);
                }
            }
        }

        return sums;
    }

    /// <summary>What an epoch adds up, batch by batch.</summary>
    private struct EpochSums(LossFunction function, Dataset data)
    {
        private double loss;
        private double weight;
        private long right;
        private double squares;

        public int Rows { get; private set; }

        /// <summary>Whether the metric is an accuracy, not an error of values.</summary>
        public readonly bool CountsRight => data.IsClassification || function.ComparesLabels;

        public readonly float MeanLoss => weight > 0 ? (float)(loss / weight) : 0;

        public readonly float Metric => data.IsClassification ? (float)((double)right / Rows)
            : CountsRight ? (float)(right / ((double)Rows * data.TargetSize))
            : (float)Math.Sqrt(squares / ((double)Rows * data.TargetSize * function.OutputsPerTarget));

        public void Add(float batchLoss, double batchWeight, int rows, MatrixView outputs, Targets targets)
        {
            loss += batchLoss * batchWeight;
            weight += batchWeight;
            Rows += rows;
            if (targets.AreLabels)
            {
                right += Scores.Right(outputs, targets.Labels);
            }
            else if (CountsRight)
            {
                right += Scores.RightLabels(outputs, targets.Values);
            }
            else
            {
                squares += Scores.SquaredError(outputs, targets.Values, function.OutputsPerTarget);
            }
        }
    }
}
