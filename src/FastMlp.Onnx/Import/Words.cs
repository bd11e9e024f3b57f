using System.Globalization;
using System.Text;

namespace FastMlp.Onnx.Import;

/// <summary>Text from a file in a form that is fit for a one-line message.</summary>
internal static class Words
{
    // Names of exported graphs are paths of modules; this keeps the tail readable and a hostile name short.
    private const int LongestName = 100;
    private const int LongestList = 6;

    /// <summary>In single quotes, shortened, and without characters that could forge a line.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new("'");
        foreach (Rune rune in text.AsSpan(0, Math.Min(text.Length, LongestName)).EnumerateRunes())
        {
            bool plain = !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            quoted.Append(plain ? rune : Rune.ReplacementChar);
        }

        return quoted.Append(text.Length > LongestName ? "...'" : "'").ToString();
    }

    /// <summary>The first names in quotes, and how many more there are.</summary>
    public static string List(IReadOnlyCollection<string> names)
    {
        string first = string.Join(", ", names.Take(LongestList).Select(Quote));
        return names.Count <= LongestList ? first : string.Create(CultureInfo.InvariantCulture, $"{first} and {names.Count - LongestList} more");
    }

    /// <summary>[2, 3], with ? for a size that is not known.</summary>
    public static string Shape(IReadOnlyList<long> dims) =>
        $"[{string.Join(", ", dims.Take(LongestList).Select(d => d < 0 ? "?" : d.ToString(CultureInfo.InvariantCulture)))}{(dims.Count > LongestList ? ", ..." : "")}]";
}
