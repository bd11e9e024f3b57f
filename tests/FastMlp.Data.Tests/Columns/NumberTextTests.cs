using System.Globalization;
using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

public class NumberTextTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("+7")]
    [InlineData("1e5")]
    [InlineData("1E-5")]
    [InlineData("-1.5e+22")]
    [InlineData("16777217")]
    [InlineData("16777219")]
    [InlineData("0.1000000089406967163085937")]
    [InlineData("3.4028235e38")]
    [InlineData("3.4028236e38")]
    [InlineData("1e39")]
    [InlineData("1e-45")]
    [InlineData("1.17549435e-38")]
    [InlineData("1.1754943e-38")]
    [InlineData("123456789012345")]
    [InlineData("1234567890123456")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    [InlineData("0000000000000000000001")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e-+5")]
    [InlineData("1.2.3")]
    [InlineData("1,5")]
    [InlineData("--1")]
    [InlineData("0x10")]
    [InlineData("1e999")]
    [InlineData(" 1 ")]
    public void AgreesWithTheLibrary(string text) => Check(text);

    [Fact]
    public void AgreesOnRandomNumbersAndOnThoseMidwayBetweenFloats()
    {
        Random random = new(7);
        for (int i = 0; i < 40_000; i++)
        {
            float value = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            Check(value.ToString("R", CultureInfo.InvariantCulture));
            Check((random.NextDouble() * Math.Pow(10, random.Next(-12, 12))).ToString($"F{random.Next(10)}", CultureInfo.InvariantCulture));

            // A float of 24 bits and half a unit in its last place, exactly, and a little to either side.
            long midway = (2L * random.Next(1 << 23, 1 << 24)) + 1;
            Check(midway.ToString(CultureInfo.InvariantCulture));
            Check($"{midway}.{random.Next(2)}");
            Check($"{midway * 5}e-1");
            Check($"{midway - 1}.9999{random.Next(100)}");
        }
    }

    private static void Check(string text)
    {
        // The library takes blanks, NaN and infinities too.
        bool strict = !text.Contains(' ') && !text.Contains('N');
        bool expected = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double exact) && double.IsFinite(exact) && strict;
        Assert.True(expected == NumberText.TryParse(text.AsSpan(), '.', out double parsed), text);
        Assert.True(expected == NumberText.TryParse(text.Replace('.', ',').Replace("1,5,", "x").AsSpan(), ',', out double withComma) || text.Contains(','), text);
        if (expected)
        {
            Assert.True(BitConverter.DoubleToInt64Bits(exact) == BitConverter.DoubleToInt64Bits(parsed), $"{text}: {parsed:R} for {exact:R}");
            Assert.Equal(exact, withComma);
        }

        expected = float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float right) && float.IsFinite(right) && strict;
        Assert.True(expected == NumberText.TryParseSingle(Encoding.UTF8.GetBytes(text), out float value), text);
        Assert.True(!expected || BitConverter.SingleToInt32Bits(right) == BitConverter.SingleToInt32Bits(value), $"{text}: {value:R} for {right:R}");
    }
}
