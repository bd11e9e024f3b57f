using FastMlp.Cli.Arguments;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>What the user asked of <c>fastmlp train</c>; null where the default depends on the data.</summary>
internal sealed record TrainSettings
{
    public required string Data { get; init; }

    public int[]? Layers { get; init; }

    public NamedActivation Activation { get; init; } = new("relu", FastMlp.Activation.Relu);

    /// <summary>How the columns of a CSV file are read.</summary>
    public CsvOptions Csv { get; init; } = new();

    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    public float? LearningRate { get; init; }

    public float? Momentum { get; init; }

    public float? WeightDecay { get; init; }

    public int? Epochs { get; init; }

    public int? BatchSize { get; init; }

    public double? Validation { get; init; }

    /// <summary>A fraction or a path.</summary>
    public string? Test { get; init; }

    public int EarlyStop { get; init; }

    /// <summary>Whether a CSV file is read again for each epoch instead of into memory.</summary>
    public bool Stream { get; init; }

    /// <summary>Rows that wait for their turn in a stream.</summary>
    public int? ShuffleRows { get; init; }

    public int Seed { get; init; } = 1;

    public int Threads { get; init; }

    public string? Out { get; init; }

    /// <summary>The page to write on the run; null for none.</summary>
    public string? Report { get; init; }

    public Scaling? Scale { get; init; }

    /// <summary>Where and how often checkpoints are written.</summary>
    public CheckpointOptions? Checkpoint { get; init; }

    /// <summary>The folder of checkpoints to go on from.</summary>
    public string? Resume { get; init; }
}
