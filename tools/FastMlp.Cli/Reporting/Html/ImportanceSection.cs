namespace FastMlp.Cli.Reporting.Html;

/// <summary>Which columns the model leans on.</summary>
internal static class ImportanceSection
{
    private const int Most = 30;

    public static Fragment Of(ReportSubject subject, IReadOnlyList<ColumnImportance> importances)
    {
        if (importances.Count == 0)
        {
            return default;
        }

        const string lead = "How much the loss rises when the values of one column are shuffled among the rows. Columns with the same information share their importance.";
        if (subject.ImageWidth > 0)
        {
            float[] pixels = [.. importances.Select(one => (float)one.LossRise)];
            return Page.Section("What matters", Page.Card("Pixel by pixel", Fragment.Of(
                $"<img class=\"heat\" alt=\"rise of the loss by pixel\" src=\"{Pictures.Signed(pixels, subject.ImageWidth)}\"/>"),
                Fragment.Of($"<p class=\"soft\">Blue: without this pixel the loss rises, at most by {Text.Figure(pixels.Max())}. Orange: it falls.</p>")), lead);
        }

        ColumnImportance[] shown = [.. importances.OrderByDescending(one => one.LossRise).Take(Most)];
        double most = Math.Max(shown[0].LossRise, double.Epsilon);
        IEnumerable<Fragment> bars = shown.Select(one => Fragment.Of(
            $"<span><bdi>{one.Column.Name}</bdi></span><div class=\"meter\" style=\"width:{Math.Clamp(100 * one.LossRise / most, 0, 100)}%\"></div><span>{Signed(one.LossRise)}{Spread(one)}; {Metric(subject, one)}</span>"));
        string rest = shown.Length < importances.Count ? $" The first {shown.Length} of {importances.Count}." : "";
        return Page.Section("What matters", Page.Card("", Fragment.Of($"<div class=\"bars\">{bars}</div>")), lead + rest);
    }

    private static string Spread(ColumnImportance one) => double.IsNaN(one.LossSpread) ? "" : $" ± {Text.Figure(one.LossSpread)}";

    private static string Metric(ReportSubject subject, ColumnImportance one) => subject.Classifies
        ? $"accuracy {Signed(-100 * one.MetricLoss, "0.0")} points"
        : $"rmse {Signed(one.MetricLoss)}";

    private static string Signed(double value) => (value < 0 ? "-" : "+") + Text.Figure(Math.Abs(value));

    private static string Signed(double value, string format)
    {
        string digits = Math.Abs(value).ToString(format, System.Globalization.CultureInfo.InvariantCulture);
        return (value < 0 && digits.AsSpan().ContainsAnyInRange('1', '9') ? "-" : "+") + digits;
    }
}
