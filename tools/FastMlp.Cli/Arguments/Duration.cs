using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>A length of time on the command line.</summary>
internal static class Duration
{
    /// <summary>What a time must look like, for messages.</summary>
    public const string Known = "a time such as 500ms, 30s or 5m";

    /// <summary>Reads <c>500ms</c>, <c>30s</c>, <c>1.5m</c> or <c>2h</c>.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        string number = text.TrimEnd('m', 's', 'h');
        double seconds = text[number.Length..] switch
        {
            "ms" => 1e-3,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => double.NaN,
        };
        bool isTime = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * seconds is > 1e-6 and < 1e9;
        time = isTime ? TimeSpan.FromSeconds(count * seconds) : default;
        return isTime;
    }

    /// <summary>The same with its spelling.</summary>
    public static bool TryParse(string text, out Named<TimeSpan> time)
    {
        bool isTime = TryParse(text, out TimeSpan length);
        time = new Named<TimeSpan>(text, length);
        return isTime;
    }
}
