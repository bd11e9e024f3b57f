using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>What training makes small.</summary>
internal sealed class LossGroup : TrainGroup
{
    public LossGroup()
        : base("Loss")
    {
        Loss.Offers([.. LossNames.Known.Split(", ").Select(name => name.Split('[')[0])]);
        ClassWeights.Offers(ClassWeighting.Balanced);
    }

    public Option<Named<Loss>?> Loss { get; } = Arguments.Options.Value("--loss", "NAME",
        $"What to make small: {LossNames.Known} [default: cross-entropy, quadratic for values]", $"one of {LossNames.Known}", (string text, out Named<Loss> value) => LossNames.TryParse(text, out value));

    public Option<float?> LabelSmoothing { get; } = Arguments.Options.Below1("--label-smoothing", "Share of each class label that is spread over all classes [default: 0]");

    public Option<ClassWeighting?> ClassWeights { get; } = Arguments.Options.Value<ClassWeighting>("--class-weights", "W,W,...",
        "How much each class counts in the loss, in the order of the classes' names, or balanced: all classes alike", "a list of numbers of at least 0, not all 0, nor 'balanced'", ClassWeighting.TryParse);

    public override IReadOnlyList<Option> Options => [Loss, LabelSmoothing, ClassWeights];

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Loss = parsed.GetValue(Loss),
        LabelSmoothing = parsed.GetValue(LabelSmoothing) ?? 0,
        ClassWeights = parsed.GetValue(ClassWeights),
    };
}
