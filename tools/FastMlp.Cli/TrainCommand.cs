using System.CommandLine;
using System.Globalization;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp train</c>: reads the options, runs the training, prints the summary and the held-out figures.</summary>
internal static class TrainCommand
{
    private static readonly Argument<string> data = new("DATA")
    {
        Description = $"A built-in data set ({string.Join(", ", BuiltInDatasets.Names)}), a file of CSV, NumPy (.npz, .npy) or libsvm (.libsvm, .svm), or a folder of idx files",
    };

    private static readonly Option<int[]?> layers = Options.Value<int[]>("--layers", "N,N,...",
        "Units of the hidden layers, or none [default: 128, or 64 for values]", "a list of whole numbers such as 64,32, nor 'none'", LayerSizes.TryParse);

    private static readonly Option<NamedActivation?> activation = Options.Value("--activation", "NAME",
        $"Activation of the hidden layers: {ActivationNames.Known} [default: relu]", $"one of {ActivationNames.Known}",
        (string text, out NamedActivation value) =>
        {
            bool known = ActivationNames.TryParse(text, out Activation parsed);
            value = new NamedActivation(text, parsed);
            return known;
        });

    private static readonly Option<DataTask?> task = Choice("--task", "Learn classes or values [default: by the target column]",
        ("classify", DataTask.Classification), ("regress", DataTask.Regression));

    private static readonly Option<string?> target = new("--target")
    {
        HelpName = "COLUMN",
        Description = "What to learn: a CSV column by name or by number from 0 [default: the last], an array of an npz file [default: y] or a column of an npy file",
    };

    private static readonly Option<OptimizerKind?> optimizer = Choice("--optimizer", "The update rule [default: adam]",
        ("sgd", OptimizerKind.Sgd), ("momentum", OptimizerKind.Momentum), ("nesterov", OptimizerKind.Nesterov), ("adam", OptimizerKind.Adam));

    private static readonly Option<float?> momentum = Options.Real("--momentum",
        "Momentum of sgd, momentum and nesterov [default: 0.9, for sgd 0]", "a number of at least 0 and below 1", value => value is >= 0 and < 1);

    private static readonly Option<float?> weightDecay = Options.Real("--weight-decay",
        "L2 coefficient on the weights [default: 1.2 / training rows, or 30 / training rows for values]", "a number of at least 0", value => value >= 0);

    private static readonly Option<float?> lr = Options.Real("--lr",
        "Learning rate [default: adam 0.002, or 0.001 from 10,000 rows on; sgd 0.1; momentum and nesterov 0.02]", "a number above 0", value => value > 0);

    private static readonly Option<int?> epochs = Options.Integer("--epochs", "Passes over the training rows [default: 60,000 / training rows, from 20 to 200]", least: 1);

    private static readonly Option<int?> batch = Options.Number("--batch", "N",
        "Rows in a mini-batch, or full [default: 32]", "a whole number of at least 1, nor 'full'", (string text, out int value) =>
        {
            value = FitOptions.FullBatch;
            return text == "full" || Options.Integer(text, 1, out value);
        });

