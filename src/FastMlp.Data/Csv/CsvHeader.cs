namespace FastMlp.Data;

/// <summary>Whether the first row of a CSV file names the columns.</summary>
public enum CsvHeader
{
    /// <summary>
    /// Decided from the first two rows: a first row without a number names the columns. One that mixes text and numbers
    /// is data if its texts stand over texts; text over a number is refused, for it may be a header or a bad value.
    /// </summary>
    Detect,

    /// <summary>The first row names the columns.</summary>
    Present,

    /// <summary>The first row is data; the columns are named column0, column1 and so on.</summary>
    Absent,
}
