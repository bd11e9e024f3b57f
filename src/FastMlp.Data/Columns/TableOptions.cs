namespace FastMlp.Data;

/// <summary>How the columns of a table become features, whatever file they come from.</summary>
public record TableOptions
{
    internal const int DefaultMaxCategories = 1000;

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
    /// The kinds of single columns, by name, as text: <c>number</c>, <c>category</c>, <c>boolean</c>, <c>date</c> (<c>date:dmy</c> and
    /// <c>date:mdy</c> where the order of day and month is open), <c>text</c> or <c>id</c>. Others are decided from all of their training values.
    /// </summary>
    public IReadOnlyDictionary<string, string> Kinds { get; init; } = new Dictionary<string, string>();

    /// <summary>The columns to read as categories, by name: <see cref="Kinds"/> in short.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>The columns to pass over, by name.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>The columns that name or number the row, by name: they are left out, as <see cref="Ignore"/> does, and named as what they are.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Different texts that a column of categories may have; a column with more is hashed.</summary>
    public int MaxCategories { get; init; } = DefaultMaxCategories;

    /// <summary>A category of fewer training rows than this is counted among the others; 1 (the default) keeps all.</summary>
    public int RareBelow { get; init; } = 1;

    /// <summary>Whether <see cref="Kinds"/> knows that word.</summary>
    public static bool IsKind(string text) => ParseKind(text) is not null;

    internal static (ColumnKind Kind, DateOrder Order)? ParseKind(string text) => text switch
    {
        "number" => (ColumnKind.Number, DateOrder.None),
        "category" => (ColumnKind.Category, DateOrder.None),
        "boolean" => (ColumnKind.Boolean, DateOrder.None),
        "date" => (ColumnKind.Date, DateOrder.None),
        "date:dmy" => (ColumnKind.Date, DateOrder.DayFirst),
        "date:mdy" => (ColumnKind.Date, DateOrder.MonthFirst),
        "text" => (ColumnKind.Text, DateOrder.None),
        "id" => (ColumnKind.Id, DateOrder.None),
        _ => null,
    };

    /// <summary>The rule of each column.</summary>
    /// <exception cref="DataFormatException">A name is that of no column, or a kind is unknown.</exception>
    internal ColumnRule RuleOf(string name, int position, bool isNameless)
    {
        ColumnKind? kind = Categorical.Contains(name) ? ColumnKind.Category : Ids.Contains(name) ? ColumnKind.Id : null;
        DateOrder order = DateOrder.None;
        if (Kinds.TryGetValue(name, out string? given))
        {
            (kind, order) = ParseKind(given) ?? throw new ArgumentException($"The column '{name}' is said to be '{given}'; number, category, boolean, date, date:dmy, date:mdy, text or id was expected.");
        }

        return new ColumnRule
        {
            Kind = kind,
            Order = order,
            Missing = MissingIn.TryGetValue(name, out Missing own) ? own : Missing,
            RareBelow = RareBelow,
            MaxCategories = MaxCategories,
            Position = position,
            IsNameless = isNameless,
        };
    }

    /// <summary>All the names that the options say something about.</summary>
    internal IEnumerable<string> NamesSaid => Categorical.Concat(Ignore).Concat(Ids).Concat(MissingIn.Keys).Concat(Kinds.Keys);
}
