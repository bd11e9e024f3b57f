using System.Globalization;

namespace FastMlp.Data;

/// <summary>UTF-8 text to float32, correctly rounded: a short way for the numbers that files are full of, the library's for the rest.</summary>
internal static class FloatText
{
    private const int MaxPower = 22;

    // 10^0 to 10^22 are exact in double precision.
    private static readonly double[] powers = [.. Enumerable.Range(0, MaxPower + 1).Select(e => double.Parse($"1e{e}", CultureInfo.InvariantCulture))];

    /// <summary>Any number that the library reads in invariant culture, NaN and the infinities included.</summary>
    /// <remarks>
    /// W. D. Clinger's fast path (1990): up to 15 digits and a power of ten up to 22 are exact doubles, so one multiplication or
    /// division rounds once. Rounding that to float32 is rounding a second time, which can go wrong only where the double lies
    /// midway between two floats; those, and results that may be subnormal or too large, take the long way.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<byte> text, out float value)
    {
        const ulong BelowFloat = (1ul << 29) - 1;
        const ulong Midway = 1ul << 28;
        if (TryReadDecimal(text, out bool negative, out long digits, out int power))
        {
            double exact = power < 0 ? digits / powers[-power] : digits * powers[power];
            bool inRange = exact is > 1e-37 and < 1e38 || digits == 0;
            if (inRange && (BitConverter.DoubleToUInt64Bits(exact) & BelowFloat) != Midway)
            {
                value = negative ? -(float)exact : (float)exact;
                return true;
            }
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Sign, digits with a point among them, exponent: nothing else, not even a blank.</summary>
    private static bool TryReadDecimal(ReadOnlySpan<byte> text, out bool negative, out long digits, out int power)
    {
        const int MaxDigits = 15;
        negative = !text.IsEmpty && text[0] == '-';
        digits = 0;
        power = 0;
        int i = negative ? 1 : 0;
        int first = i;
        int point = -1;
        for (; i < text.Length; i++)
        {
            uint digit = text[i] - (uint)'0';
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == '.' && point < 0)
            {
                point = i;
            }
            else
            {
                break;
            }

            if (i - first > MaxDigits)
            {
                return false;
            }
        }

        int count = i - first - (point < 0 ? 0 : 1);
        if (count is 0 or > MaxDigits)
        {
            return false;
        }

        power = point < 0 ? 0 : point + 1 - i;
        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'e' || !TryReadExponent(text[(i + 1)..], out int exponent))
            {
                return false;
            }

            power += exponent;
        }

        return power is >= -MaxPower and <= MaxPower;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        bool negative = !text.IsEmpty && text[0] == '-';
        text = !text.IsEmpty && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (text.Length is 0 or > 2)
        {
            return false;
        }

        foreach (byte c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            exponent = (exponent * 10) + (c - '0');
        }

        exponent = negative ? -exponent : exponent;
        return true;
    }
}
