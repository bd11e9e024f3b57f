namespace FastMlp.Cli.Reporting.Html;

/// <summary>The curves of the epochs: loss, metric, learning rate.</summary>
internal static class TrainingSection
{
    public static Fragment Of(ReportSubject subject)
    {
        if (subject.Training is not { Epochs.Count: > 0 } report)
        {
            return default;
        }

        IReadOnlyList<EpochReport> epochs = report.Epochs;
        bool validated = epochs.Any(epoch => epoch.ValidationLoss is not null);
        MetricFormat format = new(subject.Classifies, Training.Score.TargetScale(subject.Preprocessing));
        double scale = subject.Classifies ? 1 : 1 / Training.Score.TargetScale(subject.Preprocessing);

        List<(double, double)> trainLoss = Line(epochs, epoch => epoch.TrainLoss);
        List<(double, double)> validationLoss = Line(epochs, epoch => epoch.ValidationLoss ?? double.NaN);
        List<(double, double)> trainMetric = Line(epochs, epoch => epoch.TrainMetric * scale);
        List<(double, double)> validationMetric = Line(epochs, epoch => epoch.ValidationMetric * scale ?? double.NaN);
        List<(double, double)> rate = Line(epochs, epoch => epoch.LearningRate);

        string metricName = subject.Classifies ? "accuracy" : "root mean squared error";
        IEnumerable<double> metrics = Values(trainMetric).Concat(Values(validationMetric));
        Axis metricAxis = subject.Classifies ? AccuracyAxis(metrics) : Axis.OfLoss("rmse", metrics);
        Plot loss = new("Loss by epoch", Axis.Count("epoch", epochs.Count), Axis.OfLoss("loss", Values(trainLoss).Concat(Values(validationLoss))));
        Plot metric = new($"Epochs and {metricName}", Axis.Count("epoch", epochs.Count), metricAxis);
        loss.Line(trainLoss, 0).Line(validationLoss, 1);
        metric.Line(trainMetric, 0).Line(validationMetric, 1);
        if (validated && report.BestEpoch is > 0 && report.BestEpoch < epochs.Count && report.StopReason is StopReason.EarlyStopping or StopReason.TimeIsUp)
        {
            Axis y = metricAxis;
            metric.Guide(report.BestEpoch, y.Low, report.BestEpoch, y.High);
        }

        Plot learning = new("Learning rate by epoch", Axis.Count("epoch", epochs.Count), Axis.OfLoss("learning rate", Values(rate)));
        learning.Line(rate, 2, stepped: true);
        Fragment legend = Page.Legend(validated ? ["training rows", "validation rows"] : ["training rows"]);
        EpochReport last = epochs[^1];
        string now = last.ValidationLoss is { } final && last.ValidationMetric is { } value
            ? $"last epoch: validation loss {Text.Figure(final)}, {format.Of(value)}"
            : $"last epoch: loss {Text.Figure(last.TrainLoss)}, {format.Of(last.TrainMetric)}";
        return Page.Section("Training",
            Fragment.Of($"<div class=\"cards\">{Page.Card("Loss", loss.ToHtml(), legend)}{Page.Card(subject.Classifies ? "Accuracy" : "Error", metric.ToHtml(), legend)}{Page.Card("Learning rate", learning.ToHtml())}</div>"),
            now);
    }

    /// <summary>Up to 1, from a little below the lowest accuracy.</summary>
    private static Axis AccuracyAxis(IEnumerable<double> values)
    {
        double low = values.Where(double.IsFinite).DefaultIfEmpty(0).Min();
        return Axis.Between("accuracy", Math.Max(0, low - ((1 - low) / 20) - 0.002), 1);
    }

    private static List<(double, double)> Line(IReadOnlyList<EpochReport> epochs, Func<EpochReport, double> of) =>
        [.. epochs.Select(epoch => ((double)epoch.Epoch, of(epoch)))];

    private static IEnumerable<double> Values(List<(double X, double Y)> line) => line.Select(point => point.Y);
}
