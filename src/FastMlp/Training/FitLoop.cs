using System.Diagnostics;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training.Schedules;

namespace FastMlp.Training;

/// <summary>Epochs of mini-batches over a data set, with validation, early stopping and reports.</summary>
internal sealed unsafe class FitLoop : IDisposable
{
    private readonly Network network;
    private readonly Dataset train;
    private readonly FitOptions options;
    private readonly Func<Snapshot, string>? save;
    private readonly TrainingCallback[] callbacks;
    private readonly Dictionary<string, string> facts;
    private readonly TrainingState state;
    private readonly TrainingProgress progress;
    private readonly Scorer? scorer;
    private readonly int batchSize;
    private readonly int batches;
    private readonly bool converges;
    private readonly int[] order;
    private readonly BatchRows? gathered;
    private AlignedBuffer? best;

    // Where the run is: all of this, with the state of the optimizer and the schedule, is in a checkpoint.
    private readonly List<EpochReport> reports;
    private int epoch = 1;
    private int batch;
    private EpochSums sums;
    private float firstRate;
    private int bestEpoch;
    private float bestLoss = float.PositiveInfinity;
    private int badEpochs;
    private TimeSpan training;
    private long samples;
    private StopReason? ended;

    // Time, in which runs differ.
    private readonly long start = Stopwatch.GetTimestamp();
    private TimeSpan before;
    private TimeSpan inEpoch;
    private TimeSpan scoring;
    private long saved;
    private (int Epoch, int Batch) savedAt;

    /// <param name="network">What is trained.</param>
    /// <param name="data">Rows to train on, and to hold some out of.</param>
    /// <param name="options">How.</param>
    /// <param name="save">Writes a checkpoint and returns its path; null where there are to be none.</param>
    public FitLoop(Network network, Dataset data, FitOptions options, Func<Snapshot, string>? save)
    {
        this.network = network;
        this.options = options;
        this.save = save;
        Check(options);
        callbacks = [.. options.Callbacks];
        (train, Dataset? validation) = Parted(data, options);
        if (train.Rows == 0)
        {
            throw new ArgumentException("There are no rows to train on.", nameof(data));
        }

        LayerStack stack = network.Stack;
        batchSize = Math.Min(options.BatchSize, train.Rows);
        batches = (int)(((long)train.Rows + batchSize - 1) / batchSize);
        if (options.Optimizer is Lbfgs && (batchSize < train.Rows || options.AccumulateBatches > 1))
        {
            throw new ArgumentException($"L-BFGS needs all {train.Rows} rows in one batch, not {batchSize}: set BatchSize to FitOptions.FullBatch, and AccumulateBatches to 1.", nameof(options));
        }

        state = new TrainingState(stack, network.Parameters, options.Loss, options.Optimizer, options.Limits, options.Seed, options.Threads)
        {
            IsBatchFixed = batchSize == train.Rows,
            Schedule = options.Schedule is null ? null : new ScheduleRun(options.Schedule, options.Optimizer.LearningRate, Start()),
        };
        facts = RunFacts.Of(options, state.Loss, data);
        Shapes.Check(stack, state.LossFunction, train, nameof(data));
        scorer = validation is null ? null : new Scorer(stack, state.Loss, validation, options.Threads, nameof(options.Validation));
        converges = stack.Output.Spec.Activation.Kind == ActivationKind.Step;
        order = new int[train.Rows];
        gathered = options.Shuffle && batchSize < train.Rows ? new BatchRows(train, batchSize, state.Threads) : null;
        bool restores = options.RestoreBest ?? (options.EarlyStoppingPatience > 0 || options.MaxDuration > TimeSpan.Zero);
        best = restores && scorer is not null ? new AlignedBuffer(stack.ParameterLength) : null;
        reports = new(Math.Min(options.Epochs, 10_000));
        progress = new TrainingProgress(network, state, options.Epochs, batches);
        saved = start;
    }

