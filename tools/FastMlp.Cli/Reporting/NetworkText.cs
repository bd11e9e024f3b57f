using System.Text;

namespace FastMlp.Cli.Reporting;

/// <summary>A network on one line.</summary>
internal static class NetworkText
{
    /// <summary><c>64 -> 128 Relu -> Dropout 0.2 -> 10 Softmax</c>.</summary>
    public static string Of(Network network)
    {
        StringBuilder text = new(Text.Count(network.InputSize));
        foreach (StageInfo stage in network.Stages)
        {
            text.Append($" -> {Of(stage)}");
        }

        return text.ToString();
    }

    /// <summary>One stage: its kind, and what it has beside a size.</summary>
    public static string Of(StageInfo stage) => stage.Kind switch
    {
        LayerKind.Dense => $"{Text.Count(stage.OutputSize)} {stage.Activation}",
        LayerKind.Dropout => FormattableString.Invariant($"Dropout {stage.Rate}"),
        LayerKind.Activation => stage.Activation.ToString(),
        LayerKind.Sum => stage.Skip < 0 ? "Sum with the input" : $"Sum with stage {Text.Count(stage.Skip)}",
        _ => stage.Kind.ToString(),
    };
}
