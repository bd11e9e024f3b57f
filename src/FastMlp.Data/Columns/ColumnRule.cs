namespace FastMlp.Data;

/// <summary>What the user says about a column before anything is known of it.</summary>
internal sealed record ColumnRule
{
    public static ColumnRule Default { get; } = new();

    /// <summary>The kind, if it is given.</summary>
    public ColumnKind? Kind { get; init; }

    /// <summary>The order of dates, if it is given.</summary>
    public DateOrder Order { get; init; }

    public Missing Missing { get; init; }

    /// <summary>A category of fewer training rows is counted among the others.</summary>
    public int RareBelow { get; init; } = 1;

    /// <summary>More different texts are hashed.</summary>
    public int MaxCategories { get; init; } = TableOptions.DefaultMaxCategories;

    /// <summary>The place in the file.</summary>
    public int Position { get; init; }

    /// <summary>Whether the header leaves its name empty, as pandas does for an index.</summary>
    public bool IsNameless { get; init; }
}
