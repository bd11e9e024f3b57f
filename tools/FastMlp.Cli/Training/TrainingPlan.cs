using System.Globalization;
using FastMlp.Cli.Arguments;

namespace FastMlp.Cli.Training;

/// <summary>The settings with every default filled in from the task and the number of rows.</summary>
internal sealed class TrainingPlan
{
    /// <summary>Without --epochs, small data are visited again and again until about as many rows have been seen as in one pass over MNIST.</summary>
    private const int DefaultRowsVisited = 60_000;

    private const int LeastDefaultEpochs = 20;
    private const int MostDefaultEpochs = 200;

    /// <summary>
    /// Without --weight-decay it is this over the training rows: a fixed prior on the weights, against which more rows weigh more.
    /// </summary>
    private const float ClassPrior = 1.2f;

    private const float ValuePrior = 30;

    private readonly TrainSettings settings;
    private readonly bool classifies;
    private readonly float weightDecay;

    public TrainingPlan(TrainSettings settings, TrainingData data)
    {
        this.settings = settings;
        classifies = data.Classifies;
        Layers = settings.Layers ?? [classifies ? 128 : 64];
        if (settings.Residual > Layers.Count)
        {
            throw new UsageException($"--residual {settings.Residual} makes blocks of as many hidden layers; --layers {LayerText} has {Layers.Count}.");
        }

        Epochs = settings.Epochs ?? (int)Math.Clamp(DefaultRowsVisited / data.TrainRows, settings.Stream ? 1 : LeastDefaultEpochs, MostDefaultEpochs);
        weightDecay = settings.WeightDecay ?? settings.Optimizer.WeightDecay ?? RoundedToTwoDigits((classifies ? ClassPrior : ValuePrior) / data.TrainRows);
        Optimizer = CreateOptimizer(data.TrainRows);
        Loss = CreateLoss(data);
    }

    public IReadOnlyList<int> Layers { get; }

    public int Epochs { get; }

    public int BatchSize => settings.BatchSize ?? (settings.TakesAllRows ? FastMlp.FitOptions.FullBatch : 32);

    public Optimizer Optimizer { get; }

    public Loss Loss { get; }

    /// <summary>The settings with the defaults that depend on the number of rows filled in.</summary>
    public TrainSettings Fixed => settings with { Epochs = Epochs, WeightDecay = weightDecay, LearningRate = Optimizer.LearningRate };

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
            all["--optimizer"] = settings.Optimizer.Name;
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
            all["--early-stop"] = settings.EarlyStop.ToString(CultureInfo.InvariantCulture);
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

    public FitOptions FitOptions(Dataset? validation, Action<EpochReport> progress) => new()
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
        EarlyStoppingPatience = validation is null ? 0 : settings.EarlyStop,
        MinDelta = settings.MinDelta,
        Watch = validation is null ? Metric.Loss : settings.Watch ?? Metric.Loss,
        MaxDuration = settings.MaxDuration?.Value ?? TimeSpan.Zero,
        Seed = settings.Seed,
        Threads = settings.Threads,
        Progress = progress,
        Checkpoint = settings.Checkpoint,
        Resume = settings.Resume,
    };

    private string LayerText => Layers.Count == 0 ? "none" : string.Join(',', Layers);

    private static string Number(float value) => value.ToString("0.########", CultureInfo.InvariantCulture) is var text && text != "0"
        ? text
        : value.ToString(CultureInfo.InvariantCulture);

    private static float RoundedToTwoDigits(float value) =>
        float.Parse(value.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private void AddHidden(NetworkBuilder builder, int units) =>
        AddDropout(settings.Norm == Normalization.None ? builder.Dense(units, settings.Activation.Value) : Activate(AddNorm(builder.Dense(units))));

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

    private Optimizer CreateOptimizer(long trainRows)
    {
        OptimizerKind kind = settings.Optimizer;
        return kind.Create(settings.LearningRate ?? kind.RateFor(trainRows), settings.Momentum ?? kind.Momentum ?? 0, weightDecay);
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
