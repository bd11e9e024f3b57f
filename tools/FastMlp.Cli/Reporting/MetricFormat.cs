namespace FastMlp.Cli.Reporting;

/// <summary>How the metric of an epoch reads: accuracy for classes, the root mean squared error in the unit of the data for values.</summary>
internal sealed class MetricFormat(bool classifies, double targetScale)
{
    public string Of(float metric) => classifies ? $"accuracy {Text.Percent(metric)}" : $"rmse {Text.Figure(metric / targetScale)}";
}
