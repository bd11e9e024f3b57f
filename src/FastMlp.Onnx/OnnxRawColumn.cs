namespace FastMlp.Onnx;

/// <summary>A raw column that an exported graph takes as an input of its own, and the features that it makes of it.</summary>
public sealed class OnnxRawColumn
{
    private OnnxRawColumn(string name, int width)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Width = width;
    }

    /// <summary>The name of the graph's input, [batch, 1].</summary>
    public string Name { get; }

    /// <summary>Features that the column becomes.</summary>
    public int Width { get; }

    internal bool IsText => Rows.Count > 0;

    internal float? Fill { get; private init; }

    internal float? Indicator { get; private init; }

    internal IReadOnlyList<KeyValuePair<string, float[]>> Rows { get; private init; } = [];

    internal float[] Other { get; private init; } = [];

    /// <summary>A column of numbers: one feature.</summary>
    /// <param name="name">The name of the graph's input.</param>
    /// <param name="fill">What stands in for NaN; null lets NaN through.</param>
    /// <param name="indicator">A second feature, with this value where the number is NaN and 0 elsewhere; null for none.</param>
    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public static OnnxRawColumn Number(string name, float? fill = null, float? indicator = null) =>
        float.IsFinite(fill ?? 0) && float.IsFinite(indicator ?? 0)
            ? new OnnxRawColumn(name, indicator is null ? 1 : 2) { Fill = fill, Indicator = indicator }
            : throw new ArgumentException($"The column '{name}' has the fill {fill} and the indicator {indicator}; finite numbers were expected.", nameof(fill));

    /// <summary>A column of texts: a row of features for each known text, and one for all others.</summary>
    /// <param name="name">The name of the graph's input, a tensor of strings.</param>
    /// <param name="rows">The known texts and their features; the empty text may be among them.</param>
    /// <param name="other">The features of any other text.</param>
    /// <exception cref="ArgumentException">No text is given, one is given twice, or the rows differ in length.</exception>
    public static OnnxRawColumn Text(string name, IReadOnlyList<KeyValuePair<string, float[]>> rows, float[] other)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(other);
        bool fits = rows.Count > 0 && other.Length > 0 && rows.All(row => row.Value.Length == other.Length) && rows.Select(row => row.Key).Distinct(StringComparer.Ordinal).Count() == rows.Count;
        return fits
            ? new OnnxRawColumn(name, other.Length) { Rows = rows, Other = other }
            : throw new ArgumentException($"The column '{name}' has {rows.Count} texts; at least one, each once, with {other.Length} features as the row of all others has, was expected.", nameof(rows));
    }
}
