using System.Globalization;
using System.Numerics;
using csFastFloat;

namespace FastMlp.Data;

/// <summary>What the text of a number says about the decimal mark of its file.</summary>
internal enum MarkEvidence
{
    /// <summary>There is no mark.</summary>
    None,

    /// <summary>The mark can only be the decimal mark: 1.25, 0.125, 1234.5, 1.5e3.</summary>
    Decisive,

    /// <summary>It could separate thousands as well: 1.250.</summary>
    Ambiguous,
}

/// <summary>Text to the nearest double: digits, one decimal mark, an exponent. The whole field must be the number.</summary>
internal static class NumberText
{
    private const int MaxPower = 22;

    /// <summary>Digits that a 64-bit integer always holds.</summary>
    private const int MaxDigits = 18;

    private const long LargestExactInteger = 1L << 53;

    // 10^0 to 10^22 are exact in double precision.
    private static readonly double[] powers = [.. Enumerable.Range(0, MaxPower + 1).Select(e => double.Parse($"1e{e}", CultureInfo.InvariantCulture))];

    /// <summary>
    /// A plain number: its value is all that its text says. Not plain, and so false, are leading zeros (007 is a code), whole numbers of more than 15
    /// digits (a double merges them), and 1.000, which may be one or a thousand; those stay texts until the whole column is known.
    /// </summary>
    /// <param name="text">UTF-16 or UTF-8, trimmed.</param>
    /// <param name="mark">The decimal mark.</param>
    /// <param name="value">The value, finite.</param>
    /// <param name="evidence">What the text says about the mark.</param>
    public static bool TryParsePlain<T>(ReadOnlySpan<T> text, char mark, out double value, out MarkEvidence evidence)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (TryParseShort(text, mark, out value, out evidence))
        {
            return true;
        }

        if (!TryParse(text, mark, out value, out Shape shape))
        {
            evidence = MarkEvidence.None;
            return false;
        }

        if (!shape.HasMark)
        {
            evidence = MarkEvidence.None;
            return !shape.LeadingZero && (shape.IntegerDigits <= 15 || shape.HasExponent);
        }

