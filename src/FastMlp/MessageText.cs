using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FastMlp;

/// <summary>Text from a file in a form that is fit for a one-line message, and names of enum members.</summary>
internal static class MessageText
{
    private const int LongestName = 80;
    private const int LongestReason = 160;
    private const int LongestList = 8;

    /// <summary>In single quotes, shortened, with control characters and broken surrogates replaced: a hostile name must not fill or forge a log.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = Clean(new StringBuilder("'"), text, LongestName);
        if (text.Length > LongestName)
        {
            quoted.Append(CultureInfo.InvariantCulture, $"... ({text.Length} characters)");
        }

        return quoted.Append('\'').ToString();
    }

    /// <summary>The first few names in quotes, and how many more there are.</summary>
    public static string Quote(IReadOnlyCollection<string> names)
    {
        string first = string.Join(", ", names.Take(LongestList).Select(Quote));
        return names.Count <= LongestList ? first : string.Create(CultureInfo.InvariantCulture, $"{first} and {names.Count - LongestList} more");
    }

    /// <summary>What the JSON parser says, which may quote the whole file, without its line and column.</summary>
    public static string Reason(JsonException e)
    {
        int cut = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = cut < 0 ? e.Message : e.Message[..cut];
        return Clean(new StringBuilder(), reason, LongestReason).Append(reason.Length > LongestReason ? "..." : "").ToString();
    }

    private static StringBuilder Clean(StringBuilder cleaned, string text, int most)
    {
        foreach (Rune rune in text.AsSpan(0, Math.Min(text.Length, most)).EnumerateRunes())
        {
            cleaned.Append(Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? Rune.ReplacementChar : rune);
        }

        return cleaned;
    }

    /// <summary><c>[10, 64]</c>.</summary>
    public static string Shape(ReadOnlySpan<long> shape)
    {
        StringBuilder text = new("[");
        for (int i = 0; i < shape.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{shape[i]}");
        }

        return text.Append(']').ToString();
    }

    /// <summary>Whether every surrogate has its pair, so that UTF-8 holds the text unchanged.</summary>
    public static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    /// <summary>The member with exactly this name. <c>Enum.TryParse</c> would also take numbers and comma lists.</summary>
    public static bool TryName<T>(string name, out T value)
        where T : struct, Enum
    {
        int index = Array.IndexOf(Enum.GetNames<T>(), name);
        value = index < 0 ? default : Enum.GetValues<T>()[index];
        return index >= 0;
    }

    /// <summary>All names, for a message that says what would be accepted.</summary>
    public static string Names<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>());
}
