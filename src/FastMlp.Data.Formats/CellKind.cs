namespace FastMlp.Data.Formats;

/// <summary>What the values of a column are.</summary>
internal enum CellKind
{
    /// <summary>Nothing but gaps so far.</summary>
    Unknown,
    Number,
    Text,
    Boolean,
    Date,
}
