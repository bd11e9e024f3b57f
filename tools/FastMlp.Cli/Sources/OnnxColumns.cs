using FastMlp.Data;
using FastMlp.Onnx;

namespace FastMlp.Cli.Sources;

/// <summary>
/// The raw columns of a graph of others (texts, gaps, an input for each column, as scikit-learn's pipelines are exported) as columns of ours, so that a
/// table is read by their names. A text has one feature more here than there, for unknown ones; it is always 0 and its weights are 0.
/// </summary>
internal static class OnnxColumns
{
    private static readonly string[] gaps = ["NaN", "nan", "NA"];

    /// <summary>The names of the features where each has an input of its own; else none.</summary>
    public static string[] FeatureNames(OnnxImport import) =>
        import.InputName.Split(", ") is var names && names.Length == import.Network.InputSize && names.Length > 1 && import.Columns.Count == 0 ? names : [];

    /// <summary>The plan, and for each of its features the feature of the network, -1 for none. Null where a column comes twice or the network cannot take more features.</summary>
    public static (ColumnPlan Plan, int[] Features)? Of(OnnxImport import)
    {
        IReadOnlyList<OnnxColumn> columns = import.Columns;
        string[] names = Names(columns);
        if (columns.Count == 0 || names.Distinct(StringComparer.Ordinal).Count() != names.Length || First(import.Network) is null)
        {
            return null;
        }

        List<PlannedColumn> planned = [];
        List<int> features = [];
        int start = 0;
        for (int i = 0; i < columns.Count; i++)
        {
            OnnxColumn column = columns[i];
            bool isText = column.Categories.Count > 0;
            planned.Add(isText ? PlannedColumn.OfCategory(names[i], column.Categories) : PlannedColumn.OfNumber(names[i], column.Fill));
            features.AddRange(Enumerable.Range(start, column.Width));
            if (isText)
            {
                features.Add(-1);
            }

            start += column.Width;
        }

        return (ColumnPlan.Of(planned, [.. gaps.Except(columns.SelectMany(column => column.Categories))]), [.. features]);
    }

    /// <summary>The same network with other features: of each the weights of the old one, or zeros.</summary>
    public static Network Widened(Network network, int[] features)
    {
        NetworkBuilder builder = Network.Input(features.Length);
        foreach (LayerSpec layer in network.Specification)
        {
            builder.Add(layer);
        }

        Network wide = builder.Build();
        NetworkLayer first = First(network)!;
        foreach (Tensor tensor in network.Tensors)
        {
            float[] values = tensor.ToArray();
            if (tensor.Name == first.Tensors.Find(TensorRole.Weight)!.Name)
            {
                float[] old = values;
                values = [.. Enumerable.Range(0, first.OutputSize).SelectMany(unit => features.Select(feature => feature < 0 ? 0 : old[(unit * first.InputSize) + feature]))];
            }

            wide.Tensors[tensor.Name].CopyFrom(values);
        }

        foreach ((string key, string value) in network.Metadata)
        {
            wide.Metadata[key] = value;
        }

        return wide;
    }

    /// <summary>The same scaling with other features; what is new goes through as it is.</summary>
    public static OnnxScaling Widened(OnnxScaling scaling, int[] features)
    {
        float[] offsets = scaling.Offsets.ToArray();
        float[] scales = scaling.Scales.ToArray();
        return new OnnxScaling([.. features.Select(feature => feature < 0 ? 0 : offsets[feature])], [.. features.Select(feature => feature < 0 ? 1 : scales[feature])]);
    }

    /// <summary>The only layer that takes the input, where that is a dense one.</summary>
    private static NetworkLayer? First(Network network) =>
        network.Layers.Where(layer => layer.Sources.Contains(-1)).ToArray() is [{ Spec: DenseSpec, Sources: [-1] } only] ? only : null;

    /// <summary>An input of one column gives its name. The columns of a single input have no names and are found by their place.</summary>
    private static string[] Names(IReadOnlyList<OnnxColumn> columns)
    {
        ILookup<string, OnnxColumn> inputs = columns.ToLookup(column => column.Input);
        bool byPlace = inputs.Count == 1 && columns.Count > 1 && columns.Select((column, i) => column.Index == i).All(isInPlace => isInPlace);
        return [.. columns.Select(column => byPlace ? $"column{column.Index}" : inputs[column.Input].All(each => each.Index == 0) ? column.Input : $"{column.Input}.{column.Index}")];
    }
}
