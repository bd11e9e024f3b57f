namespace FastMlp.Data;

/// <summary>What stands between the whole part of a number and its decimals, in a whole file.</summary>
public enum DecimalMark
{
    /// <summary>What its numbers say; where they leave it open, a comma in files with semicolons, else a point.</summary>
    Detect,

    /// <summary>1234.5 or 1,234.5.</summary>
    Point,

    /// <summary>1234,5 or 1.234,5.</summary>
    Comma,
}
