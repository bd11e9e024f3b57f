using System.Diagnostics;
using FastMlp.Training.Batches;

namespace FastMlp.Training;

/// <summary>Epochs of batches from a source, with validation, early stopping and reports. All training but single steps goes through this loop.</summary>
internal sealed unsafe partial class FitLoop : IDisposable
{
    private readonly Network network;
    private readonly TrainingState state;
    private readonly BatchSource source;
    private readonly FitOptions options;
    private readonly int epochsBefore;
    private readonly TrainingCallback[] callbacks;
    private readonly TrainingProgress progress;
    private readonly Scorer? scorer;
    private readonly bool isPerceptron;
    private readonly FitClock clock = new();

    // Where the run is: all of this, with the state of the optimizer and the schedule, is in a checkpoint.
    private readonly List<EpochReport> reports;
    private readonly BestEpoch best;
    private int epoch = 1;
    private int batch;
    private EpochSums sums;
    private float firstRate;
    private long samples;
    private StopReason? ended;

    /// <param name="network">What is trained.</param>
    /// <param name="state">Its optimizer.</param>
    /// <param name="source">What it is trained on.</param>
    /// <param name="validation">Rows that are scored after every epoch; null for none.</param>
    /// <param name="options">How.</param>
    /// <param name="epochsBefore">Epochs that the state has been through in earlier runs: the order of rows goes on from there.</param>
    public FitLoop(Network network, TrainingState state, BatchSource source, Dataset? validation, FitOptions options, int epochsBefore)
    {
        this.network = network;
        this.state = state;
        this.source = source;
        this.options = options;
        this.epochsBefore = epochsBefore;
        group = options.Group;
        callbacks = [.. options.Callbacks];
        scorer = validation is null ? null : new Scorer(network.Stack, state.Loss, validation, options.Threads, nameof(options.Validation), options.Watch);
        isPerceptron = network.Stack.Output.Spec.Activation.Kind == ActivationKind.Step;
        bool restores = options.RestoreBest ?? (options.EarlyStoppingPatience > 0 || options.MaxDuration > TimeSpan.Zero);
        best = new BestEpoch(options, state.Parameters, restores && scorer is not null);
        reports = new(Math.Min(options.Epochs, 10_000));
        progress = new TrainingProgress(network, state, options.Epochs) { BatchesPerEpoch = source.Batches ?? 0 };
        sums = new EpochSums(state.LossFunction, source.IsClassification, default);
        state.IsBatchFixed = source.IsOneBatch;
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
        int finished = epoch - 1;
        if (reason == StopReason.TimeIsUp && batch > 0 && scorer is not null)
        {
            // The part of an epoch that time allowed competes with the epochs before it.
            Take(Report());
        }

        int kept = best.PutBack(finished);
        double rate = clock.Training > TimeSpan.Zero ? samples / clock.Training.TotalSeconds : 0;
        FitReport report = new(reports, best.Epoch > 0 ? best.Epoch : finished, rate, clock.Elapsed, reason.Value)
        {
            KeptEpoch = kept,
            Resumed = progress.Resumed,
        };
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnTrainEnd(progress, report);
        }

