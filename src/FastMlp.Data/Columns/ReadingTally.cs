namespace FastMlp.Data;

/// <summary>What rows read by a trained model's plan had that training did not: gaps, unknown texts, values out of range, column by column.</summary>
public sealed class ReadingTally
{
    private readonly ColumnTally[] columns;

    /// <summary>Nothing yet, for the columns of a model.</summary>
    public ReadingTally(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        columns = [.. preprocessing.Plan.Columns.Select(column => new ColumnTally(column.Name))];
    }

    /// <summary>The columns, in the order of the features.</summary>
    public IReadOnlyList<ColumnTally> Columns => columns;

    internal ColumnTally this[int column] => columns[column];
}

/// <summary>The same for one column.</summary>
public sealed class ColumnTally
{
    internal ColumnTally(string name) => Name = name;

    /// <summary>The name of the column.</summary>
    public string Name { get; }

    /// <summary>Values read, those that are missing included.</summary>
    public long Rows { get; private set; }

    /// <summary>Missing values.</summary>
    public long Missing { get; private set; }

    /// <summary>Texts that no training row had.</summary>
    public long Unseen { get; private set; }

    /// <summary>Numbers and dates below the least or above the greatest of the training rows.</summary>
    public long OutOfRange { get; private set; }

    /// <summary>Those of them that were taken back to a thousand training ranges beyond, because they lay farther out.</summary>
    public long Clipped { get; private set; }

    internal void Add(PlannedColumn column, double raw)
    {
        Rows++;
        if (double.IsNaN(raw))
        {
            Missing++;
        }
        else if (column.IsUnseen(raw))
        {
            Unseen++;
        }
        else if (column.IsOutOfRange(raw))
        {
            OutOfRange++;
            Clipped += column is NumberColumn number && number.IsClipped(raw) ? 1 : 0;
        }
    }
}
