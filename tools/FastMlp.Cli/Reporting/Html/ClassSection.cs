using FastMlp.Metrics;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>How well classes are told apart: confusion matrix, figures of each class, ROC curves, calibration.</summary>
internal static class ClassSection
{
    /// <summary>A matrix of more classes fits no page; their most frequent confusions are listed.</summary>
    private const int MostMatrixClasses = 20;

    private const int MostListed = 20;

    /// <summary>Every class sorts all rows for its curve: rows times classes that take about two seconds.</summary>
    private const long MostSorted = 4_000_000;

    public static Fragment Of(ReportSubject subject, Answers answers, Dataset rows)
    {
        List<Fragment> cards = [];
        if (subject.Score?.Confusion is { } counts)
        {
            ConfusionMatrix confusion = new(counts);
            cards.Add(confusion.Classes <= MostMatrixClasses ? Matrix(confusion, subject.ClassNames) : MostFrequent(confusion, subject.ClassNames));
            cards.Add(PerClass(confusion, subject.ClassNames));
        }

        if (answers.AreProbabilities)
        {
            ClassificationMetrics metrics = new(answers.Classes);
            metrics.Add(answers.Outputs, rows.Labels);
            cards.Add(Roc(metrics, subject.ClassNames));
            cards.Add(metrics.Classes == 2 ? CalibratedOfTwo(metrics, subject.ClassNames[1]) : Calibrated(metrics));
        }

        return Page.Section("How well it tells classes apart", Fragment.Of($"<div class=\"cards\">{cards}</div>"), Page.OfRows(subject, rows));
    }

    private static Fragment Matrix(ConfusionMatrix confusion, IReadOnlyList<string> names)
    {
        List<Fragment> lines = [];
        for (int truth = 0; truth < confusion.Classes; truth++)
        {
            long support = Math.Max(1, confusion.PerClass[truth].Support);
            List<Fragment> cells = [];
            for (int predicted = 0; predicted < confusion.Classes; predicted++)
            {
                long count = confusion[truth, predicted];
                string colour = truth == predicted ? "good" : "bad";
                double share = (double)count / support;
                // A single mistake among thousands must still be seen.
                string opacity = (count == 0 ? 0 : 0.12 + (0.6 * (truth == predicted ? share : Math.Sqrt(share)))).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
                cells.Add(count == 0
                    ? Fragment.Of($"<td class=\"soft\">&#183;</td>")
                    : Fragment.Of($"<td style=\"background:rgba(var(--{colour}),{opacity})\">{count.ToString(System.Globalization.CultureInfo.InvariantCulture)}</td>"));
            }

            lines.Add(Fragment.Of($"<tr><th scope=\"row\"><bdi>{names[truth]}</bdi></th>{cells}</tr>"));
        }

        IEnumerable<Fragment> heads = names.Select(name => Fragment.Of($"<th scope=\"col\"><bdi>{name}</bdi></th>"));
        return Page.Card("Confusion matrix", Fragment.Of(
            $"<p class=\"soft\">true class down, predicted class across</p><div class=\"scroll\"><table class=\"matrix\"><thead><tr><td></td>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"));
    }

    private static Fragment MostFrequent(ConfusionMatrix confusion, IReadOnlyList<string> names)
    {
        // A matrix of 10,000 classes has 10^8 cells, nearly all of them 0: one pass keeps the largest.
        PriorityQueue<(int Truth, int Predicted, long Count), (long Count, int Place)> largest = new();
        for (int truth = 0; truth < confusion.Classes; truth++)
        {
            for (int predicted = 0; predicted < confusion.Classes; predicted++)
            {
                long count = confusion[truth, predicted];
                if (count > 0 && truth != predicted && (largest.Count < MostListed || count > largest.Peek().Count))
                {
                    largest.Enqueue((truth, predicted, count), (count, -truth));
                    if (largest.Count > MostListed)
                    {
                        largest.Dequeue();
                    }
                }
            }
        }

        IEnumerable<Fragment> lines = largest.UnorderedItems.Select(item => item.Element).OrderByDescending(one => one.Count).ThenBy(one => one.Truth).Select(one =>
            Fragment.Of($"<tr><td class=\"name\"><bdi>{names[one.Truth]}</bdi></td><td class=\"name\"><bdi>{names[one.Predicted]}</bdi></td><td class=\"n\">{Text.Count(one.Count)}</td></tr>"));
        return Page.Card("Most frequent confusions", Fragment.Of(
            $"<div class=\"scroll\"><table><thead><tr><th>true</th><th>predicted</th><th class=\"n\">rows</th></tr></thead><tbody>{lines}</tbody></table></div>"));
    }

