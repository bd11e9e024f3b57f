using System.Runtime.ExceptionServices;

namespace FastMlp;

/// <summary>k-fold cross-validation: each fold of the rows is scored by a network that was trained on all others.</summary>
public static class CrossValidation
{
    /// <summary>Trains a copy of a network for each fold, all folds at the same time on all cores, each on one thread. The result does not depend on how many threads there are.</summary>
    /// <param name="network">The network as every fold starts from it; it is not changed.</param>
    /// <param name="data">The rows.</param>
    /// <param name="options">
    /// How each fold is trained. <see cref="FitOptions.Threads"/> is how many folds run at a time. There is no one to call back and no folder that
    /// all folds could share, so Progress, Callbacks, Checkpoint and Resume must not be set.
    /// </param>
    /// <param name="folds">k, from 2 to the number of rows; sizes differ by one row at most.</param>
    /// <param name="seed">The same seed makes the same folds.</param>
    /// <param name="stratified">Whether each class is spread evenly over the folds; by default where there are class labels.</param>
    /// <param name="prepare">What is fitted to the training rows alone, such as a scaler: takes training and held-out rows, gives those that the network sees. Called on several threads.</param>
    /// <param name="cancellationToken">Ends the training of all folds.</param>
    /// <exception cref="ArgumentException">The data do not fit the network, there are too few rows, or an option is not for folds.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static CrossValidationReport Run(
        Network network,
        Dataset data,
        FitOptions options,
        int folds = 5,
        int seed = 0,
        bool? stratified = null,
        Func<Dataset, Dataset, (Dataset Train, Dataset HeldOut)>? prepare = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        network.CheckNotDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        if (data.Rows < folds)
        {
            throw new ArgumentException($"{data.Rows} rows cannot be split into {folds} folds.", nameof(folds));
        }

        if (options.Progress is not null || options.Callbacks.Count > 0 || options.Checkpoint is not null || options.Resume is not null)
        {
            throw new ArgumentException("Folds run at the same time: leave Progress, Callbacks, Checkpoint and Resume out.", nameof(options));
        }

        int[] foldOf = Assign(data, folds, seed, stratified ?? data.IsClassification);
        FoldReport?[] reports = new FoldReport?[folds];
        Exception?[] errors = new Exception?[folds];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Threads == 0 ? Environment.ProcessorCount : options.Threads };
        Parallel.For(0, folds, parallel, fold =>
        {
            try
            {
                reports[fold] = Train(network, data, options with { Threads = 1 }, foldOf, fold, prepare, cancellationToken);
            }
            catch (Exception e)
            {
                errors[fold] = e;
            }
        });

        if (errors.FirstOrDefault(error => error is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        cancellationToken.ThrowIfCancellationRequested();
        GC.KeepAlive(network);
        return new CrossValidationReport(reports!);
    }

    private static FoldReport Train(
        Network network,
        Dataset data,
        FitOptions options,
        int[] foldOf,
        int fold,
        Func<Dataset, Dataset, (Dataset Train, Dataset HeldOut)>? prepare,
        CancellationToken cancellationToken)
    {
        int[] rows = [.. Enumerable.Range(0, data.Rows)];
        Dataset train = data.Select(Array.FindAll(rows, row => foldOf[row] != fold));
        Dataset heldOut = data.Select(Array.FindAll(rows, row => foldOf[row] == fold));
        (train, heldOut) = prepare?.Invoke(train, heldOut) ?? (train, heldOut);
        using Network copy = network.Clone();
        FitReport fit = copy.Fit(train, options, cancellationToken);
        return new FoldReport(fold, fit, copy.Evaluate(heldOut, options.Loss));
    }

    /// <summary>The fold of each row. Rows in a random order, class by class where classes are spread evenly, go to the folds in turn.</summary>
    private static int[] Assign(Dataset data, int folds, int seed, bool stratified)
    {
        if (stratified && !data.IsClassification)
        {
            throw new ArgumentException("Stratified folds need class labels; these targets are values.", nameof(stratified));
        }

        int[] order = [.. Enumerable.Range(0, data.Rows)];
        CounterRandom.Shuffle(order, seed, CounterRandom.FoldStream);
        if (stratified)
        {
            int[] labels = data.Labels.ToArray();
            order = [.. order.OrderBy(row => labels[row])];
        }

        int[] foldOf = new int[data.Rows];
        for (int i = 0; i < order.Length; i++)
        {
            foldOf[order[i]] = i % folds;
        }

        return foldOf;
    }
}
