namespace FastMlp.Training;

/// <summary>The loop at one instant, and back again. Files are no concern of it.</summary>
internal sealed unsafe partial class FitLoop
{
    private Func<Snapshot, string>? save;
    private IReadOnlyDictionary<string, string> facts = new Dictionary<string, string>();
    private (int Epoch, int Batch) savedAt;

    /// <summary>What a resumed run's checkpoint says of the batches before its place, until the source has compared them.</summary>
    private string? passed;

    private bool IsSaveDue => group is null ? IsTimeToSave : agreesToSave;

    private bool IsTimeToSave => save is not null && options.Checkpoint is { } to && to.Every > TimeSpan.Zero && clock.SinceSave >= to.Every;

    /// <summary>From now on checkpoints are written.</summary>
    /// <param name="write">Writes one and returns its path.</param>
    /// <param name="runFacts">What decides the result of the run, by name.</param>
    public void SaveTo(Func<Snapshot, string> write, IReadOnlyDictionary<string, string> runFacts) => (save, facts) = (write, runFacts);

    /// <summary>Goes on from a checkpoint.</summary>
    /// <exception cref="ArgumentException">It is of other data or options.</exception>
    public void Resume(Snapshot snapshot, ResumePoint point, IReadOnlyDictionary<string, string> runFacts)
    {
        FitPosition position = snapshot.Run.Fit ?? throw new ArgumentException($"{point.Path} was written by a Trainer: load it there, or train on from its model.", nameof(snapshot));
        bool mayGoOn = options.Schedule is not { NeedsTotalSteps: true };
        Checkpoints.CheckSame(snapshot.Run.Options, runFacts, mayGoOn ? [RunFacts.Epochs] : []);
        if (!source.Reaches(position.Batch, position.Totals.Rows) || (position.Batch != source.Batches && position.Batch % options.AccumulateBatches != 0))
        {
            throw new ArgumentException($"{point.Path} is at batch {position.Batch} with {position.Totals.Rows} rows of an epoch, which is no place that these options come to.", nameof(snapshot));
        }

        state.Restore(snapshot);
        best.Restore(position, snapshot.Best);
        clock.Restore(position);
        reports.AddRange(position.History);
        epoch = position.Epoch;
        batch = position.Batch;
        passed = position.Passed;
        sums = new EpochSums(state.LossFunction, source.IsClassification, position.Totals);
        firstRate = position.FirstRate;
        samples = position.Samples;
        ended = position.Ended;
        progress.Resumed = point;
    }

    private void Save()
    {
        agreesToSave = false;
        if (save is null || savedAt == (epoch, batch))
        {
            return;
        }

        (RunState run, float[][] states) = state.Capture(facts);
        string path = save(new Snapshot(
            run with
            {
                HasBest = best.Keeps,
                Fit = new FitPosition
                {
                    Epoch = epoch,
                    Batch = batch,
                    Passed = passed ?? (batch > 0 ? source.Passed : null),
                    Totals = sums.Totals,
                    FirstRate = firstRate,
                    History = [.. reports],
                    BestEpoch = best.Epoch,
                    BestLoss = best.Score,
                    BadEpochs = best.BadEpochs,
                    Elapsed = clock.Elapsed.TotalSeconds,
                    Training = clock.Training.TotalSeconds,
                    InEpoch = clock.InEpoch.TotalSeconds,
                    Samples = samples,
                    Ended = ended,
                },
            },
            state.Parameters.Span.ToArray(),
            best.Keeps ? best.Parameters.ToArray() : null,
            states));
        clock.Saved();
        savedAt = (epoch, batch);
        foreach (TrainingCallback callback in callbacks)
        {
            callback.OnCheckpoint(progress, path);
        }
    }
}
