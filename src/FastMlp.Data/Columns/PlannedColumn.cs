using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// How one column becomes features. A number is one feature; a category one feature for each text of the training rows and one
/// more for all others; <see cref="Missing.Indicator"/> adds one that says that the value was missing. Immutable.
/// </summary>
/// <remarks>
/// What no training row had, the network has not learnt to read: a text outside the known ones, where training had no such row,
/// and a gap under <see cref="Missing.Indicator"/>, where training had none, are read as the average row (the shares of the
/// categories, the mean) instead of raising a feature whose weights are still those of the random start.
/// </remarks>
public sealed class PlannedColumn
{
    /// <summary>The code of a text outside <see cref="Categories"/>.</summary>
    internal const int Other = -1;

    private readonly float[] shares;

    internal PlannedColumn(string name, Missing missing, float fill, bool missingSeen)
    {
        Name = name;
        Missing = missing;
        Fill = fill;
        MissingSeen = missingSeen;
        shares = [];
        FeatureNames = Indicates ? [name, MissingName] : [name];
    }

    /// <param name="name">The name.</param>
    /// <param name="missing">The way with missing values.</param>
    /// <param name="categories">The known texts.</param>
    /// <param name="shares">The share of each in the training rows, and last that of all others.</param>
    /// <param name="fill">The code that stands in for a missing value, where one does.</param>
    /// <param name="missingSeen">Whether a training row had a gap.</param>
    internal PlannedColumn(string name, Missing missing, IReadOnlyList<string> categories, float[] shares, float fill, bool missingSeen)
    {
        Name = name;
        Kind = ColumnKind.Category;
        Missing = missing;
        Categories = categories;
        this.shares = shares;
        Fill = fill;
        MissingSeen = missingSeen;
        IEnumerable<string> names = categories.Select(category => $"{name}={category}").Append($"{name} (other)");
        FeatureNames = Indicates ? [.. names, MissingName] : [.. names];
    }

    /// <summary>The name of the column.</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public ColumnKind Kind { get; }

    /// <summary>The way with missing values.</summary>
    public Missing Missing { get; }

    /// <summary>What stands in for a missing value: a number, or the index of a category, -1 for the others.</summary>
    public float Fill { get; }

    /// <summary>Whether a value was missing in a training row.</summary>
    public bool MissingSeen { get; }

    /// <summary>Whether a training row had a text that is not among <see cref="Categories"/>, because it was rare.</summary>
    public bool OtherSeen => Kind == ColumnKind.Category && shares[^1] > 0;

    /// <summary>The known texts, in ordinal order; empty for numbers.</summary>
    public IReadOnlyList<string> Categories { get; } = [];

    /// <summary>The share of each category in the training rows whose value was there, and last that of all others; empty for numbers.</summary>
    public ReadOnlySpan<float> Shares => shares;

    /// <summary>A name for each feature that the column becomes.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Features that the column becomes.</summary>
    public int Width => FeatureNames.Count;

    /// <summary>Whether it goes through as it is, and a missing value is refused.</summary>
    internal bool IsPlain => Kind == ColumnKind.Number && Missing.Kind == MissingKind.Error;

    private bool Indicates => Missing.Kind == MissingKind.Indicator;

    private string MissingName => $"{Name} (missing)";

    /// <summary>Features &lt;- a number or the code of a text, or NaN for a missing value.</summary>
    internal void Encode(float raw, Span<float> features)
    {
        bool missing = float.IsNaN(raw);
        bool raised = missing && Indicates && MissingSeen;
        if (Indicates)
        {
            features[^1] = raised ? 1 : 0;
        }

        if (Kind == ColumnKind.Number)
        {
            features[0] = missing ? Fill : raw;
            return;
        }

        Span<float> known = features[..shares.Length];
        int code = (int)(missing ? Fill : raw);
        bool average = missing ? Missing.Kind is MissingKind.Mean or MissingKind.Indicator : false;
        if (average || (code == Other && !OtherSeen))
        {
            if (raised)
            {
                known.Clear();
            }
            else
            {
                shares.CopyTo(known);
            }

            return;
        }

        known.Clear();
        known[code == Other ? known.Length - 1 : code] = 1;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("name", Name);
        writer.WriteString("kind", Kind == ColumnKind.Number ? "number" : "category");
        writer.WriteString("missing", Missing.ToString());
        writer.WriteNumber("fill", Fill);
        writer.WriteBoolean("missingSeen", MissingSeen);
        if (Kind == ColumnKind.Category)
        {
            Json.WriteStrings(writer, "categories", Categories);
            Json.WriteFloats(writer, "shares", shares);
        }

        writer.WriteEndObject();
    }

    internal static PlannedColumn Read(JsonElement element, string where)
    {
        string name = Json.ReadString(element, "name", where);
        string kind = Json.ReadString(element, "kind", where);
        string policy = Json.ReadString(element, "missing", where);
        if (!Missing.TryParse(policy, out Missing missing))
        {
            throw new ModelFormatException($"{where}: \"missing\" is \"{policy}\"; error, mean, median, indicator or constant:VALUE was expected.");
        }

        float fill = Json.ReadFloat(element, "fill", where);
        bool seen = Json.ReadBoolean(element, "missingSeen", where);
        if (kind == "number")
        {
            return float.IsFinite(fill)
                ? new PlannedColumn(name, missing, fill, seen)
                : throw new ModelFormatException($"{where}: \"fill\" is beyond the range of float32.");
        }

        if (kind != "category")
        {
            throw new ModelFormatException($"{where}: the kind \"{kind}\" is unknown; number or category was expected.");
        }

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

        return fill >= Other && fill < Math.Max(1, categories.Length) && fill == Math.Truncate(fill)
            ? new PlannedColumn(name, missing, categories, shares, fill, seen)
            : throw new ModelFormatException($"{where}: \"fill\" is no index of a category.");
    }
}
