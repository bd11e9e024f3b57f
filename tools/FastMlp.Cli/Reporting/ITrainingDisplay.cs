namespace FastMlp.Cli.Reporting;

/// <summary>Shows how training goes. Called on the training thread, but for <see cref="Stopping"/> and <see cref="Restore"/>.</summary>
internal interface ITrainingDisplay
{
    /// <summary>Runs the training and shows its epochs.</summary>
    FitReport Show(Func<Action<EpochReport>, FitReport> train);

    /// <summary>A stop was asked for.</summary>
    void Stopping();

    /// <summary>The process is about to be ended: leave the terminal in order.</summary>
    void Restore();
}
