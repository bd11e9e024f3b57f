using System.Text;

namespace FastMlp.Cli.Reporting;

/// <summary>A network on one line.</summary>
internal static class NetworkText
{
    /// <summary><c>64 -> 128 Relu -> Dropout 0.2 -> 10 Softmax</c>.</summary>
    public static string Of(Network network)
    {
        StringBuilder text = new(Text.Count(network.InputSize));
        foreach (NetworkLayer layer in network.Layers)
        {
            text.Append($" -> {Of(network, layer)}");
        }

        return text.ToString();
    }

    /// <summary>One layer: what it computes and, of a sum, what is added.</summary>
    public static string Of(Network network, NetworkLayer layer)
    {
        IEnumerable<string> others = layer.Sources.Skip(1).Select(source => source < 0 ? "the input" : network.Layers[source].Name);
        return string.Join(" with ", [layer.Spec.ToString(), .. others]);
    }
}
