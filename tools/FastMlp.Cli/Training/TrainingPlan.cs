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

    /// <summary>From here on an epoch has updates enough for Adam's usual rate; below, twice that rate learns digits better (0.981 against 0.979).</summary>
    private const int ManyRows = 10_000;

    private readonly TrainSettings settings;
    private readonly bool classifies;
    private readonly float weightDecay;

    public TrainingPlan(TrainSettings settings, bool classifies, long trainRows)
    {
        this.settings = settings;
        this.classifies = classifies;
        Layers = settings.Layers ?? [classifies ? 128 : 64];
        Epochs = settings.Epochs ?? (int)Math.Clamp(DefaultRowsVisited / trainRows, settings.Stream ? 1 : LeastDefaultEpochs, MostDefaultEpochs);
        weightDecay = settings.WeightDecay ?? RoundedToTwoDigits((classifies ? ClassPrior : ValuePrior) / trainRows);
        Optimizer = CreateOptimizer(trainRows);
    }

    public IReadOnlyList<int> Layers { get; }

    public int Epochs { get; }

    public int BatchSize => settings.BatchSize ?? 32;

    public Optimizer Optimizer { get; }

    /// <summary>The options that shape the network and its training, in the spelling of the command line.</summary>
    public string Options
    {
        get
        {
            string layers = Layers.Count == 0 ? "none" : string.Join(',', Layers);
            string optimizer = Optimizer switch
            {
                Adam adam => string.Create(CultureInfo.InvariantCulture, $"adam --lr {adam.LearningRate} --weight-decay {adam.WeightDecay:0.########}"),
                Sgd { Momentum: 0 } sgd => string.Create(CultureInfo.InvariantCulture, $"sgd --lr {sgd.LearningRate} --weight-decay {sgd.WeightDecay:0.########}"),
                Sgd sgd => string.Create(CultureInfo.InvariantCulture, $"{(sgd.Nesterov ? "nesterov" : "momentum")} --momentum {sgd.Momentum} --lr {sgd.LearningRate} --weight-decay {sgd.WeightDecay:0.########}"),
                _ => Optimizer.ToString(),
            };
            string batch = BatchSize == FastMlp.FitOptions.FullBatch ? "full" : BatchSize.ToString(CultureInfo.InvariantCulture);
            return string.Create(CultureInfo.InvariantCulture, $"--layers {layers} --activation {settings.Activation.Name} --optimizer {optimizer} --epochs {Epochs} --batch {batch} --early-stop {settings.EarlyStop}");
        }
    }

    public Network BuildNetwork(int inputSize, int outputSize)
    {
        NetworkBuilder builder = Network.Input(inputSize);
        for (int i = 0; i < Layers.Count; i++)
        {
            int units = Layers[i];
            if (units < 1)
            {
                throw new CommandFailedException($"hidden layer {i + 1} of --layers has {units} units; each needs at least 1 ('--layers none' makes a network without hidden layers).");
            }

            builder.Dense(units, settings.Activation.Value);
        }

        try
        {
            return builder.Dense(outputSize, classifies ? Activation.Softmax : Activation.Identity).Build(settings.Seed);
        }
        catch (Exception exception) when (exception is OverflowException or OutOfMemoryException)
        {
            throw new CommandFailedException($"a network of --layers {string.Join(',', Layers)} is too large for memory.");
        }
    }

    public FitOptions FitOptions(Dataset? validation, Action<EpochReport> progress) => new()
    {
        Loss = classifies ? Loss.CrossEntropy : Loss.Quadratic,
        Optimizer = Optimizer,
        Epochs = Epochs,
        BatchSize = BatchSize,
        Validation = validation,
        EarlyStoppingPatience = validation is null ? 0 : settings.EarlyStop,
        Seed = settings.Seed,
        Threads = settings.Threads,
        Progress = progress,
        Checkpoint = settings.Checkpoint,
        Resume = settings.Resume,
    };

    private static float RoundedToTwoDigits(float value) =>
        float.Parse(value.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private Optimizer CreateOptimizer(long trainRows)
    {
        float momentum = settings.Momentum ?? 0.9f;
        return settings.Optimizer switch
        {
            OptimizerKind.Sgd => new Sgd(settings.LearningRate ?? 0.1f, settings.Momentum ?? 0, weightDecay: weightDecay),
            OptimizerKind.Momentum => new Sgd(settings.LearningRate ?? 0.02f, momentum, weightDecay: weightDecay),
            OptimizerKind.Nesterov => new Sgd(settings.LearningRate ?? 0.02f, momentum, nesterov: true, weightDecay: weightDecay),
            _ => new Adam(settings.LearningRate ?? (trainRows < ManyRows ? 2e-3f : 1e-3f), weightDecay: weightDecay),
        };
    }
}
