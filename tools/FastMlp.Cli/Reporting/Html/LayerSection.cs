using System.Globalization;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>Inside the network: weights and outputs of each layer, and the first weights as images.</summary>
internal static class LayerSection
{
    private const int MostRows = 1_000;
    private const int MostUnits = 64;

    public static Fragment Of(ReportSubject subject, Dataset? rows)
    {
        Network network = subject.Network;
        IReadOnlyList<float[]> outputs = rows is { Rows: > 0 } ? LayerValues.Outputs(network, ReportSubject.Sample(rows, MostRows).Features.ToArray()) : [];
        List<Fragment> layers = [];
        NetworkLayer[] dense = [.. network.Layers.Where(layer => layer.Spec is DenseSpec)];
        for (int i = 0; i < dense.Length; i++)
        {
            NetworkLayer layer = dense[i];
            float[] weights = layer.Tensors.Find(TensorRole.Weight)!.ToArray();
            Fragment outputsOf = outputs.Count == 0 ? default : Fragment.Of(
                $"<div><h3>Outputs</h3>{Histogram.Of($"Outputs of layer {i}", "output", outputs[i], 2)}<p class=\"soft\">{Spread(outputs[i])}{Silent(outputs[i], layer.OutputSize)}</p></div>");
            layers.Add(Page.Card(
                string.Create(CultureInfo.InvariantCulture, $"Layer {i}: {layer.InputSize} to {layer.OutputSize}, {((DenseSpec)layer.Spec).Activation}"),
                Fragment.Of($"<div class=\"layers\"><div><h3>Weights</h3>{Histogram.Of($"Weights of layer {i}", "weight", weights, 0)}<p class=\"soft\">{Spread(weights)}</p></div>{outputsOf}</div>")));
        }

        string note = outputs.Count > 0 ? $"Outputs for {Text.Count(Math.Min(rows!.Rows, MostRows))} of the {subject.RowsName}." : "";
        return Page.Section("Inside the network", Fragment.Of($"<div class=\"cards\">{FirstWeights(subject)}{layers}</div>"), note);
    }

    private static Fragment FirstWeights(ReportSubject subject)
    {
        NetworkLayer first = subject.Network.Layers.First(layer => layer.Spec is DenseSpec);
        if (subject.ImageWidth == 0 || first.InputSize != subject.Network.InputSize)
        {
            return default;
        }

        float[] weights = first.Tensors.Find(TensorRole.Weight)!.ToArray();
        int size = first.InputSize;
        int[] strongest = [.. Enumerable.Range(0, first.OutputSize)
            .OrderByDescending(unit => weights.AsSpan(unit * size, size).ToArray().Sum(weight => (double)weight * weight))
            .Take(MostUnits)];
        IEnumerable<Fragment> pictures = strongest.Select(unit => Fragment.Of(
            $"<figure><img alt=\"weights of unit {unit}\" src=\"{Pictures.Signed(weights.AsSpan(unit * size, size), subject.ImageWidth)}\"/></figure>"));
        string which = strongest.Length < first.OutputSize ? $"The {strongest.Length} strongest of {first.OutputSize} units" : $"All {first.OutputSize} units";
        return Fragment.Of($"<section class=\"card wide\"><h3>What the first layer looks for</h3><p class=\"soft\">{which}, the strongest first. Blue: the unit is for ink there; orange: against it.</p><div class=\"pictures small\">{pictures}</div></section>");
    }

    private static string Spread(float[] values)
    {
        double sum = 0;
        double squares = 0;
        long zeros = 0;
        foreach (float value in values)
        {
            sum += value;
            squares += (double)value * value;
            zeros += value == 0 ? 1 : 0;
        }

        double mean = sum / values.Length;
        string text = $"mean {Text.Figure(mean)}, deviation {Text.Figure(Math.Sqrt(Math.Max(0, (squares / values.Length) - (mean * mean))))}";
        return zeros > 0 ? $"{text}, {Text.Percent((double)zeros / values.Length)} are 0" : text;
    }

    /// <summary>Units that are 0 for every row do nothing any more.</summary>
    private static string Silent(float[] outputs, int units)
    {
        int silent = 0;
        for (int unit = 0; unit < units; unit++)
        {
            bool spoke = false;
            for (int i = unit; i < outputs.Length && !spoke; i += units)
            {
                spoke = outputs[i] != 0;
            }

            silent += spoke ? 0 : 1;
        }

        return silent == 0 ? "" : $"; {Text.Count(silent, "unit")} of {Text.Count(units)} never answered";
    }
}
