namespace FastMlp.Tests.Support;

internal static class Fitting
{
    /// <summary><see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/> until the options say so, or the test run is cancelled.</summary>
    public static FitReport Train(this Network network, Dataset data, FitOptions options) =>
        network.Fit(data, options, TestContext.Current.CancellationToken);
}
