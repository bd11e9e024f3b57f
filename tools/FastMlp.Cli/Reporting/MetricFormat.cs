namespace FastMlp.Cli.Reporting;

/// <summary>How the metric of an epoch reads: accuracy for classes, the root mean squared error in the unit of the data for values.</summary>
internal sealed class MetricFormat(bool classifies, double targetScale)
{
    /// <summary>The same in fewer letters, for a line of 80 columns.</summary>
    public string ShortOf(float metric) => classifies ? $"acc {Text.Percent(metric)}" : Of(metric);

    public string Of(float metric) => classifies ? $"accuracy {Text.Percent(metric)}" : $"rmse {Text.Figure(metric / targetScale)}";
}
