using System.CommandLine;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>The layers of the network.</summary>
internal sealed class NetworkGroup : TrainGroup
{
    public NetworkGroup()
        : base("Network")
    {
        Layers.Offers("none");
        Activation.Offers([.. ActivationNames.Known.Split(", ").Select(name => name.Split('[')[0])]);
    }

    public Option<int[]?> Layers { get; } = Arguments.Options.Value<int[]>("--layers", "N,N,...",
        "Units of the hidden layers, or none [default: 128 or 128,128, chosen by the data]", "a list of whole numbers such as 64,32, nor 'none'", LayerSizes.TryParse);

    public Option<Named<Activation>?> Activation { get; } = Arguments.Options.Value("--activation", "NAME",
        $"Activation of the hidden layers: {ActivationNames.Known} [default: relu]", $"one of {ActivationNames.Known}",
        (string text, out Named<Activation> value) =>
        {
            bool known = ActivationNames.TryParse(text, out Activation parsed);
            value = new Named<Activation>(text, parsed);
            return known;
        });

    public Option<Normalization?> Norm { get; } = Arguments.Options.Choice("--norm",
        "What normalizes each hidden layer before its activation: over the rows of a batch, or over the units of a row [default: none]",
        ("none", Normalization.None), ("batch", Normalization.Batch), ("layer", Normalization.Layer));

    public Option<float?> Dropout { get; } = Arguments.Options.Below1("--dropout", "Share of each hidden layer's outputs that training drops at random [default: 0]");

    public Option<int?> Residual { get; } = Arguments.Options.Integer("--residual",
        "Hidden layers in a residual block, whose input is added to its output before the last activation; layers left over stand before the blocks; 0 is none [default: 0]", least: 0);

    public override IReadOnlyList<Option> Options => [Layers, Activation, Norm, Dropout, Residual];

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Layers = parsed.GetResult(Layers) is null ? null : parsed.GetValue(Layers), // an array not given would be an empty one
        Activation = parsed.GetValue(Activation) ?? settings.Activation,
        Norm = parsed.GetValue(Norm) ?? Normalization.None,
        Dropout = parsed.GetValue(Dropout) ?? 0,
        Residual = parsed.GetValue(Residual) ?? 0,
    };
}
