using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// How one column becomes features, decided from all of its training values. <see cref="Missing.Indicator"/> adds a feature that says that the value was
/// missing. Immutable.
/// </summary>
/// <remarks>
/// What no training row had, the network has not learnt to read: a text outside the known ones, where training had no such row,
/// and a gap under <see cref="Missing.Indicator"/>, where training had none, are read as the average row (the shares of the
/// categories, the mean) instead of raising a feature whose weights are still those of the random start.
/// </remarks>
public abstract class PlannedColumn
{
    /// <summary>The code of a text outside <see cref="Categories"/>.</summary>
    internal const int Other = -1;

    private protected PlannedColumn(string name, Missing missing, double fill, bool missingSeen, IEnumerable<string> featureNames)
    {
        Name = name;
        Missing = missing;
        Fill = fill;
        MissingSeen = missingSeen;
        FeatureNames = Indicates ? [.. featureNames, $"{name} (missing)"] : [.. featureNames];
    }

    /// <summary>A column of numbers, one feature, as another program's model takes it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="fill">What stands in for a missing value; null refuses one.</param>
    /// <exception cref="ArgumentException">The name is empty, or the number is not finite.</exception>
    public static PlannedColumn OfNumber(string name, float? fill = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new NumberColumn(name, fill is { } value ? Missing.Constant(value) : Missing.Error, fill ?? 0, missingSeen: fill is not null, offset: 0, min: null, max: null);
    }

    /// <summary>
    /// A column of texts as another program's model takes it: a feature for each, 1 for the row's text and 0 for all others, and a last feature that is always
    /// 0. Another text makes all of them 0, as <c>handle_unknown="ignore"</c> of scikit-learn does, and so does a missing value, unless the empty text is among the texts.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="texts">The texts in the order of the features; whole numbers match however they are written.</param>
    /// <exception cref="ArgumentException">The name is empty, there are no texts, or one is there twice.</exception>
    public static PlannedColumn OfCategory(string name, IEnumerable<string> texts)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(texts);
        string[] all = [.. texts];
        if (all.Length == 0 || all.Distinct(StringComparer.Ordinal).Count() != all.Length)
        {
            throw new ArgumentException($"The column '{name}' has {all.Length} texts; at least one, and each once, was expected.", nameof(texts));
        }

        bool areNumbers = Array.TrueForAll(all, text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        return new CategoryColumn(name, Missing.Constant("(none)"), all, new float[all.Length + 1], Array.IndexOf(all, ""), missingSeen: true, ignoresCase: areNumbers);
    }

    /// <summary>The name of the column.</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public abstract ColumnKind Kind { get; }

    /// <summary>The way with missing values.</summary>
    public Missing Missing { get; }

    /// <summary>What stands in for a missing value: a number, 0 or 1, seconds since 1970, or the index of a category, -1 for the others.</summary>
    public double Fill { get; }

    /// <summary>Whether a value was missing in a training row.</summary>
    public bool MissingSeen { get; }

    /// <summary>Whether a training row had a text that is not among <see cref="Categories"/>, because it was rare.</summary>
    public virtual bool OtherSeen => false;

    /// <summary>The known texts, in ordinal order; empty for other kinds.</summary>
    public virtual IReadOnlyList<string> Categories => [];

    /// <summary>The share of each category in the training rows whose value was there, and last that of all others; empty for other kinds.</summary>
    public virtual ReadOnlySpan<float> Shares => [];

    /// <summary>A name for each feature that the column becomes.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Features that the column becomes.</summary>
    public int Width => FeatureNames.Count;

    /// <summary>What was read of it in training; null in the files of older releases.</summary>
    public ColumnSummary? Summary { get; init; }

    /// <summary>What is taken off a number before it becomes a float32 feature, where float32 would lose what distinguishes the values; else 0.</summary>
    public virtual double Offset => 0;

    /// <summary>Whether it goes through as it is, and a missing value is refused.</summary>
    internal virtual bool IsPlain => false;

