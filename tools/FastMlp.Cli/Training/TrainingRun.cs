using System.Globalization;
using System.Runtime.ExceptionServices;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Reporting.Html;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>One run of <c>fastmlp train</c>, from the data to the model's file.</summary>
internal sealed class TrainingRun : IDisposable
{
    private TrainingRun(TrainingData data, TrainingPlan plan, SearchResult? search, string modelPath)
    {
        Search = search;
        Data = data;
        Plan = plan;
        ModelPath = modelPath;
        Network = plan.BuildNetwork(data.InputSize, data.TargetSize);
        if (plan.Members > 1)
        {
            Joined([Network, Network]).Dispose(); // what cannot be joined is refused before training
        }
    }

    public TrainingData Data { get; }

    public TrainingPlan Plan { get; }

    /// <summary>How the settings were found that nobody gave; null where none were searched for.</summary>
    public SearchResult? Search { get; }

    public Network Network { get; private set; }

    public string ModelPath { get; }

    public FitReport Report { get; private set; } = null!;

    /// <summary>The page on the run; null where none was wanted.</summary>
    public string? ReportPath { get; private init; }

    /// <summary>Null where no rows were held out.</summary>
    public Score? Score { get; private set; }

    /// <param name="settings">What the user asked for.</param>
    /// <param name="console">Where progress goes.</param>
    /// <param name="quiet">Whether there is none.</param>
    /// <param name="planned">Called before training, when all defaults are known.</param>
    /// <param name="stop">Ends training after the batch under way.</param>
    public static TrainingRun Execute(TrainSettings settings, CommandConsole console, bool quiet, Action<TrainingPlan> planned, CancellationToken stop)
    {
        string modelPath = PathOfModel(settings);
        if (settings.Group is not { Rank: > 0 })
        {
            OutputFile.CheckWritable(modelPath);
        }

        if (settings.Report is not null)
        {
            OutputFile.CheckWritable(settings.Report, "--report");
        }

        TrainingData data = TrainingData.Load(settings, quiet ? TextWriter.Null : console.Error, stop);
        if (!quiet)
        {
            WhatWasRead.Write(console.Error, data.Preprocessing);
            foreach (string note in data.Notes)
            {
                console.Error.WriteLine($"note: {note}");
            }
        }

        (settings, SearchResult? search) = ShortSearch.Choose(settings, data, stop);
        if (search is not null && !quiet)
        {
            console.Error.WriteLine($"chosen: {search.Text}");
        }

        TrainingRun run = new(data, new TrainingPlan(settings, data), search, modelPath) { ReportPath = settings.Report };
        try
        {
            planned(run.Plan);
            run.Train(settings, console, quiet, stop);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Where the model goes: to <c>--out</c>, or into this folder by the name of the data.</summary>
    public static string PathOfModel(TrainSettings settings) => settings.Out ?? $"{settings.Source.Name}.safetensors";

    public void Dispose() => Network.Dispose();

    /// <summary>Trains; what the engine refuses fails in one line.</summary>
    public static FitReport Fit(TrainingData data, Network network, TrainingPlan plan, Action<EpochReport> progress, CancellationToken stop)
    {
        try
        {
            return data.Fit(network, plan, progress, stop);
        }
        catch (InvalidOperationException exception)
        {
            // The engine refuses what cannot be trained, such as a step unit in a hidden layer.
            throw new CommandFailedException(exception.Message);
        }
        catch (ArgumentException exception)
        {
            // A folder of another run, a checkpoint of other data or options, or options that contradict each other.
            throw new CommandFailedException(exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal));
        }
        catch (TrainingDivergedException exception)
        {
            throw new CommandFailedException(string.Create(CultureInfo.InvariantCulture,
                $"{exception.Message} No model was written; try a learning rate below --lr {plan.Optimizer.LearningRate}."));
        }
    }

    /// <summary>Trains the network, or the members of an ensemble side by side, each on one thread and with a seed of its own, and joins them; the report is the first's.</summary>
    private FitReport FitAll(Action<EpochReport> progress, CancellationToken stop)
    {
        (Network network, FitReport report) = FitMembers(Data, Plan, Network, progress, stop);
        if (network != Network)
        {
            Network.Dispose();
            Network = network;
            Data.Preprocessing.Attach(Network);
        }

        return report;
    }

    /// <param name="data">The rows.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="first">The first member, before training.</param>
    /// <param name="progress">Takes the epochs of the first.</param>
    /// <param name="stop">Ends training.</param>
    public static (Network Network, FitReport Report) FitMembers(TrainingData data, TrainingPlan plan, Network first, Action<EpochReport> progress, CancellationToken stop)
    {
        if (plan.Members == 1)
        {
            return (first, Fit(data, first, plan, progress, stop));
        }

        Network[] members = new Network[plan.Members];
        FitReport[] reports = new FitReport[plan.Members];
        Exception?[] errors = new Exception?[plan.Members];
        try
        {
            Parallel.For(0, plan.Members, new ParallelOptions { MaxDegreeOfParallelism = plan.Threads == 0 ? Environment.ProcessorCount : plan.Threads }, member =>
            {
                try
                {
                    TrainingPlan own = plan.Member(data, member);
                    members[member] = member == 0 ? first : own.BuildNetwork(data.InputSize, data.TargetSize);
                    reports[member] = Fit(data, members[member], own, member == 0 ? progress : _ => { }, stop);
                }
                catch (Exception exception)
                {
                    errors[member] = exception;
                }
            });
            if (Array.Find(errors, error => error is not null) is { } error)
            {
                ExceptionDispatchInfo.Throw(error);
            }

            return (Joined(members), reports[0]);
        }
        finally
        {
            foreach (Network? member in members.Skip(1))
            {
                member?.Dispose();
            }
        }
    }

    private static Network Joined(Network[] members)
    {
        try
        {
            return Ensemble.Join(members);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--ensemble: {exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal)}");
        }
    }

