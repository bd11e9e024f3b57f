namespace FastMlp.Data;

/// <summary>
/// Decides the columns of a table from its training rows, and learns what they need: the rows come once to the statistics, and again as often as a column needs them.
/// </summary>
internal sealed class TableFitter
{
    private readonly List<(int Column, ColumnFit Fit)> fits = [];
    private readonly List<ColumnSummary> leftOut = [];

    /// <param name="columns">The columns of the features, with all that their training values are.</param>
    /// <param name="mark">The decimal mark.</param>
    /// <param name="source">The name in messages.</param>
    /// <param name="placeOfText">The beginning of a message about a text of a column.</param>
    public TableFitter(IReadOnlyList<(string Name, ColumnRule Rule, ColumnStatistics Statistics, IReadOnlyList<string> Texts)> columns, char mark, string source, Func<string, int, string> placeOfText)
    {
        for (int c = 0; c < columns.Count; c++)
        {
            (ColumnFit? fit, ColumnSummary summary) = new ColumnDecision(columns[c].Name, columns[c].Rule, columns[c].Statistics, columns[c].Texts, mark, placeOfText).Make();
            if (fit is null)
            {
                leftOut.Add(summary);
            }
            else
            {
                fits.Add((c, fit));
            }
        }

        if (fits.Count == 0)
        {
            throw new DataFormatException($"{source}: no column is left to learn from: {string.Join(", ", leftOut.Select(column => $"'{CsvRows.Shown(column.Name)}' is left out ({column.ReadAs})"))}.");
        }
    }

    /// <summary>The columns that need the training rows again, by their places among the columns given.</summary>
    public IEnumerable<(int Column, ColumnFit Fit)> Unfinished => fits.Where(fit => fit.Fit.NeedsPass);

    public void EndPass()
    {
        foreach ((_, ColumnFit fit) in fits)
        {
            if (fit.NeedsPass)
            {
                fit.EndPass();
            }
        }
    }

    /// <summary>The plan, and the moments of its features.</summary>
    public (ColumnPlan Plan, Moments[] Features) Finish(IReadOnlyList<string> missingTokens, char mark, IEnumerable<ColumnSummary> ignored, ColumnSummary? target)
    {
        List<Moments> features = [];
        PlannedColumn[] planned = [.. fits.Select(fit => fit.Fit.Finish(features))];
        return (new ColumnPlan(planned, missingTokens, mark, [.. leftOut.Concat(ignored)], target), [.. features]);
    }

    /// <summary>Fits to a table in memory.</summary>
    public static (ColumnPlan Plan, Moments[] Features) Fit(RawTable table)
    {
        TableFitter fitter = new([.. table.Columns.Select(column => (column.Name, column.Rule, ColumnStatistics.Of(column, table.Mark), column.CodedTexts))], table.Mark, table.Source, table.PlaceOfText);
        while (fitter.Unfinished.Any())
        {
            foreach ((int c, ColumnFit fit) in fitter.Unfinished.ToArray())
            {
                foreach (double raw in table.Read(table.Columns[c], fit.Reader, null))
                {
                    fit.Add(raw);
                }
            }

            fitter.EndPass();
        }

        return fitter.Finish(table.MissingTokens, table.Mark, table.Ignored, table.TargetSummary);
    }
}
