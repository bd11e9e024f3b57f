using System.Globalization;
using FastMlp.Cli.Arguments;

namespace FastMlp.Cli.Training;

/// <summary>The settings with every default filled in from the task and the number of rows.</summary>
internal sealed class TrainingPlan
{
    /// <summary>Units of a hidden layer where none are given.</summary>
    public const int DefaultUnits = 128;

    /// <summary>Without --epochs, small data are visited again and again until so many rows have been seen; the best epoch is kept.</summary>
    private const int DefaultRowsVisited = 250_000;

    private const int LeastDefaultEpochs = 20;
    private const int MostDefaultEpochs = 1000;

    /// <summary>Of a stream, which is read again for each epoch.</summary>
    private const int DefaultRowsStreamed = 60_000;

    private const int MostDefaultEpochsStreamed = 200;

    /// <summary>Where nobody chose it.</summary>
    private const float DefaultWeightDecay = 1e-3f;

    private readonly TrainSettings settings;
    private readonly bool classifies;
    private readonly bool keepsAllRows;
    private readonly float weightDecay;

    public TrainingPlan(TrainSettings settings, TrainingData data)
    {
        this.settings = settings;
        classifies = data.Classifies;
        Layers = settings.Layers ?? [DefaultUnits];
        if (settings.Residual > Layers.Count)
        {
            throw new UsageException($"--residual {settings.Residual} makes blocks of as many hidden layers; --layers {LayerText} has {Layers.Count}.");
        }

        Epochs = settings.Epochs ?? (settings.Stream
            ? (int)Math.Clamp(DefaultRowsStreamed / data.TrainRows, 1, MostDefaultEpochsStreamed)
            : (int)Math.Clamp(DefaultRowsVisited / data.TrainRows, LeastDefaultEpochs, MostDefaultEpochs));
        EarlyStop = settings.EarlyStop ?? (settings.Epochs is null && data.ValidationRows > 0 ? Math.Max(10, Epochs / 5) : 0);
        keepsAllRows = data.ValidationRows == 0 && settings.Validation == 0;
        weightDecay = settings.WeightDecay ?? (settings.Optimizer == OptimizerKind.AdamW ? new AdamW().WeightDecay : DefaultWeightDecay);
        Optimizer = CreateOptimizer();
        Loss = CreateLoss(data);
    }

    public IReadOnlyList<int> Layers { get; }

    public int Epochs { get; }

    /// <summary>Epochs without a new best after which training ends; 0 is never.</summary>
    public int EarlyStop { get; }

    public int BatchSize => settings.BatchSize ?? (settings.TakesAllRows ? FastMlp.FitOptions.FullBatch : 32);

    public Optimizer Optimizer { get; }

    public Loss Loss { get; }

    /// <summary>The settings with the defaults that depend on the number of rows filled in.</summary>
    public TrainSettings Fixed => settings with { Epochs = Epochs, EarlyStop = EarlyStop, WeightDecay = weightDecay, LearningRate = Optimizer.LearningRate };

    /// <summary>The options that shape the network and its training, defaults filled in: the names of the command line with their values.</summary>
    public IReadOnlyDictionary<string, string> Resolved
    {
        get
        {
            Dictionary<string, string> all = new()
            {
                ["--layers"] = LayerText,
                ["--activation"] = settings.Activation.Name,
            };
            if (settings.Norm != Normalization.None)
            {
                all["--norm"] = settings.Norm.ToString().ToLowerInvariant();
            }

            Add("--dropout", settings.Dropout);
            AddCount("--residual", settings.Residual, usual: 0);
            all["--optimizer"] = settings.Optimizer.ToString().ToLowerInvariant();
            if (Optimizer is Sgd { Momentum: > 0 } or RmsProp { Momentum: > 0 })
            {
                all["--momentum"] = Number(Optimizer is Sgd sgd ? sgd.Momentum : ((RmsProp)Optimizer).Momentum);
            }

            all["--lr"] = Number(Optimizer.LearningRate);
            all["--weight-decay"] = Number(weightDecay);
            if (settings.Schedule is not null)
            {
                all["--schedule"] = settings.Schedule.Name;
            }

            Add("--warm-up", settings.WarmUp);
            Add("--l1", settings.L1);
            Add("--max-norm", settings.MaxNorm);
            Add("--clip-norm", settings.ClipNorm);
            Add("--clip-value", settings.ClipValue);
            if (settings.Loss is not null)
            {
                all["--loss"] = settings.Loss.Name;
            }

            Add("--label-smoothing", settings.LabelSmoothing);
            if (settings.ClassWeights is not null)
            {
                all["--class-weights"] = settings.ClassWeights.Text;
            }

            all["--epochs"] = Epochs.ToString(CultureInfo.InvariantCulture);
            all["--batch"] = BatchSize == FastMlp.FitOptions.FullBatch ? "full" : BatchSize.ToString(CultureInfo.InvariantCulture);
            AddCount("--accumulate", settings.Accumulate, usual: 1);
            all["--early-stop"] = EarlyStop.ToString(CultureInfo.InvariantCulture);
            if (keepsAllRows)
            {
                all["--validation"] = "0";
            }

            Add("--min-delta", settings.MinDelta);
            if (settings.Watch is { } watch)
            {
                all["--watch"] = watch.Name;
            }

            if (settings.MaxDuration is not null)
            {
                all["--max-duration"] = settings.MaxDuration.Name;
            }

            return all;

            void AddCount(string name, int value, int usual)
            {
                if (value != usual)
                {
                    all[name] = value.ToString(CultureInfo.InvariantCulture);
                }
            }

            void Add(string name, float value)
            {
                if (value != 0)
                {
                    all[name] = Number(value);
                }
            }
        }
    }

