using FastMlp.Cli.Reporting;

namespace FastMlp.Cli.Tests.Reporting;

public sealed class PlainDisplayTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(200)]
    [InlineData(1999)]
    public void AtMostTwentyLinesAndTheLastEpochIsOne(int epochs)
    {
        string[] lines = Lines(epochs, epochs);

        Assert.InRange(lines.Length, Math.Min(epochs, 10), 20);
        Assert.StartsWith($"epoch {epochs:N0}/{epochs:N0} ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ARunThatStopsEarlyShowsItsLastEpoch()
    {
        string[] lines = Lines(200, 33);

        Assert.Equal("epoch  33/200", lines[^1][..13]);
        Assert.Equal(4, lines.Length);
    }

    [Fact]
    public void LinesSayLossesMetricRateAndTimeLeft()
    {
        string line = Lines(4, 1)[0];

        Assert.Equal("epoch 1/4  train loss 0.5000  validation loss 0.2500, accuracy 75.00 %  12.0 k samples/s  3.00 s left", line);
    }

    private static string[] Lines(int epochs, int done)
    {
        StringWriter writer = new() { NewLine = "\n" };
        PlainDisplay display = new(writer, epochs, new MetricFormat(classifies: true, targetScale: 1));
        display.Show(progress =>
        {
            for (int epoch = 1; epoch <= done; epoch++)
            {
                progress(new EpochReport(epoch, 0.5f, 0.7f, 0.25f, 0.75f, 12_000, TimeSpan.FromSeconds(epoch)));
            }

            return new FitReport([], done, 12_000, TimeSpan.FromSeconds(done), StopReason.EpochsDone);
        });
        return writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
