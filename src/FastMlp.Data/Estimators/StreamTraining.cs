using System.Diagnostics;

namespace FastMlp.Data;

/// <summary>Trains a network on batches that come one at a time, from a file larger than memory or from anywhere else.</summary>
public static class StreamTraining
{
    /// <summary>Trains on the batches of a CSV file, with its validation rows.</summary>
    /// <param name="network">Made for the stream's features and targets.</param>
    /// <param name="stream">The file; attach its <see cref="CsvBatches.Preprocessing"/> to the network before saving it.</param>
    /// <param name="options">As for <see cref="Network.Fit"/>; the validation rows are the stream's where none are given.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="ArgumentException">The stream does not fit the network, or the options contradict each other.</exception>
    /// <exception cref="DataFormatException">The file has changed since it was opened.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite.</exception>
    public static FitReport Fit(this Network network, CsvBatches stream, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        return Fit(network, epoch => stream.Batches(options.BatchSize, epoch), options.Validation ?? stream.Validation, options, cancellationToken);
    }

    /// <summary>Trains on batches from anywhere.</summary>
    /// <param name="network">Made for as many features and targets as the batches have.</param>
    /// <param name="batchesOf">The batches of an epoch, counted from 1, each a set of rows as the network sees them.</param>
    /// <param name="options">As for <see cref="Network.Fit"/>, but the size and the order of batches are those of <paramref name="batchesOf"/>.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="ArgumentException">A batch does not fit the network, there is none, or the options contradict each other.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite.</exception>
    public static FitReport Fit(this Network network, Func<int, IEnumerable<Dataset>> batchesOf, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Fit(network, batchesOf, options.Validation, options, cancellationToken);
    }

    private static FitReport Fit(Network network, Func<int, IEnumerable<Dataset>> batchesOf, Dataset? validation, FitOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(batchesOf);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EarlyStoppingPatience);
        if (options.EarlyStoppingPatience > 0 && validation is null)
        {
            throw new ArgumentException("Early stopping watches the validation loss: set Validation.", nameof(options));
        }

        if (options.Schedule is not null || options.Optimizer is Lbfgs)
        {
            throw new ArgumentException(
                "A stream does not say how many steps it has, which a schedule counts by, nor does it come as one batch, which L-BFGS needs: leave Schedule out and take another optimizer, or write the loop with a Trainer.",
                nameof(options));
        }

        string[] unknown =
        [
            .. options.AccumulateBatches != 1 ? [nameof(options.AccumulateBatches)] : (string[])[],
            .. options.ValidationFraction != 0 ? [nameof(options.ValidationFraction)] : (string[])[],
            .. options.MinDelta != 0 ? [nameof(options.MinDelta)] : (string[])[],
            .. options.RestoreBest is not null ? [nameof(options.RestoreBest)] : (string[])[],
            .. options.MaxDuration != TimeSpan.Zero ? [nameof(options.MaxDuration)] : (string[])[],
            .. options.Callbacks.Count > 0 ? [nameof(options.Callbacks)] : (string[])[],
            .. options.Checkpoint is not null ? [nameof(options.Checkpoint)] : (string[])[],
            .. options.Resume is not null ? [nameof(options.Resume)] : (string[])[],
        ];
        if (unknown.Length > 0)
        {
            throw new ArgumentException($"Training on a stream knows nothing of {string.Join(", ", unknown)}: leave {(unknown.Length == 1 ? "it" : "them")} out, or write the loop with a Trainer, which has Save and Load.", nameof(options));
        }