    /// <summary>The same in one line, in the spelling of the command line.</summary>
    public string Options => string.Join(' ', Resolved.Select(option => $"{option.Key} {option.Value}"));

    public Network BuildNetwork(int inputSize, int outputSize)
    {
        for (int i = 0; i < Layers.Count; i++)
        {
            if (Layers[i] < 1)
            {
                throw new CommandFailedException($"hidden layer {i + 1} of --layers has {Layers[i]} units; each needs at least 1 ('--layers none' makes a network without hidden layers).");
            }
        }

        NetworkBuilder builder = Network.Input(inputSize);
        int beforeBlocks = settings.Residual == 0 ? Layers.Count : Layers.Count % settings.Residual;
        foreach (int units in Layers.Take(beforeBlocks))
        {
            AddHidden(builder, units);
        }

        foreach (int[] block in settings.Residual == 0 ? [] : Layers.Skip(beforeBlocks).Chunk(settings.Residual))
        {
            builder.Residual(body =>
            {
                foreach (int units in block.SkipLast(1))
                {
                    AddHidden(body, units);
                }

                AddNorm(body.Dense(block[^1]));
            });
            AddDropout(Activate(builder));
        }

        try
        {
            return builder.Dense(outputSize, classifies ? Activation.Softmax : Activation.Identity).Build(settings.Seed);
        }
        catch (Exception exception) when (exception is OverflowException or OutOfMemoryException or ArgumentException)
        {
            throw new CommandFailedException($"a network of --layers {LayerText} is too large for memory.");
        }
    }

    public FitOptions FitOptions(Dataset? validation, Action<EpochReport>? progress) => new()
    {
        Loss = Loss,
        Optimizer = Optimizer,
        Schedule = settings.WarmUp > 0 ? (settings.Schedule?.Value ?? Schedule.Constant).WithWarmUp(settings.WarmUp) : settings.Schedule?.Value,
        ClipNorm = settings.ClipNorm,
        ClipValue = settings.ClipValue,
        L1 = settings.L1,
        MaxNorm = settings.MaxNorm,
        Epochs = Epochs,
        BatchSize = BatchSize,
        Validation = validation,
        AccumulateBatches = settings.Accumulate,
        EarlyStoppingPatience = validation is null ? 0 : EarlyStop,
        RestoreBest = validation is not null,
        MinDelta = settings.MinDelta,
        Watch = validation is null ? Metric.Loss : settings.Watch ?? Metric.Loss,
        MaxDuration = settings.MaxDuration?.Value ?? TimeSpan.Zero,
        Seed = settings.Seed,
        Threads = settings.Threads,
        Progress = progress,
        Checkpoint = settings.Checkpoint,
        Resume = settings.Resume,
    };

    public string LayerText => Layers.Count == 0 ? "none" : string.Join(',', Layers);

