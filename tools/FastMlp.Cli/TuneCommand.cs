using System.CommandLine;
using System.Text.Json;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp tune</c>: searches the settings of a network in earnest and prints them as options of <c>train</c>.</summary>
internal sealed class TuneCommand : CliCommand
{
    /// <summary>Trials in the table at the end.</summary>
    private const int Shown = 10;

    private const double ValidationFraction = 0.2;

    private readonly Argument<string> dataName = new("DATA") { Description = "A CSV file, or any other data that train takes" };

    private readonly Option<string?> target = new("--target") { HelpName = "COLUMN", Description = "What is to be learnt: a column by name or by number from 0 [default: the last]" };

    private readonly Option<DataTask?> task = FastMlp.Cli.Arguments.Options.Choice("--task", "Learn classes or values [default: by the target column]",
        ("classify", DataTask.Classification), ("regress", DataTask.Regression));

    private readonly Option<int?> trials = FastMlp.Cli.Arguments.Options.Integer("--trials", "Settings to try [default: 50]", least: 1);

    private readonly Option<Named<TimeSpan>?> time = FastMlp.Cli.Arguments.Options.Value("--time", "TIME", $"Begin nothing new after this long, {Duration.Known} [default: no limit]", Duration.Known,
        (string text, out Named<TimeSpan> value) => Duration.TryParse(text, out value));

    private readonly Option<int?> epochs = FastMlp.Cli.Arguments.Options.Integer("--epochs", "Epochs of the trials that come to the end [default: 81]", least: 3);

    private readonly Option<Metric?> metric = FastMlp.Cli.Arguments.Options.Value("--metric", "METRIC",
        $"What the best is best in, of the validation rows: {string.Join(", ", Metric.All)} [default: loss]", $"one of {string.Join(", ", Metric.All)}",
        (string text, out Metric value) => (value = Metric.Find(text)!) is not null);

    private readonly Option<TrialSampling?> sampler = FastMlp.Cli.Arguments.Options.Choice("--sampler", "Draw settings where good ones are dense, or anywhere [default: tpe]", ("tpe", TrialSampling.Tpe), ("random", TrialSampling.Random));

    private readonly Option<string?> journal = new("--journal") { HelpName = "FILE.jsonl", Description = "Write a JSON line for each rung of each trial; a search that was killed goes on from the file to the same result" };

    private readonly Option<int?> seed = FastMlp.Cli.Arguments.Options.Integer("--seed", "Seed of the split, the settings and the first weights [default: 1]", int.MinValue);

    private readonly Option<int?> threads = FastMlp.Cli.Arguments.Options.Integer("--threads", "Trials at a time; 0 is one for each core. The result is the same for any number [default: 0]", least: 0);

    private readonly ColumnOptions columns = new();

