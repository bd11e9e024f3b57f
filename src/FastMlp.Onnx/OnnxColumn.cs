namespace FastMlp.Onnx;

/// <summary>How a column of the graph's inputs becomes features of the network: a number whose gaps are filled, or a feature for each known text.</summary>
public sealed class OnnxColumn
{
    internal OnnxColumn(string input, int index, float? fill)
    {
        Input = input;
        Index = index;
        Fill = fill;
    }

    internal OnnxColumn(string input, int index, IEnumerable<string> categories)
    {
        Input = input;
        Index = index;
        Categories = [.. categories];
    }

    /// <summary>The graph's input that the column belongs to.</summary>
    public string Input { get; }

    /// <summary>The place of the column in that input, from 0.</summary>
    public int Index { get; }

    /// <summary>The texts that are known, in the order of the features: the feature of the row's text is 1 and all others 0; no feature is 1 for another text. Empty for a number.</summary>
    public IReadOnlyList<string> Categories { get; } = [];

    /// <summary>What stands in for NaN in a column of numbers; null where nothing does, and for texts.</summary>
    public float? Fill { get; }

    /// <summary>Features that the column becomes.</summary>
    public int Width => Math.Max(1, Categories.Count);
}
