using FastMlp.Cli.Reporting.Html;

namespace FastMlp.Cli.Tests.Reporting.Html;

public sealed class FragmentTests
{
    [Fact]
    public void WhatIsPutInIsText()
    {
        string name = "<b a=\"1\" b='2'>&amp;";
        Assert.Equal("<i>&#60;b a=&#34;1&#34; b=&#39;2&#39;&#62;&#38;amp;</i>", Fragment.Of($"<i>{name}</i>").ToString());

        // Only markup that was made the same way goes through.
        Fragment inner = Fragment.Of($"<u>{"<"}</u>");
        Assert.Equal("<p><u>&#60;</u><u>&#60;</u></p>", Fragment.Of($"<p>{inner}{new[] { inner }}</p>").ToString());
    }

    [Theory]
    [InlineData("a\0b\u001b[31m\u0085", "a\uFFFDb\uFFFD[31m\uFFFD")]
    [InlineData("whole \ud83d\ude00, tab\t, line\n, \uffff", "whole \ud83d\ude00, tab\t, line\n, \uFFFD")]
    public void WhatNoPageCanHoldIsReplaced(string text, string shown) => Assert.Equal(shown, Fragment.Of($"{text}").ToString());

    /// <summary>Not data of a theory: those travel as UTF-8, which has no half of a pair.</summary>
    [Fact]
    public void HalfOfAPairIsReplaced() => Assert.Equal("half \uFFFD of a pair \uFFFD", Fragment.Of($"{"half \ud800 of a pair \udc00"}").ToString());

    [Fact]
    public void NumbersAreTheSameInEveryCultureAndShort() =>
        Assert.Equal("0.33 -12 1000000", Fragment.Of($"{1.0 / 3} {-12} {1e6}").ToString());

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(-3, 12, "0 5 10")]
    [InlineData(0, 1e-4, "0 2e-5 4e-5 6e-5 8e-5 1e-4")]
    public void TicksAreRound(double low, double high, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', Axis.Between("", low, high).Ticks(5).Select(Axis.TickText)));

    [Fact]
    public void AxesHoldWhatIsThereEvenIfThatIsNothing()
    {
        Assert.Equal((0.5, 1.5), (Axis.Over("", [1]).Low, Axis.Over("", [1]).High));
        Assert.True(Axis.Over("", []).High > Axis.Over("", []).Low);
        Assert.True(Axis.OfLoss("", [double.NaN, 0]).High > 0);
        Assert.True(Axis.OfLoss("", [0.001, 1]).IsLogarithmic);
        Assert.False(Axis.OfLoss("", [0.001, 0]).IsLogarithmic);
        Assert.Equal(0.5, Axis.OfLoss("", [0.001, 1]).Place(Math.Sqrt(0.001)), 2);
        Assert.Equal(["1", "2"], Axis.Count("", 2).Ticks(5).Select(Axis.TickText));
    }

    /// <summary>The picture of two pixels, read by hand from the format's description.</summary>
    [Fact]
    public void PicturesArePngFiles()
    {
        byte[] file = Png.Encode([255, 0, 0, 255, 0, 0, 255, 128], width: 2);

        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 2, 0, 0, 0, 1, 8, 6, 0, 0, 0], file[..29]);
        Assert.Equal([0xAE, 0x42, 0x60, 0x82], file[^4..]); // the checksum of every IEND
        int length = file[36];
        using MemoryStream packed = new(file, 41, length);
        using System.IO.Compression.ZLibStream data = new(packed, System.IO.Compression.CompressionMode.Decompress);
        byte[] rows = new byte[9];
        data.ReadExactly(rows);
        Assert.Equal([0, 255, 0, 0, 255, 0, 0, 255, 128], rows);
    }
}
