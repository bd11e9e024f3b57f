using System.Diagnostics;
using System.Runtime.ExceptionServices;
using FastMlp.Cli.Reporting;

namespace FastMlp.Cli.Training;

/// <summary>
/// One run of <c>fastmlp train --folds</c>: a network for each fold, all at the same time, each on one thread. The columns of a file may become other
/// features from fold to fold, as each knows the texts of its own training rows only; so each fold builds its own network.
/// </summary>
internal sealed class FoldedRun
{
    private FoldedRun(FoldedData data, TrainingData first, TrainingPlan plan, SearchResult? search)
    {
        Search = search;
        Data = data;
        First = first;
        Plan = plan;
    }

    public FoldedData Data { get; }

    /// <summary>The first fold, from which the defaults of all are taken.</summary>
    public TrainingData First { get; }

    public TrainingPlan Plan { get; }

    /// <summary>How the first fold's settings were found; each fold searches for its own, in its own training rows. Null where none were searched for.</summary>
    public SearchResult? Search { get; }

    public IReadOnlyList<FoldResult> Folds { get; private set; } = [];

    /// <summary>From the first fold's start to the last one's end.</summary>
    public TimeSpan Time { get; private set; }

    public Score Mean => Of(values => values.Average());

    /// <summary>sqrt(sum of (s - mean)^2 / (k - 1)) of each score.</summary>
    public Score StandardDeviation => Of(values =>
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    });

    /// <param name="settings">What the user asked for.</param>
    /// <param name="folds">k.</param>
    /// <param name="console">Where progress goes.</param>
    /// <param name="quiet">Whether there is none.</param>
    /// <param name="planned">Called before training, when all defaults are known.</param>
    /// <param name="stop">Ends training.</param>
    public static FoldedRun Execute(TrainSettings settings, int folds, CommandConsole console, bool quiet, Action<TrainingPlan> planned, CancellationToken stop)
    {
        FoldedData data = FoldedData.Load(settings, folds);
        SplitData first = data.Fold(0);
        using StopSignal signal = new(() => { }, stop);
        (TrainSettings chosen, SearchResult? search) = ShortSearch.Choose(settings, first, signal.Token);
        TrainingPlan plan = new(chosen, first);
        planned(plan);
        FoldedRun run = new(data, first, plan, search);
        run.Train((search is null ? plan.Fixed : settings) with { Threads = 1 }, settings.Threads == 0 ? Environment.ProcessorCount : settings.Threads, quiet ? TextWriter.Null : console.Error, signal.Token);
        return run;
    }

    private void Train(TrainSettings settings, int threads, TextWriter notes, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        FoldResult?[] results = new FoldResult?[Data.Count];
        Exception?[] errors = new Exception?[Data.Count];
        Parallel.For(0, Data.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, fold =>
        {
            try
            {
                FoldResult result = Train(fold, settings, stop);
                results[fold] = result;
                lock (results)
                {
                    notes.WriteLine($"fold {fold + 1}/{Data.Count}: {Text.Count(result.Report.Epochs.Count, "epoch")}, {(result.Score.Classifies ? $"accuracy {Text.Percent(result.Score.Accuracy)}" : $"rmse {Text.Figure(result.Score.Rmse)}")}");
                }
            }
            catch (Exception exception)
            {
                errors[fold] = exception;
            }
        });

        if (Array.Find(errors, error => error is not null) is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        Folds = results!;
        Time = Stopwatch.GetElapsedTime(start);
    }

    private FoldResult Train(int fold, TrainSettings settings, CancellationToken stop)
    {
        TrainingData data = fold == 0 ? First : Data.Fold(fold);
        TrainingPlan plan = fold == 0 && Search is not null ? Plan : new(ShortSearch.Choose(settings, data, stop).Settings, data);
        using Network network = plan.BuildNetwork(data.InputSize, data.TargetSize);
        FitReport report = TrainingRun.Fit(data, network, plan, _ => { }, stop);
        return report.StopReason == StopReason.Cancelled
            ? throw new CommandFailedException($"stopped as you asked before all {Data.Count} folds were done: there are no figures.")
            : new FoldResult(data, report, data.ScoreTest(network)!);
    }

    private Score Of(Func<double[], double> combine)
    {
        return new Score(Data.Rows, First.Classifies, Over(score => score.Loss), Over(score => score.Accuracy), Over(score => score.Rmse), Over(score => score.R2), null);

        double Over(Func<Score, double> figure) => combine([.. Folds.Select(fold => figure(fold.Score))]);
    }
}

/// <summary>What training on all folds but one gave.</summary>
/// <param name="Data">The fold as the test set of the others.</param>
/// <param name="Report">How it was trained.</param>
/// <param name="Score">The figures on the fold's rows.</param>
internal sealed record FoldResult(TrainingData Data, FitReport Report, Score Score);
