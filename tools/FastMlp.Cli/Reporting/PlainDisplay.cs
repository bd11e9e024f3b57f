using System.Text;

namespace FastMlp.Cli.Reporting;

/// <summary>One line for every twentieth of the epochs, for logs and pipes.</summary>
internal sealed class PlainDisplay(TextWriter writer, int epochs, MetricFormat metric) : ITrainingDisplay
{
    private const int MostLines = 20;

    private readonly Lock gate = new();
    private readonly int stride = (epochs + MostLines - 1) / MostLines;
    private EpochReport? unwritten;

    public FitReport Show(Func<Action<EpochReport>, FitReport> train)
    {
        FitReport report = train(OnEpoch);
        if (unwritten is { } last)
        {
            Write(last);
        }

        return report;
    }

    public void Stopping()
    {
        lock (gate)
        {
            writer.WriteLine("stopping after this batch");
        }
    }

    public void Restore()
    {
    }

    private void OnEpoch(EpochReport report)
    {
        if (report.Epoch % stride == 0 || report.Epoch == epochs)
        {
            Write(report);
            unwritten = null;
        }
        else
        {
            unwritten = report;
        }
    }

    private void Write(EpochReport report)
    {
        StringBuilder line = new();
        string total = Text.Count(epochs);
        line.Append($"epoch {Text.Count(report.Epoch).PadLeft(total.Length)}/{total}");
        line.Append($"  train loss {Text.Figure(report.TrainLoss)}");
        line.Append(report.ValidationLoss is { } loss && report.ValidationMetric is { } figure
            ? $"  validation loss {Text.Figure(loss)}, {metric.Of(figure)}"
            : $", {metric.Of(report.TrainMetric)}");
        line.Append($"  {Text.Rate(report.SamplesPerSecond)} samples/s");
        if (report.Epoch < epochs)
        {
            line.Append($"  {Text.Time(report.Elapsed * ((double)(epochs - report.Epoch) / report.Epoch))} left");
        }

        lock (gate)
        {
            writer.WriteLine(line);
        }
    }
}
