using System.Globalization;

namespace FastMlp.Data;

/// <summary>What stands around the digits of a number.</summary>
/// <param name="Percent">Whether a percent sign follows: 12.5 % is 12.5.</param>
/// <param name="Currency">The sign of a currency; 0 without one.</param>
/// <param name="Grouped">Whether thousands are separated.</param>
/// <param name="Code">Whether the text is more than its value: 007, or a whole number that a double merges with others.</param>
internal readonly record struct NumberForm(bool Percent, char Currency, bool Grouped, bool Code);

/// <summary>Texts that a person reads as a number or as true and false.</summary>
internal static class ValueText
{
    private const int MaxLength = 64;

    private static readonly (string True, string False)[] truths = [("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n"), ("on", "off")];

    /// <summary>
    /// A number with what people write around it: a sign, thousands separators (the mark that is not the decimal one, a blank or an apostrophe), a percent or
    /// currency sign, parentheses for a negative amount.
    /// </summary>
    public static bool TryNumber(ReadOnlySpan<char> text, char mark, out double value, out NumberForm form)
    {
        value = 0;
        form = default;
        text = text.Trim();
        if (text.IsEmpty || text.Length > MaxLength)
        {
            // Longer than any amount: only a plain number can be.
            return text.Length > MaxLength && NumberText.TryParse(text, mark, out value);
        }

        bool negative = false;
        if (text[0] == '(' && text[^1] == ')')
        {
            negative = true;
            text = text[1..^1].Trim();
        }

        char currency = '\0';
        bool percent = false;
        bool signed = negative;
        for (bool again = true; again && !text.IsEmpty;)
        {
            char c = text[0];
            char last = text[^1];
            again = true;
            if (!signed && c is '-' or '+' or '\u2212')
            {
                signed = true;
                negative = c != '+';
                text = text[1..].TrimStart();
            }
            else if (currency == '\0' && char.GetUnicodeCategory(c) == UnicodeCategory.CurrencySymbol)
            {
                currency = c;
                text = text[1..].TrimStart();
            }
            else if (currency == '\0' && char.GetUnicodeCategory(last) == UnicodeCategory.CurrencySymbol)
            {
                currency = last;
                text = text[..^1].TrimEnd();
            }
            else if (!percent && last == '%')
            {
                percent = true;
                text = text[..^1].TrimEnd();
            }
            else
            {
                again = false;
            }
        }

        Span<char> digits = stackalloc char[MaxLength];
        if (text.IsEmpty || text[0] is '-' or '+' || !TryUngroup(text, mark, digits, out int length, out bool grouped) || !NumberText.TryParse(digits[..length], mark, out value))
        {
            return false;
        }

        bool code = !grouped && currency == '\0' && !percent && IsCode(text, mark, value);
        form = new NumberForm(percent, currency, grouped, code);
        value = negative ? -value : value;
        return true;
    }

    /// <summary>true and false, yes and no, t and f, y and n, on and off, in any case.</summary>
    /// <param name="text">The text, trimmed.</param>
    /// <param name="value">Which of the two.</param>
    /// <param name="family">The words that go together: true with t, yes with y, on.</param>
    public static bool TryBoolean(ReadOnlySpan<char> text, out bool value, out int family)
    {
        for (int i = 0; i < truths.Length && text.Length <= 5; i++)
        {
            value = text.Equals(truths[i].True, StringComparison.OrdinalIgnoreCase);
            if (value || text.Equals(truths[i].False, StringComparison.OrdinalIgnoreCase))
            {
                family = i switch { 0 or 2 => 1, 1 or 3 => 2, _ => 4 };
                return true;
            }
        }

        value = false;
        family = 0;
        return false;
    }

    /// <summary>What a text says about the decimal mark: the numbers of files that it makes sense in.</summary>
    public static (bool WithPoint, bool WithComma) Readings(ReadOnlySpan<char> text) =>
        text.ContainsAny('.', ',') ? (TryNumber(text, '.', out _, out _), TryNumber(text, ',', out _, out _)) : (false, false);

    private static bool IsCode(ReadOnlySpan<char> digits, char mark, double value) =>
        (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]))
        || (Math.Abs(value) > 1L << 53 && !digits.Contains(mark) && !digits.ContainsAny('e', 'E'));

    /// <summary>The text without separators of thousands, each before three digits.</summary>
    private static bool TryUngroup(ReadOnlySpan<char> text, char mark, Span<char> digits, out int length, out bool grouped)
    {
        char other = mark == '.' ? ',' : '.';
        char separator = '\0';
        int inGroup = 0;
        bool whole = true;
        length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (whole && char.IsAsciiDigit(c))
            {
                inGroup++;
            }
            else if (whole && (c == other || c is ' ' or '\u00a0' or '\u202f' or '\'' or '\u2019'))
            {
                bool fits = separator == '\0' ? inGroup is >= 1 and <= 3 && text[0] != '0' : inGroup == 3 && c == separator;
                if (!fits)
                {
                    grouped = false;
                    return false;
                }

                separator = c;
                inGroup = 0;
                continue;
            }
            else
            {
                // The mark or an exponent ends the whole part.
                if (whole && separator != '\0' && (inGroup != 3 || c != mark))
                {
                    grouped = false;
                    return false;
                }

                whole = false;
            }

            digits[length++] = c;
        }

        grouped = separator != '\0';
        return !whole || !grouped || inGroup == 3;
    }
}