    /// <summary>Goes on from a checkpoint.</summary>
    /// <exception cref="ArgumentException">It is of other data or options.</exception>
    public void Resume(Snapshot snapshot, ResumePoint point)
    {
        FitPosition position = snapshot.Run.Fit ?? throw new ArgumentException($"{point.Path} was written by a Trainer: load it there, or train on from its model.", nameof(snapshot));
        bool mayGoOn = options.Schedule is not { NeedsTotalSteps: true };
        Checkpoints.CheckSame(snapshot.Run.Options, facts, mayGoOn ? [RunFacts.Epochs] : []);
        bool isWhole = position.Batch <= batches && position.Totals.Rows == Math.Min((long)position.Batch * batchSize, train.Rows)
            && (position.Batch == batches || position.Batch % options.AccumulateBatches == 0);
        if (!isWhole)
        {
            throw new ArgumentException($"{point.Path} is at batch {position.Batch} with {position.Totals.Rows} rows of an epoch, which is no place that these options come to.", nameof(snapshot));
        }

        state.Restore(snapshot);
        if (snapshot.Best is null && position.BestEpoch > 0)
        {
            // Only a limit of time that was not there before asks for it: the best so far cannot be brought back.
            best?.Dispose();
            best = null;
        }
        else if (best is not null)
        {
            snapshot.Best?.CopyTo(best.Span);
        }

        reports.AddRange(position.History);
        epoch = position.Epoch;
        batch = position.Batch;
        sums = new EpochSums(state.LossFunction, train, position.Totals);
        firstRate = position.FirstRate;
        bestEpoch = position.BestEpoch;
        bestLoss = position.BestLoss;
        badEpochs = position.BadEpochs;
        before = TimeSpan.FromSeconds(position.Elapsed);
        training = TimeSpan.FromSeconds(position.Training);
        inEpoch = TimeSpan.FromSeconds(position.InEpoch);
        samples = position.Samples;
        ended = position.Ended;
        progress.Resumed = point;
    }

    public FitReport Run(CancellationToken cancellationToken)
    {
        progress.Epoch = epoch;
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnTrainBegin(progress);
        }

        StopReason? reason = ended;
        while (reason is null && epoch <= options.Epochs)
        {
            reason = Epoch(cancellationToken);
        }

        reason ??= StopReason.EpochsDone;
        Save();
        if (reason == StopReason.TimeIsUp && batch > 0 && scorer is not null)
        {
            ReportPart();
        }

        if (best is not null && bestEpoch > 0)
        {
            best.Span.CopyTo(state.Parameters.Span);
        }

