using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Arguments.Train;
using FastMlp.Cli.Config;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Training;
using FastMlp.Data;
using FastMlp.Distributed;

namespace FastMlp.Cli;

/// <summary><c>fastmlp train</c>: reads the options, runs the training, prints the summary and the held-out figures.</summary>
internal sealed class TrainCommand : CliCommand
{
    private readonly Argument<string?> data = new("DATA")
    {
        Arity = ArgumentArity.ZeroOrOne, // a configuration file may name them
        Description = $"A built-in data set ({string.Join(", ", BuiltInDatasets.Names)}), a file of CSV or '-' for CSV on standard input, NumPy (.npz, .npy) or libsvm (.libsvm, .svm), or a folder of idx files",
    };

    private readonly TrainOptions options = new();

    private readonly ConfigGroup config = new();

    public TrainCommand(CommandContext context)
        : base(context, "train", "Train a network, score it on rows that were held out, and write it to a file. Ctrl-C stops after the batch under way, then scores and writes what was learnt (exit code 0).")
    {
        data.OffersDataSets();
        Add(data);
        Groups = [.. options.Groups, config];
        foreach (Option option in Groups.SelectMany(group => group.Options))
        {
            Add(option);
        }
    }

    public override IReadOnlyList<OptionGroup> Groups { get; }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp train digits --report digits.html",
        "fastmlp train houses.csv --target price --missing median --ignore id --layers 64,32 --out price.safetensors",
        "fastmlp train mnist/ --layers 256 --epochs 10 --early-stop 3",
        "fastmlp train large.csv --stream --epochs 1",
        "fastmlp train digits --optimizer adamw --schedule cosine --warm-up 1 --dropout 0.2 --save-config digits.json",
        "fastmlp train --config digits.json --seed 2",
    ];

    /// <summary>The command line with the options of its configuration file, if it names one.</summary>
    public ParseResult WithConfig(ParseResult parsed) => parsed.GetValue(config.Config) is { } path ? File.Merge(parsed, path) : parsed;

    protected override int Run(ParseResult parsed)
    {
        if (parsed.GetValue(config.Schema))
        {
            Console.Output.Write(File.Schema());
            return ExitCode.Done;
        }

        parsed = WithConfig(parsed);
        bool asJson = AsJson(parsed);
        TrainSettings settings = options.Read(parsed, parsed.GetValue(data) ?? throw new UsageException("DATA is missing: the name of a data set, a file or a folder.")) with { Input = Console.OpenInput };
        bool writesModel = parsed.GetValue(options.Data.Folds) is null;
        OutputFile.CheckApart(
            [("DATA", settings.Data), ("--test", settings.Test), ("--config", parsed.GetValue(config.Config)), ("--checkpoint", settings.Checkpoint?.Folder), ("--resume", settings.Resume)],
            [("--out", writesModel ? TrainingRun.PathOfModel(settings) : null), ("--report", settings.Report), ("--save-config", parsed.GetValue(config.Save))]);
        if (MpiCommunicator.IsLaunched)
        {
            using MpiCommunicator job = new(settings.Deadline?.Value);
            return RunTogether(job, settings, writesModel, asJson, Planned);
        }

        if (settings.Deterministic)
        {
            // One rank, with the shares of any other number of them.
            int code = ExitCode.Failed;
            ThreadRanks.Run(1, alone => code = RunTogether(alone, settings, writesModel, asJson, Planned));
            return code;
        }

        if (parsed.GetValue(options.Data.Folds) is { } count)
        {
            FoldedRun folded = FoldedRun.Execute(settings, count, Console, quiet: asJson, Planned, Stop);
            if (asJson)
            {
                Console.WriteJson(json => FoldSummary.Write(json, folded));
            }
            else
            {
                FoldSummary.Write(Console, folded);
            }

            return ExitCode.Done;
        }

        using TrainingRun run = TrainingRun.Execute(settings, Console, quiet: asJson, Planned, Stop);
        Summarize(run, asJson);
        return ExitCode.Done;

        void Planned(TrainingPlan plan)
        {
            if (parsed.GetValue(config.Save) is { } saved)
            {
                // Folds that search each for its own settings do so again from the file.
                File.Save(saved, parsed, writesModel || !ShortSearch.Applies(settings) ? plan.Resolved : new Dictionary<string, string>());
            }
        }
    }

    /// <summary>One rank of a job: all train, rank 0 speaks and writes.</summary>
    private int RunTogether(Communicator ranks, TrainSettings settings, bool writesModel, bool asJson, Action<TrainingPlan> planned)
    {
        if (ranks.Size > 1 && settings.Source.IsReadOnce)
        {
            throw new UsageException("standard input goes to one rank of a job only; give a file that all can read.");
        }

        if (settings.Stream || !writesModel)
        {
            throw new UsageException($"{(settings.Stream ? "--stream" : "--folds")} goes without mpirun and --deterministic: the ranks of a job train one network on rows in memory.");
        }

        try
        {
            // Each rank would repeat the search for settings, and a limit of time could end it at different places.
            settings = settings with { Quick = true, Group = ranks.CreateGroup(new DistributedOptions { Deterministic = settings.Deterministic }) };
            if (ranks.Rank > 0)
            {
                // Checkpoints are rank 0's; the model of the others is the same and goes nowhere.
                using TrainingRun silent = TrainingRun.Execute(settings with { Report = null }, new CommandConsole(TextWriter.Null, TextWriter.Null, TextReader.Null), quiet: true, static _ => { }, Stop);
                return ExitCode.Done;
            }

            if (!asJson)
            {
                Console.Error.WriteLine($"{Text.Count(ranks.Size, "rank")}; settings that were left open have fixed defaults, as with --quick");
            }

            using TrainingRun run = TrainingRun.Execute(settings, Console, quiet: asJson, planned, Stop);
            Summarize(run, asJson);
            return ExitCode.Done;
        }
        catch (Exception exception)
        {
            // The other ranks wait for this one: the job ends here, with this message.
            ranks.Fail(exception);
            throw;
        }
    }

    private void Summarize(TrainingRun run, bool asJson)
    {
        if (asJson)
        {
            Console.WriteJson(json => TrainingSummary.Write(json, run));
        }
        else
        {
            TrainingSummary.Write(Console, run);
        }
    }

    private ConfigFile File => new(this, data, [.. options.Groups.SelectMany(group => group.Options)]);
}