        evidence = shape is { DecimalDigits: 3, IntegerDigits: >= 1 and <= 3, StartsWithZero: false, HasExponent: false } ? MarkEvidence.Ambiguous : MarkEvidence.Decisive;
        return !shape.LeadingZero && (evidence == MarkEvidence.Decisive || value != Math.Truncate(value));
    }

    /// <summary>Any finite number, the nearest double to the text.</summary>
    public static bool TryParse<T>(ReadOnlySpan<T> text, char mark, out double value)
        where T : unmanaged, IBinaryInteger<T> => TryParseShort(text, mark, out value, out _) || TryParse(text, mark, out value, out _);

    /// <summary>Whether a text that begins so can be no plain number, as most texts do not.</summary>
    public static bool IsNoBeginning(char first) => first > '9';

    /// <summary>What files are full of: a plain number of at most 15 digits and a mark among them, nothing else. What it refuses may be a number all the same.</summary>
    private static bool TryParseShort<T>(ReadOnlySpan<T> text, char mark, out double value, out MarkEvidence evidence)
        where T : unmanaged, IBinaryInteger<T>
    {
        const int MostLength = 16;
        value = 0;
        evidence = MarkEvidence.None;
        int first = !text.IsEmpty && uint.CreateTruncating(text[0]) == '-' ? 1 : 0;
        if (text.Length - first is 0 or > MostLength)
        {
            return false;
        }

        ulong digits = 0;
        int point = -1;
        for (int i = first; i < text.Length; i++)
        {
            uint digit = uint.CreateTruncating(text[i]) - '0';
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (point < 0 && digit + '0' == mark)
            {
                point = i;
            }
            else
            {
                return false;
            }
        }

        int whole = (point < 0 ? text.Length : point) - first;
        int decimals = point < 0 ? 0 : text.Length - 1 - point;
        bool startsWithZero = uint.CreateTruncating(text[first]) == '0';
        bool grouped = decimals == 3 && whole <= 3 && !startsWithZero;
        if (whole == 0 || whole + decimals == MostLength || (point >= 0 && decimals == 0) || (startsWithZero && whole > 1) || (grouped && digits % 1000 == 0))
        {
            return false;
        }

        evidence = point < 0 ? MarkEvidence.None : grouped ? MarkEvidence.Ambiguous : MarkEvidence.Decisive;
        double exact = decimals == 0 ? digits : digits / powers[decimals];
        value = first == 1 ? -exact : exact;
        return true;
    }

    /// <summary>Any number with a decimal point as the nearest finite float32.</summary>
    /// <remarks>Rounding the nearest double a second time goes wrong only where it lies midway between two floats.</remarks>
    public static bool TryParseSingle(ReadOnlySpan<byte> text, out float value)
    {
        const ulong BelowFloat = (1ul << 29) - 1;
        const ulong Midway = 1ul << 28;
        bool parsed = TryParse(text, '.', out double exact, out _);
        bool simple = exact == 0 || (Math.Abs(exact) is > 1e-37 and < 1e38 && (BitConverter.DoubleToUInt64Bits(exact) & BelowFloat) != Midway);
        value = (float)exact;
        return parsed && (simple || float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)) && float.IsFinite(value);
    }

    /// <summary>Any finite number with a decimal point, and whether no other text of a number this long has its value.</summary>
    public static bool TryParseExact(ReadOnlySpan<char> text, out double value, out bool exact)
    {
        bool parsed = TryParse(text, '.', out value, out Shape shape);
        exact = parsed && !shape.LeadingZero && (shape.HasMark || shape.HasExponent || Math.Abs(value) <= LargestExactInteger);
        return parsed;
    }

    /// <remarks>
    /// W. D. Clinger's fast path (1990): an integer up to 2^53 and a power of ten up to 22 are exact doubles, so one multiplication or
    /// division rounds once. Longer numbers, whose form was checked here, go to csFastFloat (Eisel and Lemire, 2021).
    /// </remarks>
    private static bool TryParse<T>(ReadOnlySpan<T> text, char mark, out double value, out Shape shape)
        where T : unmanaged, IBinaryInteger<T>
    {
        shape = default;
        value = 0;
        int i = 0;
        bool negative = false;
        if (text.Length > 0 && uint.CreateTruncating(text[0]) is '-' or '+')
        {
            negative = uint.CreateTruncating(text[0]) == '-';
            i = 1;
        }

        int first = i;
        ulong digits = 0;
        for (; i < text.Length; i++)
        {
            uint digit = uint.CreateTruncating(text[i]) - '0';
            if (digit > 9)
            {
                break;
            }

            digits = (digits * 10) + digit;
        }

        int whole = i - first;
        int decimals = 0;
        bool hasMark = i < text.Length && uint.CreateTruncating(text[i]) == mark;
        if (hasMark)
        {
            int start = ++i;
            for (; i < text.Length; i++)
            {
                uint digit = uint.CreateTruncating(text[i]) - '0';
                if (digit > 9)
                {
                    break;
                }

                digits = (digits * 10) + digit;
            }

            decimals = i - start;
        }

        if (whole + decimals == 0)
        {
            return false;
        }

        int power = -decimals;
        bool hasExponent = i < text.Length;
        if (hasExponent)
        {
            if ((uint.CreateTruncating(text[i]) | 0x20) != 'e' || !TryReadExponent(text[(i + 1)..], out int exponent))
            {
                return false;
            }

            power += exponent;
        }

        bool startsWithZero = whole > 0 && uint.CreateTruncating(text[first]) == '0';
        shape = new Shape(whole, decimals, hasMark, hasExponent, startsWithZero);
        if (whole + decimals <= MaxDigits && digits <= LargestExactInteger && power is >= -MaxPower and <= MaxPower)
        {
            double exact = power < 0 ? digits / powers[-power] : digits * powers[power];
            value = negative ? -exact : exact;
            return true;
        }

        return TryParseLong(text, mark, out value);
    }

    private static bool TryParseLong<T>(ReadOnlySpan<T> text, char mark, out double value)
        where T : unmanaged, IBinaryInteger<T>
    {
        char[]? rented = text.Length > 128 ? System.Buffers.ArrayPool<char>.Shared.Rent(text.Length) : null;
        Span<char> plain = rented ?? stackalloc char[128];
        plain = plain[..text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            char c = (char)uint.CreateTruncating(text[i]);
            plain[i] = c == mark ? '.' : c;
        }

        bool parsed = FastDoubleParser.TryParseDouble(plain[0] == '+' ? plain[1..] : plain, out value);
        if (rented is not null)
        {
            System.Buffers.ArrayPool<char>.Shared.Return(rented);
        }

        return parsed && double.IsFinite(value);
    }

    private static bool TryReadExponent<T>(ReadOnlySpan<T> text, out int exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        const int Beyond = 100_000; // beyond any double, and far from the end of an int
        exponent = 0;
        bool signed = !text.IsEmpty && uint.CreateTruncating(text[0]) is '-' or '+';
        bool negative = signed && uint.CreateTruncating(text[0]) == '-';
        text = signed ? text[1..] : text;
        if (text.IsEmpty)
        {
            return false;
        }

        foreach (T c in text)
        {
            uint digit = uint.CreateTruncating(c) - '0';
            if (digit > 9)
            {
                return false;
            }

            exponent = Math.Min(Beyond, (exponent * 10) + (int)digit);
        }

        exponent = negative ? -exponent : exponent;
        return true;
    }

    private readonly record struct Shape(int IntegerDigits, int DecimalDigits, bool HasMark, bool HasExponent, bool StartsWithZero)
    {
        /// <summary>A zero before another digit: 007, but neither 0 nor 0.5.</summary>
        public bool LeadingZero => StartsWithZero && IntegerDigits > 1;
    }
}
