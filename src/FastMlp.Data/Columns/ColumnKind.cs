namespace FastMlp.Data;

/// <summary>What a column of a file holds.</summary>
public enum ColumnKind
{
    /// <summary>Numbers: one feature.</summary>
    Number,

    /// <summary>Texts of a limited number: one feature for each, and one for all others.</summary>
    Category,
}
