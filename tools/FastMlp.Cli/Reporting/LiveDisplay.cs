using Spectre.Console;
using Spectre.Console.Rendering;

namespace FastMlp.Cli.Reporting;

/// <summary>
/// The curve of the loss and one line below it, which Spectre redraws ten times a second on its own thread: the training thread
/// only leaves the newest report behind, so that epochs of a millisecond are not slowed down by drawing.
/// </summary>
internal sealed class LiveDisplay(IAnsiConsole console, int epochs, MetricFormat metric) : ITrainingDisplay
{
    private const int LeastBarWidth = 8;
    private const int MostBarWidth = 40;

    /// <summary>Columns that the text beside the bar takes at most.</summary>
    private const int TextWidth = 72;

    private const int CurveHeight = 8;
    private const int MostCurveWidth = 120;

    private readonly Lock gate = new();
    private readonly LossCurve curve = new();
    private EpochReport newest;
    private DateTime start;
    private bool stopping;

    public FitReport Show(Func<Action<EpochReport>, FitReport> train)
    {
        start = DateTime.UtcNow;
        Progress progress = console.Progress()
            .AutoClear(false)
            .Columns(
                new TextColumn(Epoch),
                new ProgressBarColumn { Width = Math.Clamp(console.Profile.Width - TextWidth, LeastBarWidth, MostBarWidth) },
                new TextColumn(Figures),
                new TextColumn(Remaining));
        progress.RefreshRate = TimeSpan.FromMilliseconds(100);

        // A screen that is hardly higher than the curve would scroll at every redraw.
        if (console.Profile.Capabilities.Unicode && console.Profile.Height > 2 * CurveHeight)
        {
            progress.UseRenderHook((line, _) => new Rows(Curve(), line));
        }

        return progress.Start(context =>
        {
            ProgressTask task = context.AddTask("training", maxValue: epochs);
            FitReport report = train(epoch =>
            {
                lock (gate)
                {
                    newest = epoch;
                    curve.Add(epoch.TrainLoss, epoch.ValidationLoss);
                }

                task.Value = epoch.Epoch;
            });
            task.StopTask();
            return report;
        });
    }

    public void Stopping() => stopping = true;

    public void Restore() => console.Write(new ControlCode("\e[?25h\n"));

    private IRenderable Curve()
    {
        lock (gate)
        {
            return curve.Draw(Math.Min(console.Profile.Width, MostCurveWidth), CurveHeight);
        }
    }

    private EpochReport Newest()
    {
        lock (gate)
        {
            return newest;
        }
    }

    private string Epoch()
    {
        string total = Text.Count(epochs);
        int underWay = Math.Min(Newest().Epoch + 1, epochs);
        return $"epoch {Text.Count(underWay).PadLeft(total.Length)}/{total}";
    }

    private string Figures()
    {
        EpochReport report = Newest();
        if (report.Epoch == 0)
        {
            return "first epoch";
        }

        string figures = report.ValidationLoss is { } loss && report.ValidationMetric is { } value
            ? $"loss {Text.Figure(report.TrainLoss)}  val {Text.Figure(loss)} {metric.ShortOf(value)}"
            : $"loss {Text.Figure(report.TrainLoss)} {metric.ShortOf(report.TrainMetric)}";
        return $"{figures}  {Text.Rate(report.SamplesPerSecond)}/s";
    }

    private string Remaining()
    {
        if (stopping)
        {
            return "stopping";
        }

        EpochReport report = Newest();
        if (report.Epoch == 0)
        {
            return Text.Time(DateTime.UtcNow - start);
        }

        if (report.Epoch >= epochs)
        {
            return "done";
        }

        TimeSpan expected = report.Elapsed * ((double)epochs / report.Epoch);
        TimeSpan left = expected - (DateTime.UtcNow - start);
        return $"{Text.Time(left < TimeSpan.Zero ? TimeSpan.Zero : left)} left";
    }

    /// <summary>Plain text that is asked for at every redraw.</summary>
    private sealed class TextColumn(Func<string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Spectre.Console.Text(text());
    }
}