    private static Fragment PerClass(ConfusionMatrix confusion, IReadOnlyList<string> names)
    {
        IReadOnlyList<LabelCounts> all = confusion.PerClass;
        IEnumerable<int> shown = Enumerable.Range(0, all.Count);
        bool some = all.Count > MostMatrixClasses;
        if (some)
        {
            shown = shown.Where(i => all[i].Support > 0).OrderBy(i => all[i].F1).Take(MostListed);
        }

        IEnumerable<Fragment> lines = shown.Select(i => Fragment.Of(
            $"<tr><td class=\"name\"><bdi>{names[i]}</bdi></td><td class=\"n\">{Share(all[i].Precision)}</td><td class=\"n\">{Share(all[i].Recall)}</td><td class=\"n\">{Share(all[i].F1)}</td><td class=\"n\">{Text.Count(all[i].Support)}</td></tr>"));
        return Page.Card(some ? "The classes with the lowest F1" : "Each class", Fragment.Of(
            $"<div class=\"scroll\"><table><thead><tr><th>class</th><th class=\"n\">precision</th><th class=\"n\">recall</th><th class=\"n\">F1</th><th class=\"n\">rows</th></tr></thead><tbody>{lines}</tbody></table></div>"));
    }

    private static Fragment Roc(ClassificationMetrics metrics, IReadOnlyList<string> names)
    {
        if (metrics.Classes * metrics.Rows > MostSorted)
        {
            return default; // each class sorts all rows
        }

        // With two classes, the curve of one is the curve of the other, mirrored.
        (int Class, RocCurve Curve)[] curves = [.. Enumerable.Range(metrics.Classes == 2 ? 1 : 0, metrics.Classes == 2 ? 1 : metrics.Classes)
            .Select(i => (i, metrics.RocCurveOf(i)!)).Where(one => one.Item2 is not null)
            .OrderBy(one => one.Item2.Area).Take(Plot.Colours)];
        if (curves.Length == 0)
        {
            return default;
        }

        Plot plot = new("ROC curves", Axis.Between("false positive rate", 0, 1), Axis.Between("true positive rate", 0, 1), height: 300);
        plot.Guide(0, 0, 1, 1);
        for (int i = 0; i < curves.Length; i++)
        {
            plot.Line([.. curves[i].Curve.Points.Select(point => (point.FalsePositiveRate, point.TruePositiveRate))], i);
        }

        string note = metrics.Classes == 2 ? "" : curves.Length < metrics.Classes ? "Each class against the rest; those with the smallest areas." : "Each class against the rest, the smallest area first.";
        return Page.Card("ROC", plot.ToHtml(), Page.Legend(curves.Select(one => $"{names[one.Class]}: {Area(one.Curve.Area)}")), Fragment.Of($"<p class=\"soft\">Area under the curve, mean of all classes: {Area(metrics.RocAuc)}. {note}</p>"));
    }

    private static Fragment Calibrated(ClassificationMetrics metrics) => Page.Card("Calibration", Diagram(metrics.Calibration, "probability it gave", "share that was right"), Fragment.Of(
        $"<p class=\"soft\">Of the rows whose predicted class got a probability, the share that was right. On the broken line the model is honest about its doubt; below it, too sure. Expected calibration error: {Text.Figure(metrics.Calibration.Error)}.</p>"));

    /// <summary>Of two classes the larger probability is never below 1/2: the diagram is that of the second class, over all rows.</summary>
    private static Fragment CalibratedOfTwo(ClassificationMetrics metrics, string name)
    {
        Calibration calibration = metrics.CalibrationOf(1);
        return Page.Card("Calibration", Diagram(calibration, $"probability of {name}", $"share that was {name}"), Fragment.Of(
            $"<p class=\"soft\">Of the rows that got a probability of <bdi>{name}</bdi>, the share that was. On the broken line the model is honest about its doubt. Expected calibration error: {Text.Figure(calibration.Error)}.</p>"));
    }

    private static Fragment Diagram(Calibration calibration, string given, string share)
    {
        Plot plot = new("Calibration", Axis.Between(given, 0, 1), Axis.Between($"{share}; bars: share of the rows", 0, 1), height: 300);
        CalibrationBin[] filled = [.. calibration.Bins.Where(bin => bin.Count > 0)];
        foreach (CalibrationBin bin in filled)
        {
            plot.Bar(bin.Low, bin.High, (double)bin.Count / calibration.Count, 9, $"{Text.Count(bin.Count, "row")} given {Share(bin.Low)} to {Share(bin.High)}");
        }

        plot.Guide(0, 0, 1, 1);
        plot.Line([.. filled.Select(bin => (bin.MeanProbability, bin.Frequency))], 0);
        plot.Points(filled.Select(bin => (bin.MeanProbability, bin.Frequency)), 0, radius: 3.5);
        return plot.ToHtml();
    }

    private static string Share(double value) => double.IsNaN(value) ? "-" : Text.Percent(value);

    private static string Area(double value) => value.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture);
}