    private static readonly Option<double?> validation = Options.Number("--validation", "FRACTION",
        "Share of the training rows that is scored after every epoch and not trained on [default: 0.1]", "a fraction of at least 0 and below 1",
        (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and < 1);

    private static readonly Option<string?> test = new("--test")
    {
        HelpName = "FRACTION or PATH",
        Description = "What to hold out for the final figures: a share of the rows, or other data [default: the test set of the folder, else 0.25]",
    };

    private static readonly Option<int?> earlyStop = Options.Integer("--early-stop",
        "Stop after N epochs without a lower validation loss and keep the best epoch; 0 is never [default: 0]", least: 0);

    private static readonly Option<int?> seed = Options.Integer("--seed", "Seed of the split, the first weights and the order of rows [default: 1]", int.MinValue);

    private static readonly Option<int?> threads = Options.Integer("--threads", "Threads; 0 is all cores. The result is the same for any number [default: 0]", least: 0);

    private static readonly Option<string?> output = new("--out")
    {
        HelpName = "MODEL",
        Description = "The file to write [default: the name of the data with .safetensors, in this folder]",
    };

    private static readonly Option<string?> report = new("--report")
    {
        HelpName = "FILE.html",
        Description = "Write a page on the run: curves, confusions or errors, what matters, the worst mistakes, the inside of the network",
    };

    private static readonly Option<Scaling?> scale = Choice("--scale", "Scaling of the features, fitted to the training rows [default: standard, for idx files pixels]",
        ("standard", Scaling.Standard), ("minmax", Scaling.MinMax), ("pixels", Scaling.Pixels), ("none", Scaling.None));

    private static readonly Option<bool> stream = new("--stream")
    {
        Description = "Read the CSV file again for each epoch instead of into memory, for files larger than that; without --epochs one pass is enough from 60,000 rows on",
    };

    private static readonly Option<int?> shuffleRows = Options.Integer("--shuffle-rows", "Rows of a stream that wait in memory to be mixed [default: 100,000]", least: 1);

    private static readonly Option<string?> checkpoint = new("--checkpoint")
    {
        HelpName = "DIR",
        Description = "Write all that training needs to go on into this folder, now and then and at the end; a kill at any instant leaves the last whole checkpoint",
    };

    private static readonly Option<CheckpointInterval?> checkpointEvery = Options.Number("--checkpoint-every", "N or TIME",
        "Epochs between checkpoints, or a time such as 500ms, 30s or 5m, also within an epoch [default: 1]", "a whole number of at least 1, nor a time such as 500ms, 30s or 5m",
        (string text, out CheckpointInterval value) => CheckpointInterval.TryParse(text, out value));

    private static readonly Option<string?> resume = new("--resume")
    {
        HelpName = "DIR",
        Description = "Go on from the newest whole checkpoint in this folder; where it has none yet, from the beginning. The result is bit for bit that of a run that was never interrupted",
    };

    public static Command Create(CommandConsole console, CancellationToken stop)
    {
        data.OffersDataSets();
        activation.Offers([.. ActivationNames.Known.Split(", ").Select(name => name.Split('[')[0])]);
        Command command = new("train", "Train a network, score it on rows that were held out, and write it to a file. Ctrl-C stops after the batch under way, then scores and writes what was learnt (exit code 0).")
        {
            data, layers, activation, task, target, optimizer, momentum, weightDecay, lr, epochs, batch, validation, test, earlyStop, seed, threads, scale, output, report, stream, shuffleRows, checkpoint, checkpointEvery, resume,
        };
        ColumnOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            CheckTogether(parsed);
            bool asJson = parsed.GetValue(Cli.JsonOption);
            using TrainingRun run = TrainingRun.Execute(Settings(parsed), console, quiet: asJson, stop);
            if (asJson)
            {
                console.WriteJson(json => TrainingSummary.Write(json, run));
            }
            else
            {
                TrainingSummary.Write(console, run);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void CheckTogether(ParseResult parsed)
    {
        OptimizerKind kind = parsed.GetValue(optimizer) ?? OptimizerKind.Adam;
        if (parsed.GetValue(momentum) is not null && kind == OptimizerKind.Adam)
        {
            throw new UsageException("--momentum goes with --optimizer sgd, momentum or nesterov; adam has its own.");
        }

        if (parsed.GetValue(momentum) == 0 && kind == OptimizerKind.Nesterov)
        {
            throw new UsageException("--optimizer nesterov needs a --momentum above 0.");
        }

        if (parsed.GetValue(shuffleRows) is not null && !parsed.GetValue(stream))
        {
            throw new UsageException("--shuffle-rows goes with --stream; rows in memory are all mixed.");
        }

        if (parsed.GetValue(checkpointEvery) is not null && parsed.GetValue(checkpoint) is null)
        {
            throw new UsageException("--checkpoint-every goes with --checkpoint.");
        }

        if (parsed.GetValue(stream) && (parsed.GetValue(checkpoint) ?? parsed.GetValue(resume)) is not null)
        {
            throw new UsageException("--checkpoint and --resume go with data in memory, not with --stream.");
        }

        if (parsed.GetValue(earlyStop) > 0 && parsed.GetValue(validation) == 0)
        {
            throw new UsageException("--early-stop watches the validation loss; it needs a --validation above 0.");
        }
    }

    private static TrainSettings Settings(ParseResult parsed)
    {
        TrainSettings defaults = new() { Data = parsed.GetRequiredValue(data) };
        return defaults with
        {
            Layers = parsed.GetResult(layers) is null ? null : parsed.GetValue(layers), // an array not given would be an empty one
            Activation = parsed.GetValue(activation) ?? defaults.Activation,
            Csv = ColumnOptions.Read(parsed, parsed.GetValue(target), parsed.GetValue(task)),
            Optimizer = parsed.GetValue(optimizer) ?? defaults.Optimizer,
            Momentum = parsed.GetValue(momentum),
            WeightDecay = parsed.GetValue(weightDecay),
            LearningRate = parsed.GetValue(lr),
            Epochs = parsed.GetValue(epochs),
            BatchSize = parsed.GetValue(batch),
            Validation = parsed.GetValue(validation),
            Test = parsed.GetValue(test),
            EarlyStop = parsed.GetValue(earlyStop) ?? defaults.EarlyStop,
            Seed = parsed.GetValue(seed) ?? defaults.Seed,
            Threads = parsed.GetValue(threads) ?? defaults.Threads,
            Scale = parsed.GetValue(scale),
            Out = parsed.GetValue(output),
            Report = parsed.GetValue(report),
            Stream = parsed.GetValue(stream),
            ShuffleRows = parsed.GetValue(shuffleRows),
            Checkpoint = parsed.GetValue(checkpoint) is { } folder ? (parsed.GetValue(checkpointEvery) ?? CheckpointInterval.Default).In(folder) : null,
            Resume = parsed.GetValue(resume),
        };
    }

    private static Option<T?> Choice<T>(string name, string description, params (string Name, T Value)[] choices)
        where T : struct
    {
        string names = string.Join('|', choices.Select(choice => choice.Name));
        Option<T?> option = Options.Number(name, names, description, $"one of {names.Replace("|", ", ", StringComparison.Ordinal)}", (string text, out T value) =>
        {
            int index = Array.FindIndex(choices, choice => choice.Name == text);
            value = index < 0 ? default : choices[index].Value;
            return index >= 0;
        });
        option.Offers([.. choices.Select(choice => choice.Name)]);
        return option;
    }
}