    private static string Number(float value) => value.ToString("0.########", CultureInfo.InvariantCulture) is var text && text != "0"
        ? text
        : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Glorot's under ReLU too, smaller than He's: networks of one or two hidden layers then start near a smooth function and need no decay to stay there
    /// (R2 of ten sets 0.757 against 0.753). SELU keeps its own.
    /// </summary>
    private Initializer? FirstWeights => settings.Activation.Value == FastMlp.Activation.Selu ? null : Initializer.GlorotUniform;

    private void AddHidden(NetworkBuilder builder, int units) =>
        AddDropout(settings.Norm == Normalization.None ? builder.Dense(units, settings.Activation.Value, initializer: FirstWeights) : Activate(AddNorm(builder.Dense(units, initializer: FirstWeights))));

    private NetworkBuilder AddNorm(NetworkBuilder builder) => settings.Norm switch
    {
        Normalization.Batch => builder.BatchNorm(),
        Normalization.Layer => builder.LayerNorm(),
        _ => builder,
    };

    private NetworkBuilder Activate(NetworkBuilder builder)
    {
        try
        {
            return builder.Activate(settings.Activation.Value);
        }
        catch (ArgumentException)
        {
            throw new UsageException($"--activation {settings.Activation.Name} belongs to a dense layer and cannot stand behind a normalization or a sum: leave --norm and --residual away, or take another.");
        }
    }

    private void AddDropout(NetworkBuilder builder)
    {
        if (settings.Dropout > 0)
        {
            builder.Dropout(settings.Dropout);
        }
    }

    private Optimizer CreateOptimizer()
    {
        float momentum = settings.Momentum ?? 0.9f;
        float adaptiveRate = settings.LearningRate ?? 1e-3f;
        return settings.Optimizer switch
        {
            OptimizerKind.Sgd => new Sgd(settings.LearningRate ?? 0.1f, settings.Momentum ?? 0, weightDecay: weightDecay),
            OptimizerKind.Momentum => new Sgd(settings.LearningRate ?? 0.02f, momentum, weightDecay: weightDecay),
            OptimizerKind.Nesterov => new Sgd(settings.LearningRate ?? 0.02f, momentum, nesterov: true, weightDecay: weightDecay),
            OptimizerKind.AdamW => new AdamW(adaptiveRate, weightDecay: weightDecay),
            OptimizerKind.AmsGrad => new Adam(adaptiveRate, weightDecay: weightDecay, amsGrad: true),
            OptimizerKind.AdaGrad => new AdaGrad(settings.LearningRate ?? 0.02f, weightDecay: weightDecay),
            OptimizerKind.RmsProp => new RmsProp(adaptiveRate, momentum: settings.Momentum ?? 0, weightDecay: weightDecay),
            OptimizerKind.IRprop => new IRprop(settings.LearningRate ?? 0.01f, weightDecay: weightDecay),
            OptimizerKind.Lbfgs => new Lbfgs(settings.LearningRate ?? 1, weightDecay: weightDecay),
            _ => new Adam(adaptiveRate, weightDecay: weightDecay),
        };
    }

    private Loss CreateLoss(TrainingData data)
    {
        bool isOfClasses = settings.Loss is null ? classifies : settings.Loss.Value == Loss.CrossEntropy;
        if (isOfClasses != classifies)
        {
            throw new UsageException($"--loss {settings.Loss!.Name} goes with {(classifies ? "values" : "classes")}; {data.Name} has {(classifies ? "classes" : "values")} to learn.");
        }

        Loss loss = settings.Loss?.Value ?? (classifies ? Loss.CrossEntropy : Loss.Quadratic);
        if (!classifies && (settings.LabelSmoothing > 0 || settings.ClassWeights is not null))
        {
            throw new UsageException($"{(settings.LabelSmoothing > 0 ? "--label-smoothing" : "--class-weights")} goes with classes; {data.Name} has values to learn.");
        }

        loss = settings.LabelSmoothing > 0 ? loss.WithLabelSmoothing(settings.LabelSmoothing) : loss;
        if (settings.ClassWeights is not { } weighting)
        {
            return loss;
        }

        if (weighting.Given is { } given && given.Length != data.TargetSize)
        {
            throw new UsageException($"--class-weights {weighting.Text} has {given.Length} weights; {data.Name} has {data.TargetSize} classes: {string.Join(", ", data.Preprocessing.ClassNames)}.");
        }

        return loss.WithClassWeights(weighting.For(data.ClassRows ?? (weighting.Given is null
            ? throw new UsageException("--class-weights balanced counts the rows of each class first, which --stream does not: give the weights.")
            : [])));
    }
}
