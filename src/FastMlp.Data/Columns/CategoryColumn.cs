using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>One feature for each text of the training rows and one more for all others.</summary>
internal sealed class CategoryColumn : PlannedColumn
{
    private readonly string[] categories;
    private readonly float[] shares;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> exact;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>>? anyCase;

    /// <param name="name">The name.</param>
    /// <param name="missing">The way with missing values.</param>
    /// <param name="categories">The known texts.</param>
    /// <param name="shares">The share of each in the training rows, and last that of all others.</param>
    /// <param name="fill">The code that stands in for a missing value, where one does.</param>
    /// <param name="missingSeen">Whether a training row had a gap.</param>
    /// <param name="ignoresCase">Whether a text that differs from one category in case alone is that category; models of older releases hold to the case.</param>
    public CategoryColumn(string name, Missing missing, string[] categories, float[] shares, double fill, bool missingSeen, bool ignoresCase)
        : base(name, missing, fill, missingSeen, categories.Select(category => $"{name}={category}").Append($"{name} (other)"))
    {
        this.categories = categories;
        this.shares = shares;
        IgnoresCase = ignoresCase;
        Dictionary<string, int> codes = new(StringComparer.Ordinal);
        for (int i = 0; i < categories.Length; i++)
        {
            codes.Add(categories[i], i);
        }

        exact = codes.GetAlternateLookup<ReadOnlySpan<char>>();
        anyCase = ignoresCase ? WithoutCase(categories).GetAlternateLookup<ReadOnlySpan<char>>() : null;
    }

    public bool IgnoresCase { get; }

    public override ColumnKind Kind => ColumnKind.Category;

    public override bool OtherSeen => shares[^1] > 0;

    public override IReadOnlyList<string> Categories => categories;

    public override ReadOnlySpan<float> Shares => shares;

    internal override string Wanted => "a text was expected";

    /// <summary>Texts that are one in some case; the code of those that several categories share is <see cref="PlannedColumn.Other"/>.</summary>
    public static Dictionary<string, int> WithoutCase(IReadOnlyList<string> texts)
    {
        Dictionary<string, int> codes = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < texts.Count; i++)
        {
            codes[texts[i]] = codes.ContainsKey(texts[i]) ? Other : i;
        }

        return codes;
    }

    internal override bool TryRead(ReadOnlySpan<char> field, char mark, out double raw)
    {
        string? kept = field.Length > 512 ? TextIndex.Kept(field) : null;
        raw = exact.TryGetValue(kept ?? field, out int code) || (anyCase?.TryGetValue(kept ?? field, out code) ?? false) ? code
            : IgnoresCase && NumberText.TryParsePlain(field, mark, out double number, out _) && exact.TryGetValue(NameOf(number), out code) ? code
            : Other;
        return true;
    }

    internal override bool TryRead(double number, out double raw) => TryRead(NameOf(number), '.', out raw);

    /// <summary>A number as the name of a category.</summary>
    public static string NameOf(double number) => (number + 0.0).ToString("R", CultureInfo.InvariantCulture);

    internal override bool IsUnseen(double raw) => raw == Other;

    private protected override void EncodeValue(double raw, Span<float> features)
    {
        int code = (int)raw;
        if (code == Other && !OtherSeen)
        {
            shares.CopyTo(features);
            return;
        }

        features.Clear();
        features[code == Other ? features.Length - 1 : code] = 1;
    }

    private protected override void EncodeMissing(Span<float> features, bool raised)
    {
        if (raised)
        {
            features.Clear();
        }
        else if (Missing.Kind is MissingKind.Mean or MissingKind.Indicator)
        {
            shares.CopyTo(features);
        }
        else
        {
            EncodeValue(Fill, features);
        }
    }

    private protected override void WriteKind(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("ignoresCase", IgnoresCase);
        Json.WriteStrings(writer, "categories", categories);
        Json.WriteFloats(writer, "shares", shares);
    }

    public static CategoryColumn Read(string name, Missing missing, double fill, bool seen, ColumnSummary? summary, JsonElement element, string where)
    {
        string[] categories = Json.ReadStrings(element, "categories", where);
        float[] shares = Json.ReadFloats(element, "shares", where);
        if (shares.Length != categories.Length + 1 || !Array.TrueForAll(shares, share => share is >= 0 and <= 1))
        {
            throw new ModelFormatException($"{where}: {categories.Length} categories need {categories.Length + 1} shares from 0 to 1.");
        }

        if (categories.Distinct(StringComparer.Ordinal).Count() != categories.Length)
        {
            throw new ModelFormatException($"{where}: a category stands there twice.");
        }

        bool ignoresCase = element.TryGetProperty("ignoresCase", out _) && Json.ReadBoolean(element, "ignoresCase", where);
        return fill >= Other && fill < Math.Max(1, categories.Length) && fill == Math.Truncate(fill)
            ? new CategoryColumn(name, missing, categories, shares, fill, seen, ignoresCase) { Summary = summary }
            : throw new ModelFormatException($"{where}: \"fill\" is no index of a category.");
    }
}
