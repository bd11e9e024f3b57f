using System.CommandLine;
using System.Globalization;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Config;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp train</c>: reads the options, runs the training, prints the summary and the held-out figures.</summary>
internal static class TrainCommand
{
    private const string AtLeast0 = "a number of at least 0";

    private const string Below1 = "a number of at least 0 and below 1";

    private static readonly Argument<string?> data = new("DATA")
    {
        Arity = ArgumentArity.ZeroOrOne, // a configuration file may name them
        Description = $"A built-in data set ({string.Join(", ", BuiltInDatasets.Names)}), a file of CSV, NumPy (.npz, .npy) or libsvm (.libsvm, .svm), or a folder of idx files",
    };

    private static readonly Option<int[]?> layers = Options.Value<int[]>("--layers", "N,N,...",
        "Units of the hidden layers, or none [default: 128, or 64 for values]", "a list of whole numbers such as 64,32, nor 'none'", LayerSizes.TryParse);

    private static readonly Option<Named<Activation>?> activation = Options.Value("--activation", "NAME",
        $"Activation of the hidden layers: {ActivationNames.Known} [default: relu]", $"one of {ActivationNames.Known}",
        (string text, out Named<Activation> value) =>
        {
            bool known = ActivationNames.TryParse(text, out Activation parsed);
            value = new Named<Activation>(text, parsed);
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
        ("sgd", OptimizerKind.Sgd), ("momentum", OptimizerKind.Momentum), ("nesterov", OptimizerKind.Nesterov), ("adam", OptimizerKind.Adam),
        ("adamw", OptimizerKind.AdamW), ("amsgrad", OptimizerKind.AmsGrad), ("adagrad", OptimizerKind.AdaGrad), ("rmsprop", OptimizerKind.RmsProp), ("irprop", OptimizerKind.IRprop), ("lbfgs", OptimizerKind.Lbfgs));

    private static readonly Option<float?> momentum = Options.Real("--momentum",
        "Momentum of sgd, momentum, nesterov and rmsprop [default: 0.9, for sgd and rmsprop 0]", "a number of at least 0 and below 1", value => value is >= 0 and < 1);

    private static readonly Option<float?> weightDecay = Options.Real("--weight-decay",
        "L2 coefficient on the weights, of adamw decoupled [default: 1.2 / training rows, or 30 / training rows for values; of adamw 0.01]", "a number of at least 0", value => value >= 0);

    private static readonly Option<float?> lr = Options.Real("--lr",
        "Learning rate [default: adam, adamw, amsgrad and rmsprop 0.002, or 0.001 from 10,000 rows on; sgd 0.1; momentum, nesterov and adagrad 0.02; irprop 0.01; lbfgs 1]", "a number above 0", value => value > 0);

    private static readonly Option<int?> epochs = Options.Integer("--epochs", "Passes over the training rows [default: 60,000 / training rows, from 20 to 200]", least: 1);

    private static readonly Option<int?> batch = Options.Number("--batch", "N",
        "Rows in a mini-batch, or full [default: 32; of irprop and lbfgs full]", "a whole number of at least 1, nor 'full'", (string text, out int value) =>
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

    private static readonly Option<float?> minDelta = Options.Real("--min-delta", "How far below the lowest validation loss an epoch must come for --early-stop to count anew [default: 0]", AtLeast0, IsAtLeast0);

    private static readonly Option<Named<TimeSpan>?> maxDuration = Options.Value("--max-duration", "TIME",
        $"Stop when training has taken this long, {Duration.Known}, if --epochs are not done sooner, and keep the best epoch", Duration.Known,
        (string text, out Named<TimeSpan> value) => Duration.TryParse(text, out value));

    private static readonly Option<int?> accumulate = Options.Integer("--accumulate",
        "Mini-batches whose gradients are added up before an update: the step of a batch N times as large, in the memory of one [default: 1]", least: 1);

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

    private static readonly Option<Normalization?> norm = Choice("--norm", "What normalizes each hidden layer before its activation: over the rows of a batch, or over the units of a row [default: none]",
        ("none", Normalization.None), ("batch", Normalization.Batch), ("layer", Normalization.Layer));

    private static readonly Option<float?> dropout = Options.Real("--dropout",
        "Share of each hidden layer's outputs that training drops at random [default: 0]", Below1, IsBelow1);

    private static readonly Option<int?> residual = Options.Integer("--residual",
        "Hidden layers in a residual block, whose input is added to what comes out, before the last activation; layers left over stand before the blocks; 0 is none [default: 0]", least: 0);

    private static readonly Option<Named<Schedule>?> schedule = Options.Value("--schedule", "NAME",
        $"How the learning rate moves: {ScheduleNames.Known} [default: constant]", $"one of {ScheduleNames.Known}", (string text, out Named<Schedule> value) => ScheduleNames.TryParse(text, out value));

    private static readonly Option<float?> warmUp = Options.Real("--warm-up", "Epochs, or parts of one, in which the learning rate rises to its first value [default: 0]", AtLeast0, IsAtLeast0);

    private static readonly Option<float?> clipNorm = Options.Real("--clip-norm", "Scale gradients down to this length; 0 is off [default: 0]", AtLeast0, IsAtLeast0);

    private static readonly Option<float?> clipValue = Options.Real("--clip-value", "Hold each component of a gradient within plus or minus this; 0 is off [default: 0]", AtLeast0, IsAtLeast0);

    private static readonly Option<float?> l1 = Options.Real("--l1", "L1 coefficient on the weights [default: 0]", AtLeast0, IsAtLeast0);

    private static readonly Option<float?> maxNorm = Options.Real("--max-norm", "Greatest length of the weights into a unit; 0 is off [default: 0]", AtLeast0, IsAtLeast0);

    private static readonly Option<Named<Loss>?> loss = Options.Value("--loss", "NAME",
        $"What to make small: {LossNames.Known} [default: cross-entropy, quadratic for values]", $"one of {LossNames.Known}", (string text, out Named<Loss> value) => LossNames.TryParse(text, out value));

    private static readonly Option<float?> labelSmoothing = Options.Real("--label-smoothing", "Share of each class label that is spread over all classes [default: 0]", Below1, IsBelow1);

    private static readonly Option<ClassWeighting?> classWeights = Options.Value<ClassWeighting>("--class-weights", "W,W,...",
        "How much each class counts in the loss, in the order of the classes' names, or balanced: all classes alike", "a list of numbers of at least 0, not all 0, nor 'balanced'", ClassWeighting.TryParse);

    private static readonly Option<string?> config = new("--config")
    {
        HelpName = "FILE.json",
        Description = "Take options from a file, by their names without dashes; what the command line says goes first",
    };

    private static readonly Option<string?> saveConfig = new("--save-config")
    {
        HelpName = "FILE.json",
        Description = "Write the options of this run to a file, defaults filled in, for --config",
    };

    private static readonly Option<bool> configSchema = new("--config-schema") { Description = "Print the JSON schema of such files and do nothing else" };

    private static readonly Option<string?> checkpoint = new("--checkpoint")
    {
        HelpName = "DIR",
        Description = "Write all that training needs to go on into this folder, now and then and at the end; a kill at any instant leaves the last whole checkpoint",
    };

    private static readonly Option<CheckpointInterval?> checkpointEvery = Options.Number("--checkpoint-every", "N or TIME",
        $"Epochs between checkpoints, or {Duration.Known}, also within an epoch [default: 1]", $"a whole number of at least 1, nor {Duration.Known}",
        (string text, out CheckpointInterval value) => CheckpointInterval.TryParse(text, out value));

    private static readonly Option<string?> resume = new("--resume")
    {
        HelpName = "DIR",
        Description = "Go on from the newest whole checkpoint in this folder; where it has none yet, from the beginning. The result is bit for bit that of a run that was never interrupted",
    };

    private static readonly OptionGroup[] groups =
    [
        new("Data", [task, target, scale, validation, test, .. ColumnOptions.All, stream, shuffleRows]),
        new("Network", layers, activation, norm, dropout, residual),
        new("Update rule", optimizer, lr, momentum, weightDecay, l1, maxNorm, clipNorm, clipValue, schedule, warmUp),
        new("Loss", loss, labelSmoothing, classWeights),
        new("Course", epochs, maxDuration, batch, accumulate, earlyStop, minDelta, seed, threads),
        new("Checkpoints", checkpoint, checkpointEvery, resume),
        new("Files", output, report),
    ];

    private static readonly OptionGroup files = new("Configuration", config, saveConfig, configSchema);

    /// <summary>The options under their headings, in the order of the help.</summary>
    public static IReadOnlyList<OptionGroup> Groups { get; } = [.. groups, files];

    public static Command Create(CommandConsole console, CancellationToken stop)
    {
        data.OffersDataSets();
        activation.Offers([.. ActivationNames.Known.Split(", ").Select(name => name.Split('[')[0])]);
        schedule.Offers([.. ScheduleNames.Known.Split(", ").Select(name => name.Split(':', '[')[0])]);
        loss.Offers([.. LossNames.Known.Split(", ").Select(name => name.Split('[')[0])]);
        batch.Offers("full");
        layers.Offers("none");
        classWeights.Offers(ClassWeighting.Balanced);
        Command command = new("train", "Train a network, score it on rows that were held out, and write it to a file. Ctrl-C stops after the batch under way, then scores and writes what was learnt (exit code 0).")
        {
            data,
        };
        foreach (Option option in Groups.SelectMany(group => group.Options))
        {
            command.Add(option);
        }

        command.SetAction(parsed => Run(parsed, console, stop));
        return command;
    }

    /// <summary>The command line with the options of its configuration file, if it names one.</summary>
    public static ParseResult WithConfig(ParseResult parsed) => parsed.GetValue(config) is { } path ? File(parsed).Merge(parsed, path) : parsed;

    private static ConfigFile File(ParseResult parsed) => new(parsed.CommandResult.Command, data, [.. groups.SelectMany(group => group.Options)]);

    private static int Run(ParseResult parsed, CommandConsole console, CancellationToken stop)
    {
        if (parsed.GetValue(configSchema))
        {
            console.Output.Write(File(parsed).Schema());
            return ExitCode.Done;
        }

        parsed = WithConfig(parsed);
        CheckTogether(parsed);
        bool asJson = parsed.GetValue(Cli.JsonOption);
        using TrainingRun run = TrainingRun.Execute(Settings(parsed), console, quiet: asJson, Planned, stop);
        if (asJson)
        {
            console.WriteJson(json => TrainingSummary.Write(json, run));
        }
        else
        {
            TrainingSummary.Write(console, run);
        }

        return ExitCode.Done;

        void Planned(TrainingPlan plan)
        {
            if (parsed.GetValue(saveConfig) is { } saved)
            {
                File(parsed).Save(saved, parsed, plan.Resolved);
            }
        }
    }

    private static bool IsAtLeast0(float value) => value >= 0;

    private static bool IsBelow1(float value) => value is >= 0 and < 1;

    private static void CheckTogether(ParseResult parsed)
    {
        if (parsed.GetValue(data) is null)
        {
            throw new UsageException("DATA is missing: the name of a data set, a file or a folder.");
        }

        OptimizerKind kind = parsed.GetValue(optimizer) ?? OptimizerKind.Adam;
        if (parsed.GetValue(momentum) is not null && kind is not (OptimizerKind.Sgd or OptimizerKind.Momentum or OptimizerKind.Nesterov or OptimizerKind.RmsProp))
        {
            throw new UsageException($"--momentum goes with --optimizer sgd, momentum, nesterov or rmsprop; {kind.ToString().ToLowerInvariant()} has no use for it.");
        }

        if (kind == OptimizerKind.Lbfgs && parsed.GetValue(batch) is { } rows && rows != FitOptions.FullBatch)
        {
            throw new UsageException("--optimizer lbfgs takes all rows at once: leave --batch away or give full.");
        }

        if (kind == OptimizerKind.Lbfgs && parsed.GetValue(accumulate) > 1)
        {
            throw new UsageException("--optimizer lbfgs takes all rows at once: leave --accumulate away.");
        }

        if (parsed.GetValue(stream) && (kind is OptimizerKind.Lbfgs or OptimizerKind.IRprop || parsed.GetValue(schedule) is not null || parsed.GetValue(warmUp) > 0))
        {
            throw new UsageException("--stream does not know how many steps an epoch has nor hold all rows at once: it goes without --schedule, --warm-up, and --optimizer lbfgs and irprop.");
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

        if (parsed.GetValue(stream) && (parsed.GetValue(minDelta) > 0 || parsed.GetValue(maxDuration) is not null || parsed.GetValue(accumulate) > 1))
        {
            throw new UsageException("--min-delta, --max-duration and --accumulate go with data in memory, not with --stream.");
        }

        if (parsed.GetValue(minDelta) > 0 && parsed.GetValue(earlyStop) is (null or 0))
        {
            throw new UsageException("--min-delta goes with --early-stop, which it makes stricter.");
        }

        if (parsed.GetValue(earlyStop) > 0 && parsed.GetValue(validation) == 0)
        {
            throw new UsageException("--early-stop watches the validation loss; it needs a --validation above 0.");
        }
    }

    private static TrainSettings Settings(ParseResult parsed)
    {
        TrainSettings defaults = new() { Data = parsed.GetValue(data)! };
        return defaults with
        {
            Layers = parsed.GetResult(layers) is null ? null : parsed.GetValue(layers), // an array not given would be an empty one
            Activation = parsed.GetValue(activation) ?? defaults.Activation,
            Csv = ColumnOptions.Read(parsed, parsed.GetValue(target), parsed.GetValue(task)),
            Norm = parsed.GetValue(norm) ?? Normalization.None,
            Dropout = parsed.GetValue(dropout) ?? 0,
            Residual = parsed.GetValue(residual) ?? 0,
            Optimizer = parsed.GetValue(optimizer) ?? defaults.Optimizer,
            Schedule = parsed.GetValue(schedule),
            WarmUp = parsed.GetValue(warmUp) ?? 0,
            ClipNorm = parsed.GetValue(clipNorm) ?? 0,
            ClipValue = parsed.GetValue(clipValue) ?? 0,
            L1 = parsed.GetValue(l1) ?? 0,
            MaxNorm = parsed.GetValue(maxNorm) ?? 0,
            Loss = parsed.GetValue(loss),
            LabelSmoothing = parsed.GetValue(labelSmoothing) ?? 0,
            ClassWeights = parsed.GetValue(classWeights),
            Momentum = parsed.GetValue(momentum),
            WeightDecay = parsed.GetValue(weightDecay),
            LearningRate = parsed.GetValue(lr),
            Epochs = parsed.GetValue(epochs),
            BatchSize = parsed.GetValue(batch),
            Validation = parsed.GetValue(validation),
            Test = parsed.GetValue(test),
            EarlyStop = parsed.GetValue(earlyStop) ?? defaults.EarlyStop,
            MinDelta = parsed.GetValue(minDelta) ?? 0,
            MaxDuration = parsed.GetValue(maxDuration),
            Accumulate = parsed.GetValue(accumulate) ?? defaults.Accumulate,
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
