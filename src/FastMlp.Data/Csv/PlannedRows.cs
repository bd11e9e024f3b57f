namespace FastMlp.Data;

/// <summary>The rows of a file as a model knows them: raw values in the order of its columns, and the target.</summary>
internal sealed class PlannedRows
{
    private readonly CsvRows rows;
    private readonly int[] indices;
    private readonly PlannedReader[] columns;
    private readonly int target;
    private readonly ClassLookup? classes;
    private readonly PlannedReader? values;

    /// <exception cref="DataFormatException">A column is missing.</exception>
    public PlannedRows(CsvRows rows, Preprocessing preprocessing, CsvOptions options, ReadingTally? tally, bool withTargets)
    {
        ColumnPlan plan = preprocessing.Plan;
        this.rows = rows;
        (indices, target) = CsvDataset.Match(rows, preprocessing, plan, options);
        columns = [.. plan.Columns.Select((column, c) => new PlannedReader(column, rows.Mark, plan.MissingTokens, tally?[c]))];
        if (!withTargets)
        {
            return;
        }

        if (target < 0)
        {
            string name = options.Target ?? (preprocessing.TargetNames is [var first, ..] ? first : "target");
            throw rows.About($"the target column '{CsvRows.Shown(name)}' is missing; the columns are {CsvRows.List(rows.Names)}.");
        }

        classes = preprocessing.Task == DataTask.Classification ? new ClassLookup(preprocessing.ClassNames) : null;
        values = classes is null ? new PlannedReader(new NumberColumn(rows.Names[target], Missing.Error, 0, false, 0, null, null), rows.Mark, []) : null;
    }

    /// <summary>The raw values of the current row; NaN where one is missing.</summary>
    public void Read(Span<double> raw)
    {
        for (int c = 0; c < columns.Length; c++)
        {
            if (!columns[c].TryRead(rows[indices[c]], out raw[c], out string fault))
            {
                throw rows.At(indices[c], fault);
            }
        }
    }

    /// <summary>The number of the class, or the value.</summary>
    public double ReadTarget() =>
        classes is not null ? classes.Read(rows, target)
        : values!.TryRead(rows[target], out double value, out string fault) ? value
        : throw rows.At(target, fault);
}