    public TuneCommand(CommandContext context)
        : base(context, "tune", "Search depth, width, activation, rate, decay, batch, dropout, normalization and residual blocks by asynchronous successive halving, and print the best as options of train. A quarter of the rows is held out as train does, and never looked at.")
    {
        dataName.OffersDataSets();
        Add(dataName);
        foreach (Option option in (Option[])[target, task, trials, time, epochs, metric, sampler, journal, seed, threads, .. columns.All])
        {
            Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp tune digits --trials 30 --time 60s",
        "fastmlp tune houses.csv --target price --missing median --journal houses.jsonl",
    ];

    protected override int Run(ParseResult parsed)
    {
        int chosenSeed = parsed.GetValue(seed) ?? 1;
        TrainSettings settings = new()
        {
            Data = parsed.GetRequiredValue(dataName),
            Input = Console.OpenInput,
            Csv = columns.Read(parsed, parsed.GetValue(target), parsed.GetValue(task)),
            Validation = ValidationFraction,
            Seed = chosenSeed,
        };
        SplitData data = SplitData.Load(settings);
        (Dataset train, Dataset validation) = data.RowsToTune ?? throw new CommandFailedException($"{data.Name} has {Text.Count(data.Rows, "row")}: too few to train on some and decide by others.");
        bool asJson = AsJson(parsed);
        int most = parsed.GetValue(epochs) ?? new TunerOptions().Epochs;
        TunerOptions options = new()
        {
            Trials = parsed.GetValue(trials) ?? new TunerOptions().Trials,
            MaxDuration = parsed.GetValue(time)?.Value ?? TimeSpan.Zero,
            Epochs = most,
            Sampling = parsed.GetValue(sampler) ?? TrialSampling.Tpe,
            Seed = chosenSeed,
            Threads = parsed.GetValue(threads) ?? 0,
            Journal = parsed.GetValue(journal),
            Progress = asJson ? null : trial => Console.Error.WriteLine($"trial {trial.Trial + 1}, epoch {trial.Epochs}: {Text.Figure(trial.Score)} {trial.Settings}"),
        };
        Metric watched = parsed.GetValue(metric) ?? Metric.Loss;
        using StopSignal signal = new(() => { }, Stop);
        TuneReport report;
        try
        {
            report = new Tuner(train, validation, options, one => one.For(train, chosenSeed, watched)).Run(signal.Token);
        }
        catch (OperationCanceledException)
        {
            throw new CommandFailedException("stopped as you asked before the first trial was done.");
        }
        catch (ArgumentException exception)
        {
            throw new CommandFailedException(exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal));
        }

        if (asJson)
        {
            Console.WriteJson(json => Write(json, data, report, watched));
        }
        else
        {
            Write(report, watched);
        }

        return ExitCode.Done;
    }

    private static string TrainOptions(TrialReport trial) => $"{trial.Settings} --epochs {trial.BestEpoch}";

    private void Write(TuneReport report, Metric watched)
    {
        IEnumerable<TrialReport> ranked = watched.IsHigherBetter ? report.Trials.OrderByDescending(trial => trial.Score) : report.Trials.OrderBy(trial => trial.Score);
        foreach (TrialReport trial in ranked.Where(trial => trial.BestEpoch > 0).Take(Shown))
        {
            Console.Output.WriteLine($"trial {trial.Trial + 1}: {watched} {Text.Figure(trial.Score)} at epoch {trial.BestEpoch} of {trial.Epochs}");
            Console.Output.WriteLine($"  {trial.Settings}");
        }

        Facts facts = new();
        facts.Add("trials", $"{Text.Count(report.Trials.Count)}{(report.IsComplete ? "" : ", the search was ended early")}, {Text.Time(report.WallTime)}{(report.Replayed > 0 ? $", {Text.Count(report.Replayed, "rung")} from the journal" : "")}");
        facts.Add("best", $"trial {report.Best.Trial + 1}, validation {watched} {Text.Figure(report.Best.Score)} (too good by the choice; test rows will tell)");
        facts.Add("options", TrainOptions(report.Best));
        facts.WriteTo(Console);
    }

    private static void Write(Utf8JsonWriter json, SplitData data, TuneReport report, Metric watched)
    {
        json.WriteString("command", "tune");
        json.WriteString("data", data.Name);
        json.WriteString("metric", watched.Name);
        json.WriteBoolean("complete", report.IsComplete);
        json.WriteNumber("replayed", report.Replayed);
        json.WriteNumber("seconds", report.WallTime.TotalSeconds);
        json.WriteStartArray("trials");
        foreach (TrialReport trial in report.Trials)
        {
            Write(json, trial);
        }

        json.WriteEndArray();
        json.WritePropertyName("best");
        Write(json, report.Best);
    }

    private static void Write(Utf8JsonWriter json, TrialReport trial)
    {
        json.WriteStartObject();
        json.WriteNumber("trial", trial.Trial + 1);
        json.WriteNumber("epochs", trial.Epochs);
        json.WriteNumber("bestEpoch", trial.BestEpoch);
        TrainingSummary.Figure(json, "score", trial.Score);
        json.WriteString("options", TrainOptions(trial));
        json.WriteEndObject();
    }
}
