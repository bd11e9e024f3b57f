using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace FastMlp.Data;

/// <summary>
/// A short search among a handful of settings: all are trained for a few epochs, the better ones for as many again, and so on until one is left
/// (Jamieson and Talwalkar, 2016). Scores are means over held-out folds, so few rows are enough, and the best epoch of the means is the length of
/// training to use on all rows.
/// </summary>
public static class SuccessiveHalving
{
    /// <summary>Searches; networks are made, trained and let go.</summary>
    /// <param name="data">The rows, as the networks take them.</param>
    /// <param name="candidates">The settings, at least one.</param>
    /// <param name="options">How to search.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ArgumentException">There are fewer rows than folds, no candidate, or a candidate's options are not the candidate's to decide.</exception>
    /// <exception cref="TrainingDivergedException">Every candidate's training diverged.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static HalvingReport Run(Dataset data, IReadOnlyList<Candidate> candidates, HalvingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(candidates);
        options ??= new HalvingOptions();
        options.Check();
        if (candidates.Count == 0)
        {
            throw new ArgumentException("There is no candidate to choose.", nameof(candidates));
        }

        if (data.Rows < options.Folds)
        {
            throw new ArgumentException($"{data.Rows} rows cannot be dealt out to {options.Folds} folds.", nameof(data));
        }

        foreach (Candidate candidate in candidates)
        {
            Check(candidate);
        }

        long start = Stopwatch.GetTimestamp();
        Contender[] all = [.. candidates.Select(candidate => new Contender(candidate))];
        try
        {
            RunRounds(all, Folds(data, options), options, start, cancellationToken);
            Contender best = Best(all);
            return new HalvingReport([.. all.Select(contender => contender.Result)], best.Result, all.Sum(contender => contender.RowsTrained), Stopwatch.GetElapsedTime(start));
        }
        finally
        {
            foreach (Contender contender in all)
            {
                contender.Dispose();
            }
        }
    }

    private static void RunRounds(Contender[] all, List<(Dataset Train, Dataset HeldOut)> folds, HalvingOptions options, long start, CancellationToken cancellationToken)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Threads == 0 ? Environment.ProcessorCount : options.Threads, CancellationToken = cancellationToken };
        List<Contender> left = [.. all];
        int length = options.FirstEpochs;
        while (true)
        {
            int epochs = Math.Min(length, options.Epochs);
            Exception?[] errors = new Exception?[left.Count * folds.Count];
            Parallel.For(0, errors.Length, parallel, index =>
            {
                try
                {
                    left[index % left.Count].Train(index / left.Count, folds, epochs, () => IsUp(options, start), cancellationToken);
                }
                catch (Exception exception)
                {
                    errors[index] = exception;
                }
            });
            cancellationToken.ThrowIfCancellationRequested();
            if (Array.Find(errors, error => error is not null) is { } first)
            {
                ExceptionDispatchInfo.Throw(first);
            }

            int kept = Math.Max(1, left.Count / options.Reduction);
            left = [.. left.OrderBy(contender => contender.Rank).Take(kept)];
            left.RemoveAll(contender => contender.IsSpent(options));
            if (left.Count == 0 || epochs == options.Epochs || IsUp(options, start))
            {
                return;
            }

            length *= options.Reduction;
        }
    }

    private static Contender Best(Contender[] all)
    {
        Contender best = all.OrderBy(contender => contender.Rank).First();
        return best.Failure is { } failure ? throw failure : best;
    }

    private static bool IsUp(HalvingOptions options, long start) => options.MaxDuration > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) >= options.MaxDuration;

    private static void Check(Candidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        FitOptions given = candidate.Options;
        if (given.Validation is not null || given.ValidationFraction > 0 || given.Schedule is not null || given.Progress is not null || given.Callbacks.Count > 0
            || given.Checkpoint is not null || given.Resume is not null)
        {
            throw new ArgumentException(
                $"The options of the candidate '{candidate.Name}' must leave Validation, ValidationFraction, Schedule, Progress, Callbacks, Checkpoint and Resume out: the search decides on rows and length.");
        }
    }

    /// <summary>Rows in a random order, class by class where there are classes, go to the folds in turn.</summary>
    private static List<(Dataset Train, Dataset HeldOut)> Folds(Dataset data, HalvingOptions options)
    {
        // A split's two parts are the beginning and the rest of one random order.
        (int[] rest, int[] beginning) = data.SplitRows(0.5, options.Seed);
        IEnumerable<int> order = [.. beginning, .. rest];
        if (data.IsClassification)
        {
            int[] labels = data.Labels.ToArray();
            order = order.OrderBy(row => labels[row]);
        }

        int[] foldOf = new int[data.Rows];
        int dealt = 0;
        foreach (int row in order)
        {
            foldOf[row] = dealt++ % options.Folds;
        }

        int[] rows = [.. Enumerable.Range(0, data.Rows)];
        int heldOut = options.HeldOutFolds == 0 ? options.Folds : options.HeldOutFolds;
        return [.. Enumerable.Range(0, heldOut).Select(fold => (
            data.Select(Array.FindAll(rows, row => foldOf[row] != fold)),
            data.Select(Array.FindAll(rows, row => foldOf[row] == fold))))];
    }
}
