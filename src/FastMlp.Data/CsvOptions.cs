namespace FastMlp.Data;

/// <summary>How a CSV file is read.</summary>
public sealed record CsvOptions
{
    /// <summary>The separator of fields: comma, semicolon or tab; null (the default) detects it from the first lines.</summary>
    public char? Delimiter { get; init; }

    /// <summary>Whether the first row names the columns; detected by default.</summary>
    public CsvHeader Header { get; init; } = CsvHeader.Detect;

    /// <summary>
    /// The column to learn: its name, or, where no column has that name, its index from 0. Null (the default) is the last column,
    /// or the model's own target where a model's <see cref="Preprocessing"/> guides the reading.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>
    /// What the target column holds. Null (the default) decides from its values: text is classes; whole numbers with at most
    /// <see cref="CsvDataset.MaxDetectedClasses"/> distinct values are classes; any other numbers are a regression.
    /// A mixture of text and numbers is refused unless classification is asked for.
    /// </summary>
    public DataTask? Task { get; init; }
}
