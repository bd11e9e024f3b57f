namespace FastMlp.Cli.Reporting.Html;

/// <summary>How much the loss rises and the metric falls when the values of a column are shuffled among the rows: means over several shuffles.</summary>
internal readonly record struct ColumnImportance(InputColumn Column, double LossRise, double LossSpread, double MetricLoss);

/// <summary>Permutation importance (Breiman, 2001): the fall of a fitted model's score when one column no longer belongs to its rows.</summary>
internal static class PermutationImportance
{
    private const int MostDeals = 5;
    private const int MostRows = 2_000;

    /// <summary>Rows to predict in all. A network of 100,000 weights takes a second or two for them.</summary>
    private const int MostPredictions = 1_000_000;

    /// <summary>With more outputs than this a prediction takes longer in proportion.</summary>
    private const int ManyOutputs = 100;

    private const int Seed = 1;

    /// <returns>The columns in their order; empty where there are too few rows to deal.</returns>
    public static IReadOnlyList<ColumnImportance> Of(ReportSubject subject)
    {
        if (subject.Rows is not { Rows: > 1 } all)
        {
            return [];
        }

        IReadOnlyList<InputColumn> columns = InputColumn.Of(subject.Preprocessing);
        int predictions = MostPredictions / Math.Max(1, subject.Network.OutputSize / ManyOutputs);
        Dataset rows = ReportSubject.Sample(all, Math.Clamp(predictions / columns.Count, 2, MostRows));
        int deals = Math.Clamp(predictions / (columns.Count * rows.Rows), 1, MostDeals);
        float[] features = rows.Features.ToArray();
        Dataset shuffled = rows.IsClassification
            ? new Dataset(features, rows.InputSize, rows.Labels.ToArray(), rows.TargetSize)
            : new Dataset(features, rows.InputSize, rows.Targets.ToArray(), rows.TargetSize);
        Loss loss = rows.IsClassification ? Loss.CrossEntropy : Loss.Quadratic;
        double scale = Training.Score.TargetScale(subject.Preprocessing);
        Evaluation whole = subject.Network.Evaluate(rows, loss);
        Random random = new(Seed);
        int[] order = [.. Enumerable.Range(0, rows.Rows)];
        List<ColumnImportance> importances = [];
        foreach (InputColumn column in columns)
        {
            double sum = 0;
            double squares = 0;
            double metric = 0;
            for (int deal = 0; deal < deals; deal++)
            {
                random.Shuffle(order);
                Deal(rows.Features, features, rows.InputSize, column, order);
                Evaluation broken = subject.Network.Evaluate(shuffled, loss);
                double rise = broken.Loss - whole.Loss;
                sum += rise;
                squares += rise * rise;
                metric += rows.IsClassification ? whole.Accuracy - broken.Accuracy : (broken.Rmse - whole.Rmse) / scale;
            }

            rows.Features.CopyTo(features);
            double mean = sum / deals;
            importances.Add(new ColumnImportance(column, mean, deals > 1 ? Math.Sqrt(Math.Max(0, (squares / deals) - (mean * mean))) : double.NaN, metric / deals));
        }

        return importances;
    }

    private static void Deal(ReadOnlySpan<float> from, Span<float> to, int size, InputColumn column, int[] order)
    {
        for (int row = 0; row < order.Length; row++)
        {
            from.Slice((order[row] * size) + column.Start, column.Width).CopyTo(to[((row * size) + column.Start)..]);
        }
    }
}
