using FastMlp.Cli.Reporting;

namespace FastMlp.Cli.Tests.Reporting;

public sealed class LossCurveTests
{
    [Fact]
    public void AFallIsDrawnFromTheUpperLeftToTheLowerRight()
    {
        LossCurve curve = new();
        for (int i = 0; i <= 100; i++)
        {
            curve.Add(10 - (i / 20.0), null); // 10 to 5: linear
        }

        IReadOnlyList<(string Margin, char[] Dots, bool[] IsValidation)> lines = curve.Lines(49, 5);

        Assert.All(lines, line => Assert.Equal(40, line.Dots.Length));
        Assert.Equal("10.0000 ┤", lines[0].Margin);
        Assert.Equal(" 5.0000 ┤", lines[4].Margin);
        Assert.Equal(0x2801, lines[0].Dots[0] & 0x2801); // the topmost dot on the left
        Assert.Equal(0x2880, lines[4].Dots[39] & 0x2880); // the lowest on the right
        Assert.Equal('\u2800', lines[4].Dots[0]);
        Assert.Equal('\u2800', lines[0].Dots[39]);
        Assert.All(lines, line => Assert.DoesNotContain(true, line.IsValidation));

        // A straight line has its middle in the middle.
        Assert.NotEqual('\u2800', lines[2].Dots[20]);
    }

    [Fact]
    public void WideRangesAreLogarithmicAndTheValidationHasItsColour()
    {
        LossCurve curve = new();
        for (int i = 0; i <= 80; i++)
        {
            curve.Add(Math.Pow(10, -i / 20.0), i % 2 == 0 ? 1 : 1.0001); // 1 to 1e-4
        }

        IReadOnlyList<(string Margin, char[] Dots, bool[] IsValidation)> lines = curve.Lines(49, 5);

        Assert.NotEqual('\u2800', lines[2].Dots[20]); // 1e-2 half way
        Assert.All(lines[0].IsValidation, Assert.True);
        Assert.DoesNotContain(true, lines[4].IsValidation);
    }

    [Fact]
    public void ManyEpochsOneEpochNoneAndNoNumber()
    {
        LossCurve curve = new();
        Assert.Equal(8, curve.Lines(80, 8).Count);
        curve.Add(double.NaN, double.NaN);
        Assert.All(curve.Lines(80, 8), line => Assert.All(line.Dots, dot => Assert.Equal('\u2800', dot)));
        curve.Add(3, null);
        Assert.Contains(curve.Lines(80, 8), line => line.Dots.Any(dot => dot != '\u2800'));
        for (int i = 0; i < 50_000; i++)
        {
            curve.Add(3 - (i / 25_000.0), null);
        }

        IReadOnlyList<(string Margin, char[] Dots, bool[] IsValidation)> lines = curve.Lines(80, 8);
        Assert.NotEqual('\u2800', lines[7].Dots[^1]);
        Assert.NotEqual('\u2800', lines[3].Dots[35]);
        Assert.StartsWith(" 2.99", lines[0].Margin, StringComparison.Ordinal); // the mean of the first few
    }
}
