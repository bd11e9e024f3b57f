using FastMlp.Schedules;

namespace FastMlp;

/// <summary>What training needs to go on beside blocks of floats: the JSON of a checkpoint.</summary>
internal sealed record RunState
{
    /// <summary>Raised when a reader of the old format would misread the new one.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    /// <summary>Updates done: with the seed all that random numbers depend on.</summary>
    public required long Steps { get; init; }

    /// <summary>The rate as set from outside, where no schedule sets it.</summary>
    public required float LearningRate { get; init; }

    public ScheduleState? Schedule { get; init; }

    public LbfgsMemory? Lbfgs { get; init; }

    /// <summary>Blocks that the optimizer keeps, each laid out like the parameters.</summary>
    public required int StateBlocks { get; init; }

    /// <summary>Whether the best parameters are kept beside the present ones.</summary>
    public bool HasBest { get; init; }

    /// <summary>The position of a fit; null in the checkpoint of a trainer.</summary>
    public FitPosition? Fit { get; init; }

    /// <summary>Epochs that a trainer has been through: the order of rows goes on from there.</summary>
    public int Epochs { get; init; }

    /// <summary>The options that decide the result, by name.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>The versions and the instruction set that wrote it.</summary>
    public required Dictionary<string, string> Writer { get; init; }
}

/// <summary>What L-BFGS knows beside its pairs.</summary>
/// <param name="Pairs">Pairs taken since the memory was last cleared.</param>
/// <param name="Curvatures">y s of each pair kept.</param>
/// <param name="HasConverged">Whether it has come to rest.</param>
internal sealed record LbfgsMemory(long Pairs, double[] Curvatures, bool HasConverged);

/// <summary>Where a fit is.</summary>
internal sealed record FitPosition
{
    /// <summary>The epoch under way, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Batches done in it.</summary>
    public required int Batch { get; init; }

    /// <summary>The hash of these batches, of a stream that has no fingerprint; else null.</summary>
    public string? Passed { get; init; }

    /// <summary>What these batches have added up.</summary>
    public required EpochTotals Totals { get; init; }

    /// <summary>The learning rate of the epoch's first update.</summary>
    public required float FirstRate { get; init; }

    public required EpochReport[] History { get; init; }

    public required int BestEpoch { get; init; }

    /// <summary>What was watched in the best epoch, with the sign that makes less better.</summary>
    public required float BestLoss { get; init; }

    /// <summary>Epochs in a row without progress.</summary>
    public required int BadEpochs { get; init; }

    /// <summary>Seconds since the start, those of earlier runs included.</summary>
    public required double Elapsed { get; init; }

    /// <summary>Seconds of these in finished epochs, without scoring.</summary>
    public required double Training { get; init; }

    /// <summary>Seconds in the epoch under way.</summary>
    public required double InEpoch { get; init; }

    /// <summary>Rows trained on.</summary>
    public required long Samples { get; init; }

    /// <summary>Why training had come to its own end; null where it can go on.</summary>
    public StopReason? Ended { get; init; }
}

/// <summary>What an epoch has added up so far.</summary>
/// <param name="Loss">The sum of losses, each by its weight.</param>
/// <param name="Weight">The sum of weights.</param>
/// <param name="Right">Rows, or labels, that were right.</param>
/// <param name="Squares">The sum of squared differences.</param>
/// <param name="Rows">Rows seen.</param>
internal readonly record struct EpochTotals(double Loss, double Weight, long Right, double Squares, long Rows);

/// <summary>A run at one instant: its state and copies of its blocks, laid out like the parameters.</summary>
internal sealed record Snapshot(RunState Run, float[] Parameters, float[]? Best, float[][] States);
