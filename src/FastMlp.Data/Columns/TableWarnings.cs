using System.Globalization;

namespace FastMlp.Data;

/// <summary>What is doubtful about a table, before a network learns from it: sentences for a person.</summary>
public static class TableWarnings
{
    /// <summary>Fewer rows teach a network little, and their held-out figures say less.</summary>
    private const int FewRows = 50;

    /// <summary>Rows that a feature should have.</summary>
    private const int RowsForFeature = 5;

    /// <summary>A class of a smaller share is easily never predicted.</summary>
    private const double SmallShare = 0.05;

    /// <summary>A column that alone predicts as much of the target is suspected to be a copy of it, or to be known only after it.</summary>
    private const double Suspicious = 0.99;

    /// <summary>Parts of equal numbers of rows into which a column of numbers is cut to see what it tells.</summary>
    private const int Bins = 20;

    /// <summary>The warnings; none for a table without doubts.</summary>
    /// <param name="table">All rows.</param>
    /// <param name="preprocessing">Fitted to them.</param>
    public static IReadOnlyList<string> Of(RawTable table, Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(preprocessing);
        List<string> warnings = [];
        int features = preprocessing.Features.Size;
        if (table.Rows < Math.Max(FewRows, RowsForFeature * features))
        {
            warnings.Add(Invariant($"There are few rows: {table.Rows} for {features} features; held-out figures will vary from seed to seed (--folds 10 shows how much)."));
        }

        if (table.IsClassification)
        {
            AddClasses(table, warnings);
        }

        if (preprocessing.Columns is { } plan && !table.IsMatrix)
        {
            AddColumns(table, plan, warnings);
        }

        return warnings;
    }

    private static void AddClasses(RawTable table, List<string> warnings)
    {
        int[] counts = new int[table.TargetSize];
        foreach (int label in table.Labels)
        {
            counts[label]++;
        }

        int least = Array.IndexOf(counts, counts.Min());
        if (counts[least] < SmallShare * table.Rows)
        {
            warnings.Add(Invariant($"The classes are unequal: {counts[least]} of {table.Rows} rows are '{CsvRows.Shown(NameOf(table, least))}' (--class-weights balanced lets all classes count alike)."));
        }

        foreach (IGrouping<string, string> same in table.ClassNames.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            warnings.Add($"Classes differ in case alone: {string.Join(", ", same.Select(name => $"'{CsvRows.Shown(name)}'"))}.");
        }
    }

    private static void AddColumns(RawTable table, ColumnPlan plan, List<string> warnings)
    {
        foreach (ColumnSummary column in plan.LeftOut.Where(column => column.ReadAs != "ignored"))
        {
            warnings.Add($"Column '{CsvRows.Shown(column.Name)}' is left out ({column.ReadAs}): {column.Note}.");
        }

        foreach (PlannedColumn column in plan.Columns)
        {
            if (column.Summary is { } summary && summary.Missing * 2 > table.Rows)
            {
                warnings.Add(Invariant($"Column '{CsvRows.Shown(column.Name)}' has no value in {summary.Missing} of {table.Rows} rows."));
            }

            double[] raw = table.Read(table.Columns.First(candidate => candidate.Name == column.Name), column, null);
            if (table.Rows >= 2 * Bins && Predicts(table, column, raw) is var share && share >= Suspicious)
            {
                warnings.Add(Invariant($"Column '{CsvRows.Shown(column.Name)}' alone predicts the target ({(table.IsClassification ? "accuracy" : "R2")} {share:0.000}): is it known when a prediction is wanted?"));
            }
        }
    }

    /// <summary>The accuracy or R2 of the best guess from one column, learnt from half of the rows, drawn at random, and scored on the rest; 0 where the majority is as good.</summary>
    private static double Predicts(RawTable table, PlannedColumn column, double[] raw)
    {
        int[] bins = column.Kind is ColumnKind.Number or ColumnKind.Date ? Quantiles(raw) : [.. raw.Select(value => double.IsNaN(value) ? 0 : (int)value + 2)];
        return table.IsClassification ? Accuracy(table.Labels, bins, table.TargetSize) : Explained(table.Targets, bins);
    }

    /// <summary>The bin of each value: those of few different values have one each.</summary>
    private static int[] Quantiles(double[] raw)
    {
        double[] sorted = [.. raw.Where(value => !double.IsNaN(value)).Order()];
        if (sorted.Length == 0)
        {
            return new int[raw.Length];
        }

        double[] distinct = [.. sorted.Distinct().Take(Bins + 1)];
        double[] edges = distinct.Length <= Bins ? distinct : [.. Enumerable.Range(0, Bins).Select(i => sorted[(int)((long)i * sorted.Length / Bins)]).Distinct()];
        return Array.ConvertAll(raw, value =>
        {
            int at = double.IsNaN(value) ? -1 : Array.BinarySearch(edges, value);
            return double.IsNaN(value) ? 0 : 1 + (at >= 0 ? at : ~at - 1);
        });
    }

    private static double Accuracy(ReadOnlySpan<int> labels, int[] bins, int classes)
    {
        int[,] counts = new int[bins.Max() + 1, classes];
        int[] all = new int[classes];
        for (int row = 0; row < bins.Length; row++)
        {
            if (IsLearnt(row))
            {
                counts[bins[row], labels[row]]++;
                all[labels[row]]++;
            }
        }

        int majority = Array.IndexOf(all, all.Max());
        int right = 0;
        int rightOfMajority = 0;
        int scored = 0;
        for (int row = 0; row < bins.Length; row++)
        {
            if (IsLearnt(row))
            {
                continue;
            }

            int best = majority;
            for (int label = 0; label < classes; label++)
            {
                best = counts[bins[row], label] > counts[bins[row], best] ? label : best;
            }

            right += best == labels[row] ? 1 : 0;
            rightOfMajority += majority == labels[row] ? 1 : 0;
            scored++;
        }

        double accuracy = right / (double)scored;
        double baseline = rightOfMajority / (double)scored;

        // Where nearly all rows are of one class, being right says little.
        return accuracy - baseline > 0.5 * (1 - baseline) && baseline < 0.95 ? accuracy : 0;
    }

    private static double Explained(ReadOnlySpan<float> targets, int[] bins)
    {
        Moments[] ofBin = new Moments[bins.Max() + 1];
        Moments all = default;
        for (int row = 0; row < bins.Length; row++)
        {
            if (IsLearnt(row))
            {
                ofBin[bins[row]].Add(targets[row]);
                all.Add(targets[row]);
            }
        }

        double residual = 0;
        double total = 0;
        for (int row = 0; row < bins.Length; row++)
        {
            if (IsLearnt(row))
            {
                continue;
            }

            double guess = ofBin[bins[row]].Count > 0 ? ofBin[bins[row]].Mean : all.Mean;
            residual += (targets[row] - guess) * (targets[row] - guess);
            total += (targets[row] - all.Mean) * (targets[row] - all.Mean);
        }

        return total > 0 ? 1 - (residual / total) : 0;
    }

    private static bool IsLearnt(int row) => SplitMix.Fraction(1, row) < 0.5;

    private static string NameOf(RawTable table, int label) => label < table.ClassNames.Count ? table.ClassNames[label] : label.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
