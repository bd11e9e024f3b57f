using FastMlp.Layers;

namespace FastMlp.Training;

/// <summary>Whether data fit a network; the messages name both sizes.</summary>
internal static class Shapes
{
    public static void Check(LayerStack stack, Dataset data, string name)
    {
        if (data.InputSize != stack.InputSize)
        {
            throw new ArgumentException($"The data have {data.InputSize} features; the network takes {stack.InputSize}.", name);
        }

        bool isBinary = data.IsClassification && data.TargetSize <= 2 && stack.OutputSize == 1;
        if (data.TargetSize != stack.OutputSize && !isBinary)
        {
            string what = data.IsClassification ? "classes" : "targets";
            throw new ArgumentException($"The data have {data.TargetSize} {what}; the network has {stack.OutputSize} outputs.", name);
        }
    }

    /// <summary>Rows in a span of whole rows.</summary>
    public static int Rows(int length, int size, string what, string name)
    {
        int rows = length / size;
        return rows * size == length
            ? rows
            : throw new ArgumentException($"{length} values are not a whole number of rows of {size} {what}.", name);
    }

    /// <summary>Labels must name an output (or be 0 or 1 for a single one).</summary>
    public static void CheckLabels(ReadOnlySpan<int> labels, int outputs, string name)
    {
        int classes = outputs == 1 ? 2 : outputs;
        int bad = labels.IndexOfAnyExceptInRange(0, classes - 1);
        if (bad >= 0)
        {
            throw new ArgumentException($"The label of row {bad} is {labels[bad]}; classes run from 0 to {classes - 1}.", name);
        }
    }
}