    /// <summary>What a field must be, for the message about one that is not.</summary>
    internal abstract string Wanted { get; }

    private protected bool Indicates => Missing.Kind == MissingKind.Indicator;

    /// <summary>A field to what <see cref="Encode"/> takes.</summary>
    /// <param name="field">Trimmed, and no missing value.</param>
    /// <param name="mark">The decimal mark of the file.</param>
    /// <param name="raw">A number, 0 or 1, seconds, a code or a bucket.</param>
    internal abstract bool TryRead(ReadOnlySpan<char> field, char mark, out double raw);

    /// <summary>The same for a number of a typed source, or one that was read before the column was decided.</summary>
    internal abstract bool TryRead(double number, out double raw);

    /// <summary>Whether training had nothing like it: an unknown text.</summary>
    internal virtual bool IsUnseen(double raw) => false;

    /// <summary>Whether it lies outside the training values.</summary>
    internal virtual bool IsOutOfRange(double raw) => false;

    /// <summary>Features &lt;- a value as <see cref="TryRead(ReadOnlySpan{char}, char, out double)"/> gave it, or NaN where it is missing.</summary>
    internal void Encode(double raw, Span<float> features)
    {
        bool missing = double.IsNaN(raw);
        bool raised = missing && Indicates && MissingSeen;
        if (Indicates)
        {
            features[^1] = raised ? 1 : 0;
            features = features[..^1];
        }

        if (missing)
        {
            EncodeMissing(features, raised);
        }
        else
        {
            EncodeValue(raw, features);
        }
    }

    private protected abstract void EncodeValue(double raw, Span<float> features);

    /// <param name="features">Those of the value.</param>
    /// <param name="raised">Whether a feature of its own says that it is missing.</param>
    private protected virtual void EncodeMissing(Span<float> features, bool raised) => EncodeValue(Fill, features);

    private protected virtual void WriteKind(Utf8JsonWriter writer)
    {
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("name", Name);
        writer.WriteString("kind", NameOf(Kind));
        writer.WriteString("missing", Missing.ToString());
        writer.WriteNumber("fill", Fill);
        writer.WriteBoolean("missingSeen", MissingSeen);
        WriteKind(writer);
        if (Summary is not null)
        {
            writer.WriteStartObject("read");
            Summary.Write(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    internal static string NameOf(ColumnKind kind) => kind switch
    {
        ColumnKind.Number => "number",
        ColumnKind.Category => "category",
        ColumnKind.Boolean => "boolean",
        ColumnKind.Date => "date",
        ColumnKind.Text => "text",
        _ => "id",
    };

    internal static PlannedColumn Read(JsonElement element, string where)
    {
        string name = Json.ReadString(element, "name", where);
        string kind = Json.ReadString(element, "kind", where);
        string policy = Json.ReadString(element, "missing", where);
        if (!Missing.TryParse(policy, out Missing missing))
        {
            throw new ModelFormatException($"{where}: \"missing\" is \"{policy}\"; error, mean, median, indicator or constant:VALUE was expected.");
        }

        double fill = Json.ReadDouble(element, "fill", where);
        bool seen = Json.ReadBoolean(element, "missingSeen", where);
        ColumnSummary? summary = element.TryGetProperty("read", out JsonElement read) ? ColumnSummary.Read(read, $"{where}.read") : null;
        return kind switch
        {
            "number" => NumberColumn.Read(name, missing, fill, seen, summary, element, where),
            "category" => CategoryColumn.Read(name, missing, fill, seen, summary, element, where),
            "boolean" => BooleanColumn.Read(name, missing, fill, seen, summary, where),
            "date" => DateColumn.Read(name, missing, fill, seen, summary, element, where),
            "text" => HashedColumn.Read(name, missing, fill, seen, summary, element, where),
            _ => throw new ModelFormatException($"{where}: the kind \"{kind}\" is unknown; number, category, boolean, date or text was expected."),
        };
    }
}
