using FastMlp.Cli.Reporting;

namespace FastMlp.Cli.Tests.Reporting;

public sealed class TextTests
{
    [Theory]
    [InlineData(0.123456, "0.1235")]
    [InlineData(0, "0.0000")]
    [InlineData(0.000012345, "1.235e-5")]
    [InlineData(54.3, "54.3000")]
    public void Figures(double value, string expected) => Assert.Equal(expected, Text.Figure(value));

    [Theory]
    [InlineData(0.5, "0.50")]
    [InlineData(9.996, "10.0")]
    [InlineData(99.96, "100")]
    [InlineData(12_345, "12.3 k")]
    [InlineData(1_240_000, "1.24 M")]
    [InlineData(3.2e9, "3.20 G")]
    public void Rates(double value, string expected) => Assert.Equal(expected, Text.Rate(value));

    [Theory]
    [InlineData(0.3123, "0.31 s")]
    [InlineData(12.44, "12.4 s")]
    [InlineData(127, "2:07")]
    [InlineData(3727, "1:02:07")]
    [InlineData(90_000, "25:00:00")]
    public void Times(double seconds, string expected) => Assert.Equal(expected, Text.Time(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void CountsTakeTheirNounAlong()
    {
        Assert.Equal("1 row", Text.Count(1, "row"));
        Assert.Equal("1,797 rows", Text.Count(1797, "row"));
        Assert.Equal("10 classes", Text.Count(10, "class"));
    }
}
