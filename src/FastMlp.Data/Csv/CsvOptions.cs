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

    /// <summary>What stands in for a missing value of a feature; by default nothing does, and it is refused. A missing target always is.</summary>
    public Missing Missing { get; init; }

    /// <summary>The same for single columns, by name.</summary>
    public IReadOnlyDictionary<string, Missing> MissingIn { get; init; } = new Dictionary<string, Missing>();

    /// <summary>The texts that stand for a missing value, beside an empty field: by default NA, N/A, NaN, nan, NULL, null and ?.</summary>
    public IReadOnlyList<string> MissingTokens { get; init; } = Data.MissingTokens.Usual;

    /// <summary>
    /// The columns of texts to read as categories, by name, for those that hold numbers too. Others are found out: a column whose
    /// first value is a number is one of numbers throughout, and one whose first value is a text is one of categories throughout.
    /// </summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>The columns to pass over, by name.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>Different texts that a column of categories may have: more are refused, for each becomes a feature.</summary>
    public int MaxCategories { get; init; } = 1000;

    /// <summary>A category of fewer training rows than this is counted among the others; 1 (the default) keeps all.</summary>
    public int RareBelow { get; init; } = 1;

    /// <summary>Whether a text is refused instead of starting a column of categories.</summary>
    internal bool NumbersOnly { get; init; }
}
