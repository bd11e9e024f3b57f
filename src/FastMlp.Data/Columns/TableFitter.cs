namespace FastMlp.Data;

/// <summary>Fits a column plan and the scaling of its features to training rows that come one at a time, twice where a median is wanted.</summary>
internal sealed class TableFitter
{
    private readonly ColumnFitter[] fitters;

    public TableFitter(IEnumerable<RawColumn> columns) => fitters = [.. columns.Select(column => new ColumnFitter(column.Missing, column.RareBelow))];

    /// <summary>Whether the same rows must come a second time, to <see cref="Refine"/>.</summary>
    public bool NeedsSecondPass => Array.Exists(fitters, fitter => fitter.NeedsSecondPass);

    public void Add(ReadOnlySpan<float> row, ReadOnlySpan<ColumnKind> kinds)
    {
        for (int c = 0; c < fitters.Length; c++)
        {
            fitters[c].Add(row[c], kinds[c]);
        }
    }

    public void EndFirstPass() => Array.ForEach(fitters, fitter => fitter.EndFirstPass());

    public void Refine(ReadOnlySpan<float> row)
    {
        for (int c = 0; c < fitters.Length; c++)
        {
            if (fitters[c].NeedsSecondPass)
            {
                fitters[c].Refine(row[c]);
            }
        }
    }

    public (ColumnPlan Plan, Moments[] Features) Finish(IReadOnlyList<RawColumn> columns, IReadOnlyList<string> missingTokens, string source)
    {
        List<Moments> features = [];
        PlannedColumn[] planned = [.. fitters.Select((fitter, c) => fitter.Finish(columns[c], source, features))];
        return (new ColumnPlan(planned, missingTokens), [.. features]);
    }

    /// <summary>Fits to a table in memory.</summary>
    public static (ColumnPlan Plan, Moments[] Features) Fit(RawTable table)
    {
        TableFitter fitter = new(table.Columns);
        ColumnKind[] kinds = [.. table.Columns.Select(column => column.Kind)];
        for (ReadOnlySpan<float> rows = table.Values; !rows.IsEmpty; rows = rows[kinds.Length..])
        {
            fitter.Add(rows[..kinds.Length], kinds);
        }

        fitter.EndFirstPass();
        for (ReadOnlySpan<float> rows = table.Values; fitter.NeedsSecondPass && !rows.IsEmpty; rows = rows[kinds.Length..])
        {
            fitter.Refine(rows[..kinds.Length]);
        }

        return fitter.Finish(table.Columns, table.MissingTokens, "the table");
    }
}
