namespace FastMlp.Data;

/// <summary>A column as it stands in a file, before anything is learnt from it.</summary>
public sealed record RawColumn
{
    /// <summary>The name, given by the file or made.</summary>
    public required string Name { get; init; }

    /// <summary>What it holds.</summary>
    public ColumnKind Kind { get; init; } = ColumnKind.Number;

    /// <summary>What is to stand in for a missing value.</summary>
    public Missing Missing { get; init; }

    /// <summary>A category of fewer training rows than this is counted among the others; 1 keeps all.</summary>
    public int RareBelow { get; init; } = 1;

    /// <summary>The texts of a column of categories, by code; empty for numbers.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];
}
