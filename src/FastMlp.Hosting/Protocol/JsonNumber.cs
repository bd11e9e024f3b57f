using System.Globalization;

namespace FastMlp.Hosting.Protocol;

/// <summary>
/// A number of JSON to the nearest float32. The parser of the runtime takes 110 ns for one, which in a request of many rows is thirty times the work of the network.
/// </summary>
internal static class JsonNumber
{
    /// <summary>Powers of ten that a double holds exactly.</summary>
    private static ReadOnlySpan<double> Powers =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads the number at the place, by the grammar of JSON, and moves behind it.</summary>
    /// <returns>False if there is none; then the place stays.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, ref int place, out float value)
    {
        value = 0;
        int at = place;
        bool negative = (uint)at < (uint)text.Length && text[at] == '-';
        if (negative)
        {
            at++;
        }

        int first = at;
        ulong digits = Digits(text, ref at, 0);
        int count = at - first;
        if (count == 0 || (count > 1 && text[first] == '0'))
        {
            return false;
        }

        int exponent = 0;
        if ((uint)at < (uint)text.Length && text[at] == '.')
        {
            int point = ++at;
            digits = Digits(text, ref at, digits);
            exponent = point - at;
            count -= exponent;
            if (exponent == 0)
            {
                return false;
            }
        }

        if ((uint)at < (uint)text.Length && (text[at] | 0x20) == 'e')
        {
            at++;
            bool below = (uint)at < (uint)text.Length && text[at] == '-';
            if (below || ((uint)at < (uint)text.Length && text[at] == '+'))
            {
                at++;
            }

            int power = at;
            ulong size = Digits(text, ref at, 0);
            if (at == power)
            {
                return false;
            }

            // Far beyond any float, and no overflow below.
            int shift = at - power > 6 ? 1_000_000 : (int)size;
            exponent += below ? -shift : shift;
        }

        if (!TryExactly(digits, count, exponent, out value) && !float.TryParse(text[first..at], NumberStyles.Float, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        value = negative ? -value : value;
        place = at;
        return true;
    }

    private static ulong Digits(ReadOnlySpan<byte> text, ref int at, ulong value)
    {
        int i = at;
        for (; (uint)i < (uint)text.Length && (uint)(text[i] - '0') <= 9; i++)
        {
            value = (10 * value) + (uint)(text[i] - '0');
        }

        at = i;
        return value;
    }

    // Digits and power of ten are exact doubles, so their quotient or product is the true value, rounded once. Rounding it once more to float32 gives the
    // nearest float32, unless the double lies at the middle between two of them or right beside it, or below the normal numbers: such are left to the runtime.
    private static bool TryExactly(ulong digits, int count, int exponent, out float value)
    {
        value = 0;
        if (count > 19 || digits > 1UL << 53 || exponent is < -22 or > 22)
        {
            return false;
        }

        double exact = exponent < 0 ? digits / Powers[-exponent] : digits * Powers[exponent];
        ulong tail = BitConverter.DoubleToUInt64Bits(exact) & 0x1FFF_FFFF;
        value = (float)exact;
        return digits == 0 || (tail - 0x0FFF_FFFF > 2 && exact is > 1.2e-38 and < 3.4e38);
    }
}