        double rate = training > TimeSpan.Zero ? samples / training.TotalSeconds : 0;
        FitReport report = new(reports, bestEpoch, rate, Elapsed, reason.Value) { Resumed = progress.Resumed };
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnTrainEnd(progress, report);
        }

        return report;
    }

    /// <summary>What decided the result, for the model's file.</summary>
    public FitRecord Record(FitReport report) => new()
    {
        NetworkSeed = network.Seed,
        Environment = RunFacts.Writer(),
        Options = facts,
        EpochsDone = report.Epochs.Count,
        BestEpoch = report.BestEpoch,
        StopReason = report.StopReason,
    };

    public void Dispose()
    {
        state.Dispose();
        scorer?.Dispose();
        gathered?.Dispose();
        best?.Dispose();
    }

    private TimeSpan Elapsed => before + Stopwatch.GetElapsedTime(start);

    /// <summary>The time of this call counts, and what scoring will take is kept back.</summary>
    private bool IsTimeUp => options.MaxDuration > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) + scoring >= options.MaxDuration;

    private static void Check(FitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options.Optimizer);
        ArgumentNullException.ThrowIfNull(options.Callbacks);
        foreach (TrainingCallback callback in options.Callbacks)
        {
            ArgumentNullException.ThrowIfNull(callback, nameof(options.Callbacks));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AccumulateBatches, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EarlyStoppingPatience);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxDuration, TimeSpan.Zero);
        if (!(options.MinDelta >= 0) || !float.IsFinite(options.MinDelta))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.MinDelta, "MinDelta is a finite number of at least 0.");
        }

        if (options.ValidationFraction is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.ValidationFraction, "ValidationFraction is at least 0 and below 1.");
        }

        if (options.ValidationFraction > 0 && options.Validation is not null)
        {
            throw new ArgumentException("There are two sets of validation rows: set Validation or ValidationFraction.", nameof(options));
        }

        if (options.ValidationFraction == 0 && options.Validation is null && (options.EarlyStoppingPatience > 0 || options.RestoreBest == true))
        {
            throw new ArgumentException("Early stopping watches the validation loss, and so does RestoreBest: set Validation or ValidationFraction.", nameof(options));
        }
    }

    private static (Dataset Train, Dataset? Validation) Parted(Dataset data, FitOptions options)
    {
        if (options.ValidationFraction == 0)
        {
            return (data, options.Validation);
        }

        (Dataset train, Dataset heldOut) = data.Split(options.ValidationFraction, options.Seed, data.IsClassification);
        return heldOut.Rows > 0 && train.Rows > 0
            ? (train, heldOut)
            : throw new ArgumentException($"A ValidationFraction of {options.ValidationFraction} leaves {train.Rows} rows to train on and {heldOut.Rows} to score: there must be some of both.", nameof(options));
    }

    /// <summary>Where a schedule begins.</summary>
    private SchedulePosition Start()
    {
        long steps = ((long)batches + options.AccumulateBatches - 1) / options.AccumulateBatches;
        return new SchedulePosition(0, steps * options.Epochs, steps, train.Rows);
    }

    /// <summary>What is left of the epoch under way; null if it came to its end and training goes on.</summary>
    private StopReason? Epoch(CancellationToken cancellationToken)
    {
        progress.Epoch = epoch;
        if (batch == 0)
        {
            sums = new EpochSums(state.LossFunction, train, default);
            firstRate = state.LearningRate;
            foreach (TrainingCallback callback in callbacks)
            {
                callback.OnEpochBegin(progress);
            }
        }

        if (gathered is not null)
        {
            for (int i = 0; i < order.Length; i++)
            {
                order[i] = i;
            }

            CounterRandom.Shuffle(order, options.Seed, CounterRandom.ShuffleStream + epoch);
        }

        StopReason? halt = Batches(cancellationToken);
        if (batch < batches)
        {
            return halt;
        }

        return EndEpoch(cancellationToken);
    }

    /// <summary>Batch by batch to the end of the epoch, or to a reason to stop, which counts only where an update is whole.</summary>
    private StopReason? Batches(CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        TimeSpan earlier = inEpoch;
        int waiting = 0;
        StopReason? halt = null;
        fixed (float* features = train.Features, values = train.Targets, weights = train.Weights)
        {
            fixed (int* labels = train.Labels)
            {
                while (batch < batches && (waiting > 0 || (halt = Halt(cancellationToken)) is null))
                {
                    int first = batch * batchSize;
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

                    progress.Batch = ++batch;
                    foreach (TrainingCallback callback in callbacks)
                    {
                        callback.OnBatchBegin(progress);
                    }

                    // A callback, or another thread, may have disposed it: the memory is still there, but nobody waits for the result.
                    network.CheckNotDisposed();
                    progress.Loss = state.Forward(x, targets, epoch, batch);
                    sums.Add(progress.Loss, state.LossFunction.Weight, rows, state.Backpropagation.Outputs(rows), targets);
                    waiting = Update(x, targets, waiting);
                    foreach (TrainingCallback callback in callbacks)
                    {
                        callback.OnBatchEnd(progress);
                    }

                    if (save is not null && waiting == 0 && IsSaveDue)
                    {
                        inEpoch = earlier + Stopwatch.GetElapsedTime(begin);
                        Save();
                    }
                }
            }
        }

        progress.Batch = 0;
        inEpoch = earlier + Stopwatch.GetElapsedTime(begin);
        return halt;
    }

    private bool IsSaveDue => options.Checkpoint!.Every > TimeSpan.Zero && Stopwatch.GetElapsedTime(saved) >= options.Checkpoint.Every;

    private StopReason? Halt(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? StopReason.Cancelled
        : progress.IsStopRequested ? StopReason.Stopped
        : IsTimeUp ? StopReason.TimeIsUp
        : null;

    /// <summary>Backward, and the update where enough batches have been added up; returns how many wait.</summary>
    private int Update(MatrixView x, Targets targets, int waiting)
    {
        if (options.AccumulateBatches == 1)
        {
            state.Update(x, targets, epoch, batch);
            return 0;
        }

        state.Accumulate(x);
        if (++waiting < options.AccumulateBatches && batch < batches)
        {
            return waiting;
        }

        state.MeanOfAccumulated();
        state.ForgetAccumulated();
        state.ApplyGradients(epoch, batch);
        return 0;
    }

    /// <summary>Scores, reports, decides whether to go on, and steps to the next epoch.</summary>
    private StopReason? EndEpoch(CancellationToken cancellationToken)
    {
        training += inEpoch;
        samples += sums.Rows;
        EpochReport report = Report();
        state.Schedule?.Observe(report.TrainLoss, report.ValidationLoss, state.StepCount);
        float watched = report.ValidationLoss ?? report.TrainLoss;
        badEpochs = watched < bestLoss - options.MinDelta ? 0 : badEpochs + 1;
        Take(report, watched);
        options.Progress?.Invoke(report);
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnEpochEnd(progress, report);
        }

        if ((converges && sums.MeanLoss == 0) || state.HasConverged || state.Schedule is { State.IsOver: true })
        {
            ended = StopReason.Converged;
        }
        else if (options.EarlyStoppingPatience > 0 && badEpochs >= options.EarlyStoppingPatience)
        {
            ended = StopReason.EarlyStopping;
        }

        epoch++;
        batch = 0;
        inEpoch = TimeSpan.Zero;
        sums = new EpochSums(state.LossFunction, train, default);
        if (save is not null && ((options.Checkpoint!.EveryEpochs > 0 && (epoch - 1) % options.Checkpoint.EveryEpochs == 0) || IsSaveDue))
        {
            Save();
        }

        return ended ?? (epoch <= options.Epochs ? Halt(cancellationToken) : cancellationToken.IsCancellationRequested ? StopReason.Cancelled : null);
    }

    /// <summary>The part of an epoch that time allowed competes with the epochs before it.</summary>
    private void ReportPart()
    {
        training += inEpoch;
        samples += sums.Rows;
        EpochReport report = Report();
        Take(report, report.ValidationLoss!.Value);
    }

    private EpochReport Report()
    {
        long begin = Stopwatch.GetTimestamp();
        Evaluation? validation = scorer?.Run(state.Parameters.Pointer);
        scoring = Stopwatch.GetElapsedTime(begin);
        return new EpochReport(
            epoch,
            sums.MeanLoss,
            sums.Metric,
            validation?.Loss,
            validation is null ? null : sums.CountsRight ? validation.Accuracy : validation.Rmse,
            sums.Rows / inEpoch.TotalSeconds,
            Elapsed)
        {
            LearningRate = firstRate,
        };
    }

    /// <summary>Into the history, and where it is the best so far into the memory of that.</summary>
    private void Take(EpochReport report, float watched)
    {
        reports.Add(report);
        if (watched < bestLoss)
        {
            bestLoss = watched;
            bestEpoch = epoch;
            if (best is not null)
            {
                state.Parameters.Span.CopyTo(best.Span);
            }
        }
    }

    private void Save()
    {
        if (save is null || savedAt == (epoch, batch))
        {
            return;
        }

        (RunState run, float[][] states) = state.Capture(facts);
        string path = save(new Snapshot(
            run with
            {
                HasBest = best is not null,
                Fit = new FitPosition
                {
                    Epoch = epoch,
                    Batch = batch,
                    Totals = sums.Totals,
                    FirstRate = firstRate,
                    History = [.. reports],
                    BestEpoch = bestEpoch,
                    BestLoss = bestLoss,
                    BadEpochs = badEpochs,
                    Elapsed = Elapsed.TotalSeconds,
                    Training = training.TotalSeconds,
                    InEpoch = inEpoch.TotalSeconds,
                    Samples = samples,
                    Ended = ended,
                },
            },
            state.Parameters.Span.ToArray(),
            best?.Span.ToArray(),
            states));
        saved = Stopwatch.GetTimestamp();
        savedAt = (epoch, batch);
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnCheckpoint(progress, path);
        }
    }

    /// <summary>What an epoch adds up, batch by batch.</summary>
    private struct EpochSums(LossFunction function, Dataset data, EpochTotals totals)
    {
        private double loss = totals.Loss;
        private double weight = totals.Weight;
        private long right = totals.Right;
        private double squares = totals.Squares;

        public int Rows { get; private set; } = totals.Rows;

        public readonly EpochTotals Totals => new(loss, weight, right, squares, Rows);

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
