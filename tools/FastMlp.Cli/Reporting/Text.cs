using System.Globalization;

namespace FastMlp.Cli.Reporting;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Text
{
    private const int MostQuoted = 60;

    /// <summary>The text, or its beginning and its length: a message quotes no million digits.</summary>
    public static string Shortened(string text) => text.Length <= MostQuoted ? text : $"{text[..MostQuoted]}... ({Count(text.Length, "character")})";

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count with its noun: <c>1 row</c>, <c>1,797 rows</c>.</summary>
    public static string Count(long value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : noun.EndsWith('s') ? "es" : "s")}";

    /// <summary>A loss or an error: four places, or four digits where those would show nothing.</summary>
    public static string Figure(double value) =>
        value != 0 && Math.Abs(value) < 0.001
            ? value.ToString("0.###e-0", CultureInfo.InvariantCulture)
            : value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>A value of the data in about six digits: with an exponent only where it is huge or tiny.</summary>
    public static string Value(double value)
    {
        double size = Math.Abs(value);
        if (!double.IsFinite(value) || (size is > 0 and < 1e-4 or >= 1e12))
        {
            return value.ToString("0.#####e0", CultureInfo.InvariantCulture);
        }

        int decimals = size < 1 ? 6 : Math.Max(0, 5 - (int)Math.Floor(Math.Log10(size)));
        return Math.Round(value, decimals).ToString("0.######", CultureInfo.InvariantCulture);
    }

    /// <summary>A share of 1 as <c>98.33 %</c>.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    /// <summary>A rate with a prefix: <c>235 k</c>, <c>1.24 M</c>.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        >= 1e9 => Digits(perSecond / 1e9) + " G",
        >= 1e6 => Digits(perSecond / 1e6) + " M",
        >= 1e3 => Digits(perSecond / 1e3) + " k",
        _ => Digits(perSecond),
    };

    /// <summary>A time in the unit that suits it: <c>0.31 s</c>, <c>12.4 s</c>, <c>2:07</c>, <c>1:02:07</c>.</summary>
    public static string Time(TimeSpan time)
    {
        if (time.TotalSeconds < 60)
        {
            return time.TotalSeconds.ToString(time.TotalSeconds < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " s";
        }

        TimeSpan whole = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
        string minutes = whole.ToString(whole.TotalHours < 1 ? @"m\:ss" : @"mm\:ss", CultureInfo.InvariantCulture);
        return whole.TotalHours < 1 ? minutes : string.Create(CultureInfo.InvariantCulture, $"{(long)whole.TotalHours}:{minutes}");
    }

    /// <summary>A file's size.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => Digits(bytes / (double)(1L << 30)) + " GiB",
        >= 1L << 20 => Digits(bytes / (double)(1L << 20)) + " MiB",
        >= 1L << 10 => Digits(bytes / (double)(1L << 10)) + " KiB",
        _ => Count(bytes) + " B",
    };

    private static string Digits(double value) =>
        value.ToString(value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