        return report;
    }

    public void Dispose()
    {
        state.IsBatchFixed = false;
        scorer?.Dispose();
        best.Dispose();
    }

    /// <summary>What is left of the epoch under way; null if it came to its end and training goes on.</summary>
    private StopReason? Epoch(CancellationToken cancellationToken)
    {
        progress.Epoch = epoch;
        source.Begin(epochsBefore + epoch, batch, passed);
        passed = null;
        sums = new EpochSums(state.LossFunction, source.IsClassification, batch == 0 ? default : sums.Totals);
        if (batch == 0)
        {
            firstRate = state.LearningRate;
            foreach (TrainingCallback callback in callbacks)
            {
                callback.OnEpochBegin(progress);
            }
        }

        StopReason? halt = Batches(cancellationToken);
        return source.IsAtEnd ? EndEpoch(cancellationToken) : halt;
    }

    /// <summary>Batch by batch to the end of the epoch, or to a reason to stop, which counts only where an update is whole.</summary>
    private StopReason? Batches(CancellationToken cancellationToken)
    {
        clock.BatchesBegin();
        int waiting = 0;
        StopReason? halt = null;
        while (!source.IsAtEnd && (waiting > 0 || (halt = Halt(cancellationToken)) is null))
        {
            progress.Batch = batch + 1;
            foreach (TrainingCallback callback in callbacks)
            {
                callback.OnBatchBegin(progress);
            }

            // A callback, or another thread, may have disposed it: the memory is still there, but nobody waits for the result.
            network.CheckNotDisposed();
            if (group is not null)
            {
                progress.Loss = StepTogether(group, cancellationToken);
            }
            else
            {
                Batch next = source.Next();
                batch++;
                progress.Loss = state.Forward(next.X, next.Targets, epoch, batch);
                sums.Add(progress.Loss, next, state.Backpropagation.Outputs(next.Rows));
                waiting = Update(next, waiting);
            }

            foreach (TrainingCallback callback in callbacks)
            {
                callback.OnBatchEnd(progress);
            }

            if (waiting == 0 && !source.IsAtEnd && IsSaveDue)
            {
                clock.Look();
                Save();
            }
        }

        progress.Batch = 0;
        clock.Look();
        return halt;
    }

    private StopReason? Halt(CancellationToken cancellationToken) => group is null ? OwnReason(cancellationToken) : agreedReason;

    private StopReason? OwnReason(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? StopReason.Cancelled
        : progress.IsStopRequested ? StopReason.Stopped
        : clock.IsUp(options.MaxDuration) ? StopReason.TimeIsUp
        : null;

    /// <summary>Backward, and the update where enough batches have been added up; returns how many wait.</summary>
    private int Update(in Batch next, int waiting)
    {
        if (options.AccumulateBatches == 1)
        {
            state.Update(next.X, next.Targets, epoch, batch);
            return 0;
        }

        state.Accumulate(next.X);
        if (++waiting < options.AccumulateBatches && !source.IsAtEnd)
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
        EpochReport report = Report();
        state.Schedule?.Observe(report.TrainLoss, report.ValidationLoss, state.StepCount);
        Take(report);
        options.Progress?.Invoke(report);
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnEpochEnd(progress, report);
        }

        if ((isPerceptron && sums.MeanLoss == 0) || state.HasConverged || state.Schedule is { State.IsOver: true })
        {
            ended = StopReason.Converged;
        }
        else if (best.IsOver)
        {
            ended = StopReason.EarlyStopping;
        }

        epoch++;
        batch = 0;
        clock.NextEpoch();
        sums = new EpochSums(state.LossFunction, source.IsClassification, default);
        progress.BatchesPerEpoch = source.Batches ?? 0;
        if (options.Checkpoint is { EveryEpochs: > 0 } every && (epoch - 1) % every.EveryEpochs == 0 || IsSaveDue)
        {
            Save();
        }

        return ended ?? (epoch <= options.Epochs ? Halt(cancellationToken) : Halt(cancellationToken) == StopReason.Cancelled ? StopReason.Cancelled : null);
    }

    /// <summary>Scores the epoch, or the part of it that is done.</summary>
    private EpochReport Report()
    {
        clock.EpochTrained();
        samples += sums.Rows;
        long begin = Stopwatch.GetTimestamp();
        Evaluation? validation = scorer?.Run(state.Parameters.Pointer);
        clock.Scored(begin);
        return new EpochReport(
            epoch,
            sums.MeanLoss,
            sums.Metric,
            validation?.Loss,
            validation is null ? null : float.IsNaN(validation.Accuracy) ? validation.Rmse : validation.Accuracy,
            sums.Rows / clock.InEpoch.TotalSeconds,
            clock.Elapsed)
        {
            Watched = scorer?.Watched,
            LearningRate = firstRate,
        };
    }

    /// <summary>Into the history, and where it is the best so far into the memory of that.</summary>
    private void Take(EpochReport report)
    {
        reports.Add(report);
        if (report.Watched is { } watched)
        {
            best.Take(epoch, watched);
        }
    }
}
