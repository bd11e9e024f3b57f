using FastMlp.Cli.Arguments;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>What the user asked of <c>fastmlp train</c>; null where the default depends on the data.</summary>
internal sealed record TrainSettings
{
    public required string Data { get; init; }

    /// <summary>Opens standard input, which <c>-</c> as data means; null where there is none.</summary>
    public Func<Stream>? Input { get; init; }

    /// <summary>What <see cref="Data"/> names.</summary>
    public DataSource Source => DataSource.Find(Data, Input);

    public int[]? Layers { get; init; }

    public Named<Activation> Activation { get; init; } = new("relu", FastMlp.Activation.Relu);

    /// <summary>What normalizes each hidden layer, before its activation.</summary>
    public Normalization Norm { get; init; }

    /// <summary>The share of each hidden layer's outputs that training drops.</summary>
    public float Dropout { get; init; }

    /// <summary>Networks to train from other first weights and to join.</summary>
    public int Ensemble { get; init; } = 1;

    /// <summary>Hidden layers in a residual block; 0 where there are none.</summary>
    public int Residual { get; init; }

    /// <summary>How the columns of a CSV file are read.</summary>
    public CsvOptions Csv { get; init; } = new();

    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    public float? LearningRate { get; init; }

    public float? Momentum { get; init; }

    public float? WeightDecay { get; init; }

    public Named<Schedule>? Schedule { get; init; }

    /// <summary>Epochs in which the learning rate rises to its first value.</summary>
    public float WarmUp { get; init; }

    public float ClipNorm { get; init; }

    public float ClipValue { get; init; }

    public float L1 { get; init; }

    public float MaxNorm { get; init; }

    public Named<Loss>? Loss { get; init; }

    public float LabelSmoothing { get; init; }

    public ClassWeighting? ClassWeights { get; init; }

    public int? Epochs { get; init; }

    public int? BatchSize { get; init; }

    public double? Validation { get; init; }

    /// <summary>A fraction or a path.</summary>
    public string? Test { get; init; }

    /// <summary>Null where it is left to the defaults; 0 is never.</summary>
    public int? EarlyStop { get; init; }

    /// <summary>Whether settings that were left open are not searched for.</summary>
    public bool Quick { get; init; }

    /// <summary>The longest that the search for them may take.</summary>
    public Named<TimeSpan>? SearchTime { get; init; }

    /// <summary>By how much an epoch must be better for <see cref="EarlyStop"/> to count anew.</summary>
    public float MinDelta { get; init; }

    /// <summary>What decides which epoch is the best; null is the loss.</summary>
    public Metric? Watch { get; init; }

    public Named<TimeSpan>? MaxDuration { get; init; }

    /// <summary>Mini-batches to an update.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Whether a CSV file is read again for each epoch instead of into memory.</summary>
    public bool Stream { get; init; }

    /// <summary>Rows that wait for their turn in a stream.</summary>
    public int? ShuffleRows { get; init; }

    public int Seed { get; init; } = 1;

    public int Threads { get; init; }

    /// <summary>Whether a job of several ranks gives the same bits for any number of them.</summary>
    public bool Deterministic { get; init; }

    /// <summary>How long the ranks of a job wait for each other.</summary>
    public Named<TimeSpan>? Deadline { get; init; }

    /// <summary>The ranks of the job; null where this process trains alone.</summary>
    public TrainingGroup? Group { get; init; }

    public string? Out { get; init; }

    /// <summary>The page to write on the run; null for none.</summary>
    public string? Report { get; init; }

    public Scaling? Scale { get; init; }

    /// <summary>Where and how often checkpoints are written.</summary>
    public CheckpointOptions? Checkpoint { get; init; }

    /// <summary>The folder of checkpoints to go on from.</summary>
    public string? Resume { get; init; }

    /// <summary>Whether the update rule takes every row in every step unless --batch says otherwise.</summary>
    public bool TakesAllRows => Optimizer.TakesAllRows;
}
