namespace FastMlp.Cli.Reporting.Html;

/// <summary>How close predicted values come: predicted against actual, and the errors.</summary>
internal static class ValueSection
{
    private const int MostDots = 2_000;

    public static Fragment Of(ReportSubject subject, Answers answers, Dataset rows)
    {
        List<Fragment> cards = [];
        for (int output = 0; output < answers.Size && output < Plot.Colours; output++)
        {
            string name = output < subject.Preprocessing.TargetNames.Count ? subject.Preprocessing.TargetNames[output] : $"output {output}";
            (double Actual, double Predicted)[] pairs = new (double, double)[answers.Rows];
            for (int row = 0; row < pairs.Length; row++)
            {
                pairs[row] = (answers.Target(row)[output], answers.Of(row)[output]);
            }

            Axis actual = Axis.Over("actual", pairs.SelectMany(pair => new[] { pair.Actual, pair.Predicted }));
            Axis predicted = Axis.Between("predicted", actual.Low, actual.High);
            int stride = (pairs.Length + MostDots - 1) / MostDots;
            IEnumerable<(double, double)> dots = pairs.Where((_, i) => i % stride == 0);
            Plot plot = new("Predicted against actual", actual, predicted, height: 320);
            plot.Points(dots, 0).Guide(actual.Low, actual.Low, actual.High, actual.High);
            cards.Add(Page.Card(Fragment.Of($"Predicted against actual: <bdi>{name}</bdi>"), plot.ToHtml(), Fragment.Of($"<p class=\"soft\">On the broken line both are equal.</p>")));

            cards.Add(Page.Card("Errors", Histogram.Of("Errors", "predicted - actual", [.. pairs.Select(pair => pair.Predicted - pair.Actual)], 1, height: 320)));

            Axis error = Axis.Over("predicted - actual", pairs.Select(pair => pair.Predicted - pair.Actual));
            Axis across = Axis.Over("predicted", pairs.Select(pair => pair.Predicted));
            Plot residuals = new("Errors by predicted value", across, error, height: 320);
            residuals.Points(dots.Select(pair => (pair.Item2, pair.Item2 - pair.Item1)), 1).Guide(across.Low, 0, across.High, 0);
            cards.Add(Page.Card("Errors by predicted value", residuals.ToHtml(), Fragment.Of($"<p class=\"soft\">A pattern here is something that the network has not learnt yet.</p>")));
        }

        return Page.Section("How close it comes", Fragment.Of($"<div class=\"cards\">{cards}</div>"), Page.OfRows(subject, rows));
    }
}
