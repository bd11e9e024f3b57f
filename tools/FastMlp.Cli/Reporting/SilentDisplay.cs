namespace FastMlp.Cli.Reporting;

/// <summary>Shows nothing.</summary>
internal sealed class SilentDisplay : ITrainingDisplay
{
    public FitReport Show(Func<Action<EpochReport>, FitReport> train) => train(_ => { });

    public void Stopping()
    {
    }

    public void Restore()
    {
    }
}