        using Trainer trainer = new(network, options.ForTrainer());
        long start = Stopwatch.GetTimestamp();
        List<EpochReport> reports = [];
        StopReason reason = StopReason.EpochsDone;
        (int Epoch, float Loss, Network? Copy) best = (0, float.PositiveInfinity, null);
        Progress total = default;
        try
        {
            for (int epoch = 1; epoch <= options.Epochs && reason == StopReason.EpochsDone; epoch++)
            {
                Progress done = Epoch(network, trainer, batchesOf(epoch), cancellationToken, out bool whole);
                total.Rows += done.Rows;
                total.Time += done.Time;
                if (!whole)
                {
                    reason = StopReason.Cancelled;
                    break;
                }

                Evaluation? scored = validation is null ? null : network.Evaluate(validation, options.Loss);
                EpochReport report = new(
                    epoch,
                    (float)(done.Loss / done.Rows),
                    done.Metric,
                    scored?.Loss,
                    scored is null ? null : validation!.IsClassification ? scored.Accuracy : scored.Rmse,
                    done.Rows / done.Time.TotalSeconds,
                    Stopwatch.GetElapsedTime(start));
                reports.Add(report);
                float watched = scored?.Loss ?? report.TrainLoss;
                if (watched < best.Loss)
                {
                    best.Copy?.Dispose();
                    best = (epoch, watched, options.EarlyStoppingPatience > 0 ? network.Clone() : null);
                }

                options.Progress?.Invoke(report);
                reason = options.EarlyStoppingPatience > 0 && epoch - best.Epoch >= options.EarlyStoppingPatience ? StopReason.EarlyStopping
                    : cancellationToken.IsCancellationRequested ? StopReason.Cancelled
                    : StopReason.EpochsDone;
            }

            if (best.Copy is not null)
            {
                Parameters.Copy(best.Copy, network);
            }
        }
        finally
        {
            best.Copy?.Dispose();
        }

        double rate = total.Time > TimeSpan.Zero ? total.Rows / total.Time.TotalSeconds : 0;
        return new FitReport(reports, best.Epoch, rate, Stopwatch.GetElapsedTime(start), reason);
    }

    private static Progress Epoch(Network network, Trainer trainer, IEnumerable<Dataset> batches, CancellationToken cancellationToken, out bool whole)
    {
        long start = Stopwatch.GetTimestamp();
        Progress done = default;
        float[] outputs = [];
        whole = true;
        foreach (Dataset batch in batches)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                whole = false;
                break;
            }

            CheckFits(network, batch);
            int values = batch.Rows * network.OutputSize;
            if (outputs.Length < values)
            {
                outputs = new float[values];
            }

            network.Predict(batch.Features, outputs.AsSpan(0, values));
            done.Add(Step(trainer, batch), batch, outputs.AsSpan(0, values));
        }

        done.Time = Stopwatch.GetElapsedTime(start);
        return done.Rows > 0 || !whole ? done : throw new ArgumentException("An epoch has no batches.");
    }

    private static float Step(Trainer trainer, Dataset batch) =>
        batch.Weights.IsEmpty
            ? batch.IsClassification ? trainer.Step(batch.Features, batch.Labels) : trainer.Step(batch.Features, batch.Targets)
            : batch.IsClassification ? trainer.Step(batch.Features, batch.Labels, batch.Weights) : trainer.Step(batch.Features, batch.Targets, batch.Weights);

    private static void CheckFits(Network network, Dataset batch)
    {
        bool oneOfTwo = batch.IsClassification && batch.TargetSize == 2 && network.OutputSize == 1;
        if (batch.Rows == 0 || batch.InputSize != network.InputSize || (batch.TargetSize != network.OutputSize && !oneOfTwo))
        {
            throw new ArgumentException($"A batch has {batch.Rows} rows of {batch.InputSize} features and {batch.TargetSize} targets; the network takes {network.InputSize} and gives {network.OutputSize}.");
        }
    }

    /// <summary>What an epoch adds up, batch by batch.</summary>
    private struct Progress
    {
        public long Rows;
        public double Loss;
        public TimeSpan Time;
        private long values;
        private long right;
        private double squares;

        /// <summary>Accuracy for classes, root mean squared error for values.</summary>
        public readonly float Metric => values == 0 ? (float)((double)right / Rows) : (float)Math.Sqrt(squares / values);

        public void Add(float loss, Dataset batch, ReadOnlySpan<float> outputs)
        {
            Rows += batch.Rows;
            Loss += (double)loss * batch.Rows;
            if (!batch.IsClassification)
            {
                values += outputs.Length;
                for (int i = 0; i < outputs.Length; i++)
                {
                    double difference = (double)outputs[i] - batch.Targets[i];
                    squares += difference * difference;
                }

                return;
            }

            int width = outputs.Length / batch.Rows;
            for (int row = 0; row < batch.Rows; row++)
            {
                ReadOnlySpan<float> answer = outputs.Slice(row * width, width);
                int predicted = width == 1 ? (answer[0] > 0.5f ? 1 : 0) : Largest(answer);
                right += predicted == batch.Labels[row] ? 1 : 0;
            }
        }

        private static int Largest(ReadOnlySpan<float> answer)
        {
            int largest = 0;
            for (int i = 1; i < answer.Length; i++)
            {
                largest = answer[i] > answer[largest] ? i : largest;
            }

            return largest;
        }
    }
}
