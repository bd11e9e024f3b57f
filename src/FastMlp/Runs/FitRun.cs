using FastMlp.Schedules;
using FastMlp.Training;
using FastMlp.Training.Batches;

namespace FastMlp;

/// <summary>A fit as a whole: the source of its batches, the loop, and its checkpoints in their folders.</summary>
internal static class FitRun
{
    /// <summary>Fits to rows in memory.</summary>
    public static FitReport Execute(Network network, Dataset data, FitOptions options, CancellationToken cancellationToken)
    {
        using TrainingState state = StateOf(network, options);
        return Execute(network, state, data, options, follows: true, epochsBefore: 0, cancellationToken);
    }

    /// <summary>Fits to a stream.</summary>
    public static FitReport Execute(Network network, StreamedDataset stream, FitOptions options, CancellationToken cancellationToken)
    {
        using TrainingState state = StateOf(network, options);
        return Execute(network, state, stream, options, follows: true, epochsBefore: 0, cancellationToken);
    }

    /// <param name="network">What is trained.</param>
    /// <param name="state">Its optimizer.</param>
    /// <param name="data">Rows to train on, and to hold some out of.</param>
    /// <param name="options">How.</param>
    /// <param name="follows">Whether the learning rate follows the schedule of the options; otherwise it is the state's own.</param>
    /// <param name="epochsBefore">Epochs that the state has been through.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    public static FitReport Execute(Network network, TrainingState state, Dataset data, FitOptions options, bool follows, int epochsBefore, CancellationToken cancellationToken)
    {
        options.Check();
        (Dataset train, Dataset? validation) = Parted(data, options);
        if (train.Rows == 0)
        {
            throw new ArgumentException("There are no rows to train on.", nameof(data));
        }

        Shapes.Check(network.Stack, state.LossFunction, train, nameof(data));
        if (options.Optimizer is Lbfgs && (options.BatchSize < train.Rows || options.AccumulateBatches > 1))
        {
            throw new ArgumentException($"L-BFGS needs all {train.Rows} rows in one batch, not {options.BatchSize}: set BatchSize to FitOptions.FullBatch, and AccumulateBatches to 1.", nameof(options));
        }

        using DatasetBatches source = new(train, data, options, state.Threads);
        return Execute(network, state, source, validation, options, follows, epochsBefore, cancellationToken);
    }

    /// <summary>The same for a stream.</summary>
    public static FitReport Execute(Network network, TrainingState state, StreamedDataset stream, FitOptions options, bool follows, int epochsBefore, CancellationToken cancellationToken)
    {
        options.Check();
        if (options.ValidationFraction > 0)
        {
            throw new ArgumentException("The rows of a stream pass by and cannot be parted: set Validation to rows that are held out of it.", nameof(options));
        }

        if (options.Optimizer is Lbfgs)
        {
            throw new ArgumentException("L-BFGS needs all rows in one batch, which a stream never has: take another optimizer, or read the rows into a Dataset.", nameof(options));
        }

        using StreamBatches source = new(stream, network.Stack, state.LossFunction, state.Threads, remembers: options.Checkpoint is not null || options.Resume is not null);
        if (follows && options.Schedule is { CountsEpochs: true })
        {
            source.Count();
        }

        return Execute(network, state, source, options.Validation, options, follows, epochsBefore, cancellationToken);
    }

    private static FitReport Execute(Network network, TrainingState state, BatchSource source, Dataset? validation, FitOptions options, bool follows, int epochsBefore, CancellationToken cancellationToken)
    {
        if (follows)
        {
            Follow(state, source, options);
        }

        Dictionary<string, string> facts = RunFacts.Of(options, state.Loss, source);
        Checkpoints? to = options.Checkpoint is { } checkpoint ? new Checkpoints(checkpoint.Folder) : null;
        Checkpoints? from = options.Resume is { } resume ? new Checkpoints(resume) : null;
        bool isSame = to?.Folder == from?.Folder;
        from = isSame ? to : from;
        using FitLoop loop = new(network, state, source, validation, options, epochsBefore);
        loop.Begin(facts);
        if (to is not null && options.Group is not { Rank: > 0 })
        {
            to.Prepare(resumes: isSame);
            loop.SaveTo(snapshot => to.Save(options.Checkpoint!.Keep, network, snapshot), facts);
        }

        if (from?.Load() is { } found)
        {
            Snapshot snapshot = Checkpoints.Take(network, found.Contents);
            loop.Resume(snapshot, new ResumePoint(found.Path, snapshot.Run.Fit?.Epoch ?? 0, snapshot.Run.Fit?.Batch ?? 0, found.Skipped), facts);
        }

        FitReport report = loop.Run(cancellationToken);
        new FitRecord
        {
            NetworkSeed = network.Seed,
            Environment = RunFacts.Writer(),
            Options = facts,
            EpochsDone = report.Epochs.Count,
            BestEpoch = report.BestEpoch,
            StopReason = report.StopReason,
        }.Attach(network);
        GC.KeepAlive(network);
        return report;
    }

    /// <summary>The optimizer of a run, before its first step.</summary>
    public static TrainingState StateOf(Network network, FitOptions options) =>
        new(network.Stack, network.Parameters, options.Loss, options.Optimizer, options.Limits, options.Seed, options.Threads);

    /// <summary>Lets the learning rate follow the schedule of the options.</summary>
    public static void Follow(TrainingState state, BatchSource source, FitOptions options) =>
        state.Schedule = options.Schedule is null ? null : new ScheduleRun(options.Schedule, options.Optimizer.LearningRate, Start(source, options));

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

    /// <summary>Where a schedule begins; one that does not count epochs needs no length of them.</summary>
    private static SchedulePosition Start(BatchSource source, FitOptions options)
    {
        if (source.Batches is not { } batches || source.Rows is not { } rows)
        {
            return new SchedulePosition(0);
        }

        long steps = ((long)batches + options.AccumulateBatches - 1) / options.AccumulateBatches;
        return new SchedulePosition(0, steps * options.Epochs, steps, rows);
    }
}
