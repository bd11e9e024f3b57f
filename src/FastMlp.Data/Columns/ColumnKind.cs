namespace FastMlp.Data;

/// <summary>What a column of a file holds.</summary>
public enum ColumnKind
{
    /// <summary>Numbers: one feature.</summary>
    Number,

    /// <summary>Texts of a limited number: one feature for each, and one for all others.</summary>
    Category,

    /// <summary>Two words, such as yes and no: one feature, 0 or 1.</summary>
    Boolean,

    /// <summary>Dates and times: the days gone by, and for year, week and day, where they vary, sine and cosine of the place in them.</summary>
    Date,

    /// <summary>Texts of which there are too many for categories: a fixed number of features, of which the hash of the text chooses one.</summary>
    Text,

    /// <summary>A name or number of the row, which is left out.</summary>
    Id,
}
