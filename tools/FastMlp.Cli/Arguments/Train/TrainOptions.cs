using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>All options that shape a run of <c>fastmlp train</c>: what they are, what they mean, and which do not go together.</summary>
internal sealed class TrainOptions
{
    public DataGroup Data { get; } = new();

    public NetworkGroup Network { get; } = new();

    public UpdateGroup Update { get; } = new();

    public LossGroup Loss { get; } = new();

    public CourseGroup Course { get; } = new();

    public CheckpointGroup Checkpoints { get; } = new();

    public FileGroup Files { get; } = new();

    /// <summary>In the order of the help.</summary>
    public IReadOnlyList<TrainGroup> Groups => [Data, Network, Update, Loss, Course, Checkpoints, Files];

    /// <summary>The settings of the command line.</summary>
    /// <exception cref="UsageException">Two options contradict each other.</exception>
    public TrainSettings Read(ParseResult parsed, string data)
    {
        CheckTogether(parsed);
        return Groups.Aggregate(new TrainSettings { Data = data }, (settings, group) => group.Read(parsed, settings));
    }

    private void CheckTogether(ParseResult parsed)
    {
        CheckFolds(parsed);
        CheckUpdate(parsed);
        CheckStream(parsed);
        if (parsed.GetValue(Checkpoints.Every) is not null && parsed.GetValue(Checkpoints.Checkpoint) is null)
        {
            throw new UsageException("--checkpoint-every goes with --checkpoint.");
        }

        if (parsed.GetValue(Course.MinDelta) > 0 && parsed.GetValue(Course.EarlyStop) is (null or 0))
        {
            throw new UsageException("--min-delta goes with --early-stop, which it makes stricter.");
        }

        if (parsed.GetValue(Course.SearchTime) is not null && parsed.GetValue(Course.Quick))
        {
            throw new UsageException("--search-time limits the search that --quick leaves out: give one of them.");
        }

        bool watches = parsed.GetValue(Course.Watch) is not null;
        if ((parsed.GetValue(Course.EarlyStop) > 0 || watches) && parsed.GetValue(Data.Validation) == 0)
        {
            throw new UsageException("--early-stop and --watch look at the validation rows; they need a --validation above 0.");
        }

        if (watches && parsed.GetValue(Course.EarlyStop) is (null or 0) && parsed.GetValue(Course.MaxDuration) is null)
        {
            throw new UsageException("--watch tells which epoch --early-stop or --max-duration keeps; it goes with one of them.");
        }
    }

    private void CheckFolds(ParseResult parsed)
    {
        Option[] idle = [Files.Out, Files.Report, Checkpoints.Checkpoint, Checkpoints.Resume, Data.Test, Data.Stream];
        if (parsed.GetValue(Data.Folds) is not null && Array.Find(idle, option => parsed.GetResult(option) is { Implicit: false }) is { } given
            && (given != Data.Stream || parsed.GetValue(Data.Stream)))
        {
            throw new UsageException($"--folds trains on rows in memory, scores each of them once, and writes no model: it goes without {given.Name}.");
        }
    }

    private void CheckUpdate(ParseResult parsed)
    {
        OptimizerKind kind = parsed.GetValue(Update.Optimizer) ?? OptimizerKind.Adam;
        if (parsed.GetValue(Update.Momentum) is not null && kind is not (OptimizerKind.Sgd or OptimizerKind.Momentum or OptimizerKind.Nesterov or OptimizerKind.RmsProp))
        {
            throw new UsageException($"--momentum goes with --optimizer sgd, momentum, nesterov or rmsprop; {kind.ToString().ToLowerInvariant()} has no use for it.");
        }

        if (parsed.GetValue(Update.Momentum) == 0 && kind == OptimizerKind.Nesterov)
        {
            throw new UsageException("--optimizer nesterov needs a --momentum above 0.");
        }

        if (kind == OptimizerKind.Lbfgs && parsed.GetValue(Course.Batch) is { } rows && rows != FitOptions.FullBatch)
        {
            throw new UsageException("--optimizer lbfgs takes all rows at once: leave --batch away or give full.");
        }

        if (kind == OptimizerKind.Lbfgs && parsed.GetValue(Course.Accumulate) > 1)
        {
            throw new UsageException("--optimizer lbfgs takes all rows at once: leave --accumulate away.");
        }
    }

    private void CheckStream(ParseResult parsed)
    {
        if (!parsed.GetValue(Data.Stream))
        {
            if (parsed.GetValue(Data.ShuffleRows) is not null)
            {
                throw new UsageException("--shuffle-rows goes with --stream; rows in memory are all shuffled.");
            }

            return;
        }

        if (parsed.GetValue(Update.Optimizer) is OptimizerKind.Lbfgs or OptimizerKind.IRprop)
        {
            throw new UsageException("--stream never holds all rows at once: it goes without --optimizer lbfgs and irprop.");
        }
    }
}
