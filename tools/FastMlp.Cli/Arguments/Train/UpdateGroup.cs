using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>The optimizer and what is done to the gradients and the weights at a step.</summary>
internal sealed class UpdateGroup : TrainGroup
{
    public UpdateGroup()
        : base("Update rule") => Schedule.Offers([.. ScheduleNames.Known.Split(", ").Select(name => name.Split(':', '[')[0])]);

    public Option<OptimizerKind?> Optimizer { get; } = Arguments.Options.Choice("--optimizer", "The update rule [default: adam]",
        ("sgd", OptimizerKind.Sgd), ("momentum", OptimizerKind.Momentum), ("nesterov", OptimizerKind.Nesterov), ("adam", OptimizerKind.Adam),
        ("adamw", OptimizerKind.AdamW), ("amsgrad", OptimizerKind.AmsGrad), ("adagrad", OptimizerKind.AdaGrad), ("rmsprop", OptimizerKind.RmsProp), ("irprop", OptimizerKind.IRprop), ("lbfgs", OptimizerKind.Lbfgs));

    public Option<float?> LearningRate { get; } = Arguments.Options.Real("--lr",
        "Learning rate [default: adam, adamw, amsgrad and rmsprop 0.001; sgd 0.1; momentum, nesterov and adagrad 0.02; irprop 0.01; lbfgs 1]", "a number above 0", value => value > 0);

    public Option<float?> Momentum { get; } = Arguments.Options.Below1("--momentum",
        "Momentum of sgd, momentum, nesterov and rmsprop [default: 0.9, for sgd and rmsprop 0]");

    public Option<float?> WeightDecay { get; } = Arguments.Options.AtLeast0("--weight-decay",
        "L2 coefficient on the weights, decoupled for adamw [default: 0.001 or 0.01, chosen by the data; with --quick 0.001, of adamw 0.01]");

    public Option<float?> L1 { get; } = Arguments.Options.AtLeast0("--l1", "L1 coefficient on the weights [default: 0]");

    public Option<float?> MaxNorm { get; } = Arguments.Options.AtLeast0("--max-norm", "Greatest length of the weights into a unit; 0 is off [default: 0]");

    public Option<float?> ClipNorm { get; } = Arguments.Options.AtLeast0("--clip-norm", "Scale gradients down to this length; 0 is off [default: 0]");

    public Option<float?> ClipValue { get; } = Arguments.Options.AtLeast0("--clip-value", "Hold each component of a gradient within plus or minus this; 0 is off [default: 0]");

    public Option<Named<Schedule>?> Schedule { get; } = Arguments.Options.Value("--schedule", "NAME",
        $"How the learning rate moves: {ScheduleNames.Known} [default: constant]", $"one of {ScheduleNames.Known}", (string text, out Named<Schedule> value) => ScheduleNames.TryParse(text, out value));

    public Option<float?> WarmUp { get; } = Arguments.Options.AtLeast0("--warm-up", "Epochs, or parts of one, in which the learning rate rises to its first value [default: 0]");

    public override IReadOnlyList<Option> Options => [Optimizer, LearningRate, Momentum, WeightDecay, L1, MaxNorm, ClipNorm, ClipValue, Schedule, WarmUp];

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Optimizer = parsed.GetValue(Optimizer) ?? settings.Optimizer,
        LearningRate = parsed.GetValue(LearningRate),
        Momentum = parsed.GetValue(Momentum),
        WeightDecay = parsed.GetValue(WeightDecay),
        L1 = parsed.GetValue(L1) ?? 0,
        MaxNorm = parsed.GetValue(MaxNorm) ?? 0,
        ClipNorm = parsed.GetValue(ClipNorm) ?? 0,
        ClipValue = parsed.GetValue(ClipValue) ?? 0,
        Schedule = parsed.GetValue(Schedule),
        WarmUp = parsed.GetValue(WarmUp) ?? 0,
    };
}
