using System.Globalization;

namespace FastMlp.Data;

/// <summary>In which order the parts of a date stand. A text may fit several.</summary>
[Flags]
internal enum DateOrder
{
    None = 0,

    /// <summary>2024-01-31, with a time and an offset or without: ISO 8601, and the same with other separators.</summary>
    YearFirst = 1,

    /// <summary>31.01.2024, 31/01/2024.</summary>
    DayFirst = 2,

    /// <summary>01/31/2024.</summary>
    MonthFirst = 4,

    /// <summary>31 Jan 2024, Jan 31, 2024: the month in English.</summary>
    NamedMonth = 8,

    /// <summary>12:30, 12:30:15.</summary>
    TimeOnly = 16,
}

/// <summary>Dates and times as people write them, to seconds since 1970 in UTC.</summary>
internal static class DateText
{
    private const int MaxLength = 40;

    private static readonly string[] months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary>The orders that the text fits.</summary>
    public static DateOrder Orders(ReadOnlySpan<char> text)
    {
        DateOrder fits = DateOrder.None;
        for (DateOrder order = DateOrder.YearFirst; order <= DateOrder.TimeOnly; order = (DateOrder)((int)order << 1))
        {
            fits |= TryParse(text, order, out _) ? order : DateOrder.None;
        }

        return fits;
    }

    /// <summary>The seconds of a text in that order.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, DateOrder order, out double seconds)
    {
        seconds = 0;
        text = text.Trim();
        if (text.Length is < 3 or > MaxLength)
        {
            return false;
        }

        double time;
        if (order == DateOrder.TimeOnly)
        {
            return TryTime(text, out seconds) && seconds is >= 0 and < 86400;
        }

        if (!TryDate(ref text, order, out int year, out int month, out int day)
            || year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        if (text.IsEmpty)
        {
            time = 0;
        }
        else if ((text[0] is not ('T' or 't' or ' ')) || !TryTime(text[1..].TrimStart(), out time))
        {
            return false;
        }

        seconds = ((new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) + time;
        return true;
    }

    private static bool TryDate(ref ReadOnlySpan<char> text, DateOrder order, out int year, out int month, out int day)
    {
        year = month = day = 0;
        if (order == DateOrder.NamedMonth)
        {
            bool monthFirst = char.IsAsciiLetter(text[0]);
            return (monthFirst ? TryMonth(ref text, out month) && Separated(ref text) && TryDigits(ref text, 1, 2, out day) : TryDigits(ref text, 1, 2, out day) && Separated(ref text) && TryMonth(ref text, out month))
                && Separated(ref text) && TryDigits(ref text, 4, 4, out year);
        }

        bool yearFirst = order == DateOrder.YearFirst;
        if (!TryDigits(ref text, yearFirst ? 4 : 1, yearFirst ? 4 : 2, out int first) || text.IsEmpty)
        {
            return false;
        }

        char separator = text[0];
        if (!(separator is '-' or '/' || separator == '.') || (order == DateOrder.MonthFirst && separator == '.'))
        {
            return false;
        }

        text = text[1..];
        if (!TryDigits(ref text, 1, 2, out int second) || text.IsEmpty || text[0] != separator)
        {
            return false;
        }

        text = text[1..];
        if (!TryDigits(ref text, yearFirst ? 1 : 4, yearFirst ? 2 : 4, out int third))
        {
            return false;
        }

        (year, month, day) = order switch
        {
            DateOrder.YearFirst => (first, second, third),
            DateOrder.DayFirst => (third, second, first),
            _ => (third, first, second),
        };
        return true;
    }

    /// <summary>12:30, 12:30:15, 12:30:15.25, each with AM or PM, Z or an offset.</summary>
    private static bool TryTime(ReadOnlySpan<char> text, out double seconds)
    {
        seconds = 0;
        if (!TryDigits(ref text, 1, 2, out int hours) || text.IsEmpty || text[0] != ':')
        {
            return false;
        }

        text = text[1..];
        if (!TryDigits(ref text, 2, 2, out int minutes))
        {
            return false;
        }

        double rest = 0;
        if (!text.IsEmpty && text[0] == ':')
        {
            int end = 1;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or ','))
            {
                end++;
            }

            if (end < 3 || !char.IsAsciiDigit(text[1]) || !char.IsAsciiDigit(text[2]) || (end > 3 && text[3] is not ('.' or ',')) || !NumberText.TryParse(text[1..end], text[1..end].Contains(',') ? ',' : '.', out rest))
            {
                return false;
            }

            text = text[end..];
        }

        ReadOnlySpan<char> half = text.Trim();
        bool afternoon = half.Equals("pm", StringComparison.OrdinalIgnoreCase);
        if (afternoon || half.Equals("am", StringComparison.OrdinalIgnoreCase))
        {
            if (hours is < 1 or > 12)
            {
                return false;
            }

            hours = (hours % 12) + (afternoon ? 12 : 0);
            text = [];
        }

        if (hours > 24 || minutes > 59 || rest >= 61 || (hours == 24 && minutes + rest > 0))
        {
            return false;
        }

        double offset = 0;
        if (text is ['Z' or 'z'])
        {
            text = [];
        }
        else if (text.Length >= 3 && text[0] is '+' or '-')
        {
            int sign = text[0] == '-' ? -1 : 1;
            text = text[1..];
            int offsetMinutes = 0;
            if (!TryDigits(ref text, 2, 2, out int offsetHours))
            {
                return false;
            }

            text = !text.IsEmpty && text[0] == ':' ? text[1..] : text;
            if (!text.IsEmpty && !TryDigits(ref text, 2, 2, out offsetMinutes))
            {
                return false;
            }

            offset = sign * ((offsetHours * 3600) + (offsetMinutes * 60));
        }

        seconds = (hours * 3600) + (minutes * 60) + rest - offset;
        return text.IsEmpty;
    }

    private static bool TryMonth(ref ReadOnlySpan<char> text, out int month)
    {
        int end = 0;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
        {
            end++;
        }

        ReadOnlySpan<char> name = text[..end];
        text = text[end..];
        month = 0;
        if (name.Length < 3)
        {
            return false;
        }

        for (int m = 0; m < months.Length && month == 0; m++)
        {
            string full = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[m];
            if (name.Equals(months[m], StringComparison.OrdinalIgnoreCase) || name.Equals(full, StringComparison.OrdinalIgnoreCase) || (m == 8 && name.Equals("sept", StringComparison.OrdinalIgnoreCase)))
            {
                month = m + 1;
            }
        }

        return month > 0;
    }

    private static bool Separated(ref ReadOnlySpan<char> text)
    {
        int i = 0;
        while (i < text.Length && text[i] is ' ' or '-' or '.' or ',' or '/')
        {
            i++;
        }

        bool separated = i is 1 or 2;
        text = text[i..];
        return separated;
    }

    private static bool TryDigits(ref ReadOnlySpan<char> text, int least, int most, out int value)
    {
        value = 0;
        int i = 0;
        for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
        {
            if (i == most)
            {
                return false;
            }

            value = (value * 10) + (text[i] - '0');
        }

        text = text[i..];
        return i >= least;
    }
}
