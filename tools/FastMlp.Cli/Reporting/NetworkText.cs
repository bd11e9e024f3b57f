using System.Text;

namespace FastMlp.Cli.Reporting;

/// <summary>A network on one line.</summary>
internal static class NetworkText
{
    /// <summary><c>64 -> 128 Relu -> 10 Softmax</c>.</summary>
    public static string Of(Network network)
    {
        StringBuilder text = new(Text.Count(network.InputSize));
        for (int i = 0; i < network.LayerCount; i++)
        {
            LayerInfo layer = network.GetLayer(i);
            text.Append($" -> {Text.Count(layer.OutputSize)} {layer.Activation}");
        }

        return text.ToString();
    }
}
