using System.Text;

namespace FastMlp.Data;

/// <summary>How a CSV file is read.</summary>
public sealed record CsvOptions : TableOptions
{
    /// <summary>The separator of fields: comma, semicolon, tab or bar; null (the default) detects it from the first lines.</summary>
    public char? Delimiter { get; init; }

    /// <summary>Whether the first row names the columns; detected by default.</summary>
    public CsvHeader Header { get; init; } = CsvHeader.Detect;

    /// <summary>
    /// The encoding of the text. Null (the default) is UTF-8, checked: bytes that are not UTF-8 are refused, never replaced. A byte order mark of UTF-8, UTF-16
    /// or UTF-32 goes before both.
    /// </summary>
    public Encoding? Encoding { get; init; }

    /// <summary>
    /// Columns whose texts <see cref="CsvDataset.LoadFeatures(string, Preprocessing, CsvOptions?, ReadingTally?)"/> and its kin carry along in
    /// <see cref="FeatureTable.Kept"/>, by name: what names the rows to predict on. The other ways of reading pass over this.
    /// </summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>The decimal mark of all numbers.</summary>
    public DecimalMark Decimal { get; init; } = DecimalMark.Detect;
}
