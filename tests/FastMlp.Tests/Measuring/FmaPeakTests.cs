using FastMlp.Measuring;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Measuring;

public class FmaPeakTests
{
    [Fact]
    public void AProbeGivesARate()
    {
        double gflops = FmaPeak.MeasureGflops(0.05);

        // No processor is slower than one operation in ten nanoseconds or faster than 10 TFLOP/s on a core.
        Assert.InRange(gflops, 0.1, 10_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    [InlineData(double.NaN)]
    public void ADurationOutOfRangeIsRefused(double milliseconds) =>
        Refusal.Names(() => FmaPeak.MeasureGflops(milliseconds), "0.05", "1000");
}