    private void Train(TrainSettings settings, CommandConsole console, bool quiet, CancellationToken stop)
    {
        MetricFormat metric = new(Data.Classifies, Score.TargetScale(Data.Preprocessing));
        ITrainingDisplay display =
            console.ErrorIsTerminal ? new LiveDisplay(console.Status, Plan.Epochs, metric)
            : quiet ? new SilentDisplay()
            : new PlainDisplay(console.Error, Plan.Epochs, metric);
        // Before training, so that a checkpoint is a whole model too.
        Data.Preprocessing.Attach(Network);
        using (StopSignal signal = new(display.Restore, stop))
        using (signal.Token.Register(display.Stopping))
        {
            Report = display.Show(progress => FitAll(progress, signal.Token));
        }

        foreach (string damage in Report.Resumed?.Skipped ?? [])
        {
            console.Error.WriteLine($"passed over {damage}");
        }

        Describe(settings).Attach(Network);
        if (settings.Group is { Rank: > 0 })
        {
            // Rank 0 writes the model, and scores it.
            return;
        }

        Baseline baseline = Baseline.Learn(Data.RowsOfBaseline);
        baseline.Attach(Network);
        Network.Save(ModelPath);
        Score = Data.ScoreTest(Network, baseline);
        if (ReportPath is not null)
        {
            Page.Write(ReportPath, RunReport.Of(this));
        }
    }

    private Provenance Describe(TrainSettings settings) => new()
    {
        Version = InfoCommand.Version,
        Data = Data.Name,
        Rows = Data.Rows,
        TrainRows = Data.TrainRows,
        ValidationRows = Data.ValidationRows,
        TestRows = Data.TestRows,
        TestFraction = Data.TestFraction,
        SeenRows = Data.SeenRows?.ToString(),
        Seed = settings.Seed,
        Stream = Data.IsStream,
        Options = string.Create(CultureInfo.InvariantCulture, $"--task {(Data.Classifies ? "classify" : "regress")} {Plan.Options} --scale {Data.Scaling.ToString().ToLowerInvariant()}"),
        EpochsDone = Report.Epochs.Count,
        StopReason = Report.StopReason.ToString(),
    };
}
