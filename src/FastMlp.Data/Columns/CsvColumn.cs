using System.Globalization;
using System.Text;

namespace FastMlp.Data;

/// <summary>Reads one column of a CSV file: numbers, or the codes of texts; NaN where the value is missing and may be.</summary>
internal sealed class CsvColumn
{
    /// <summary>What names a category is a word, not a page; it bounds what a hostile file can make this hold.</summary>
    private const int MaxTextBytes = 1024;

    private const string MixedHint = " Name a column of texts and numbers as categorical (Categorical, --categorical).";
    private const string MissingHint = " Say what stands in for missing values (Missing, --missing).";

    private readonly int index;
    private readonly Missing missing;
    private readonly MissingTokens tokens;
    private readonly bool kindIsGiven;
    private readonly bool learns;
    private readonly int maxCategories;
    private readonly int rareBelow;
    private readonly List<string> categories = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> codes;
    private char[] buffer = new char[64];
    private ColumnKind? kind;

    /// <summary>A column of which nothing is known but its name, and what the options say.</summary>
    public CsvColumn(int index, string name, CsvOptions options, MissingTokens tokens)
    {
        this.index = index;
        this.tokens = tokens;
        Name = name;
        missing = options.MissingIn.TryGetValue(name, out Missing own) ? own : options.Missing;
        kind = options.NumbersOnly ? ColumnKind.Number : options.Categorical.Contains(name) ? ColumnKind.Category : null;
        kindIsGiven = kind is not null;
        learns = true;
        maxCategories = options.MaxCategories;
        rareBelow = options.RareBelow;
        codes = new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>A column as a model knows it: a text that it does not know has the code of all others.</summary>
    public CsvColumn(int index, PlannedColumn column, Dictionary<string, int> codes, MissingTokens tokens)
    {
        this.index = index;
        this.tokens = tokens;
        Name = column.Name;
        missing = column.Missing;
        kind = column.Kind;
        kindIsGiven = true;
        this.codes = codes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string Name { get; }

    /// <summary>As found so far; numbers while no value was there.</summary>
    public ColumnKind Kind => kind ?? ColumnKind.Number;

    public RawColumn Found => new() { Name = Name, Kind = Kind, Missing = missing, RareBelow = rareBelow, Categories = categories };

    public float Read(CsvRows rows)
    {
        ReadOnlySpan<byte> field = rows[index];
        return kind == ColumnKind.Category ? Text(rows, field)
            : FloatText.TryParse(field, out float value) && float.IsFinite(value) ? Number(value)
            : tokens.Contain(field) ? Gap(rows)
            : kind is null && !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? FirstText(rows, field)
            : throw rows.NotANumber(index, kindIsGiven ? "" : MixedHint);
    }

    private float Number(float value)
    {
        kind ??= ColumnKind.Number;
        return value;
    }

    private float FirstText(CsvRows rows, ReadOnlySpan<byte> field)
    {
        kind = ColumnKind.Category;
        return Text(rows, field);
    }

    private float Gap(CsvRows rows) => missing.Kind != MissingKind.Error ? float.NaN
        : kind == ColumnKind.Category ? throw rows.At(index, $"{(rows[index].IsEmpty ? "the field is empty" : $"'{CsvRows.Shown(rows[index])}' stands for a missing value")}; a text was expected.{MissingHint}")
        : throw rows.NotANumber(index, kindIsGiven ? "" : MissingHint);

    private float Text(CsvRows rows, ReadOnlySpan<byte> field)
    {
        if (field.Length > buffer.Length && field.Length <= MaxTextBytes)
        {
            buffer = new char[MaxTextBytes];
        }

        ReadOnlySpan<char> text = field.Length <= MaxTextBytes ? buffer.AsSpan(0, Encoding.UTF8.GetChars(field, buffer)) : [];
        if (!text.IsEmpty && codes.TryGetValue(text, out int code))
        {
            return code;
        }

        return tokens.Contain(field) ? Gap(rows) : learns ? Learn(rows, field, text) : PlannedColumn.Other;
    }

    private float Learn(CsvRows rows, ReadOnlySpan<byte> field, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            throw rows.At(index, $"a text of {field.Length} bytes names no category; at most {MaxTextBytes} were expected. Leave the column out (Ignore, --ignore).");
        }

        if (!kindIsGiven && FloatText.TryParse(field, out _))
        {
            throw rows.At(index, $"'{CsvRows.Shown(text)}' is a number, but text stood there before.{MixedHint}");
        }

        if (categories.Count == maxCategories)
        {
            throw rows.At(index, $"'{CsvRows.Shown(text)}' is one text more than the {maxCategories} different ones that a column may have. Leave the column out (Ignore, --ignore) or allow more (MaxCategories, --max-categories).");
        }

        int code = categories.Count;
        categories.Add(text.ToString());
        codes[text] = code;
        return code;
    }
}
