using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// How the columns of a file become the features of a network: which columns, in which order, what stands in for gaps, which
/// texts are known. Fitted to the training rows by <see cref="Preprocessing.Fit(RawTable, Scaling, bool)"/> and stored in the model's file. Immutable.
/// </summary>
public sealed class ColumnPlan
{
    private readonly Dictionary<string, int>[] codes;

    internal ColumnPlan(IReadOnlyList<PlannedColumn> columns, IReadOnlyList<string> missingTokens)
    {
        Columns = columns;
        MissingTokens = missingTokens;
        FeatureNames = [.. columns.SelectMany(column => column.FeatureNames)];
        codes = [.. columns.Select(column => CodesOf(column.Categories))];
    }

    /// <summary>The columns, in the order of the features.</summary>
    public IReadOnlyList<PlannedColumn> Columns { get; }

    /// <summary>The texts that stand for a missing value.</summary>
    public IReadOnlyList<string> MissingTokens { get; }

    /// <summary>A name for each feature, such as <c>age</c>, <c>age (missing)</c>, <c>sex=female</c> or <c>sex (other)</c>.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Features in a row.</summary>
    public int FeatureCount => FeatureNames.Count;

    /// <summary>Whether every column is a number that goes through as it is.</summary>
    internal bool IsPlain => Columns.All(column => column.IsPlain);

    /// <summary>Features &lt;- the fields of one row, as texts in the order of <see cref="Columns"/>: what a service has in its hands. Not scaled.</summary>
    /// <param name="fields">One text for each column; null is a missing value.</param>
    /// <param name="features">Room for <see cref="FeatureCount"/> values.</param>
    /// <exception cref="ArgumentException">The number of fields or features is another.</exception>
    /// <exception cref="DataFormatException">A number is none, or a value is missing that must be there; the message names the column.</exception>
    public void Encode(ReadOnlySpan<string?> fields, Span<float> features)
    {
        if (fields.Length != Columns.Count || features.Length != FeatureCount)
        {
            throw new ArgumentException($"{Columns.Count} fields become {FeatureCount} features; there are {fields.Length} and room for {features.Length}.");
        }

        for (int c = 0; c < fields.Length; c++)
        {
            PlannedColumn column = Columns[c];
            column.Encode(Raw(fields[c] ?? "", c), features[..column.Width]);
            features = features[column.Width..];
        }
    }

    /// <summary>The table as this plan sees it, with its targets. Not scaled.</summary>
    /// <exception cref="ArgumentException">The table has other columns, or a gap where none is allowed.</exception>
    public Dataset Encode(RawTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Columns.Count != Columns.Count)
        {
            throw new ArgumentException($"The table has {table.Columns.Count} columns; the plan was made for {Columns.Count}.", nameof(table));
        }

        float[]?[] codeOf = new float[Columns.Count][];
        for (int c = 0; c < codeOf.Length; c++)
        {
            if (table.Columns[c].Kind != Columns[c].Kind)
            {
                throw new ArgumentException($"The column '{table.Columns[c].Name}' holds {NameOf(table.Columns[c].Kind)}; the plan was made for {NameOf(Columns[c].Kind)}.", nameof(table));
            }

            codeOf[c] = Columns[c].Kind == ColumnKind.Number ? null
                : [.. table.Columns[c].Categories.Select(category => (float)codes[c].GetValueOrDefault(category, PlannedColumn.Other))];
        }

        return table.With(IsPlain ? table.Memory : Encode(table.Values, codeOf), FeatureCount, FeatureNames);
    }

    /// <summary>Plain numbers under these names.</summary>
    internal static ColumnPlan Plain(IReadOnlyList<string> names) => new([.. names.Select(name => new PlannedColumn(name, Missing.Error, 0, false))], []);

    /// <summary>column0, column1 and so on.</summary>
    internal static string[] MadeNames(int count) => [.. Enumerable.Range(0, count).Select(c => FormattableString.Invariant($"column{c}"))];

    /// <summary>Whether the name was made for a column of a file without a header.</summary>
    internal static bool IsMadeName(string name) =>
        name.StartsWith("column", StringComparison.Ordinal) && int.TryParse(name.AsSpan("column".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>The codes of a column's texts; do not change it.</summary>
    internal Dictionary<string, int> CodesOf(int column) => codes[column];

    /// <summary>Features of any number of raw rows under this plan's own codes.</summary>
    internal ReadOnlyMemory<float> Encode(ReadOnlyMemory<float> values) => IsPlain ? values : Encode(values.Span, new float[]?[Columns.Count]);

    /// <summary>Features of one raw row.</summary>
    internal void Encode(ReadOnlySpan<float> row, ReadOnlySpan<float[]?> codeOf, Span<float> features)
    {
        for (int c = 0; c < row.Length; c++)
        {
            PlannedColumn column = Columns[c];
            float raw = codeOf[c] is { } mapped && !float.IsNaN(row[c]) ? mapped[(int)row[c]] : row[c];
            if (float.IsNaN(raw) && column.Missing.Kind == MissingKind.Error)
            {
                throw new ArgumentException($"A value of the column '{column.Name}' is missing; the plan refuses gaps there.");
            }

            column.Encode(raw, features[..column.Width]);
            features = features[column.Width..];
        }
    }

    internal void Write(Utf8JsonWriter writer)
    {
        Json.WriteStrings(writer, "missingTokens", MissingTokens);
        writer.WriteStartArray("columns");
        foreach (PlannedColumn column in Columns)
        {
            column.Write(writer);
        }

        writer.WriteEndArray();
    }

    internal static ColumnPlan Read(JsonElement element, string where)
    {
        JsonElement array = Json.Member(element, "columns", JsonValueKind.Array, where);
        PlannedColumn[] columns = [.. array.EnumerateArray().Select((column, i) => PlannedColumn.Read(column, $"{where}.columns[{i}]"))];
        return columns.Length > 0
            ? new ColumnPlan(columns, Json.ReadStrings(element, "missingTokens", where))
            : throw new ModelFormatException($"{where}: there are no columns.");
    }

    private static string NameOf(ColumnKind kind) => kind == ColumnKind.Number ? "numbers" : "categories";

    private static Dictionary<string, int> CodesOf(IReadOnlyList<string> categories)
    {
        Dictionary<string, int> codes = new(categories.Count, StringComparer.Ordinal);
        for (int i = 0; i < categories.Count; i++)
        {
            codes.Add(categories[i], i);
        }

        return codes;
    }

    private float[] Encode(ReadOnlySpan<float> values, float[]?[] codeOf)
    {
        int size = Columns.Count;
        int rows = values.Length / size;
        if ((long)rows * FeatureCount > Array.MaxLength)
        {
            throw new ArgumentException($"{rows} rows of {FeatureCount} features are more than one array can hold ({Array.MaxLength} values).");
        }

        float[] features = new float[rows * FeatureCount];
        for (int row = 0; row < rows; row++)
        {
            Encode(values.Slice(row * size, size), codeOf, features.AsSpan(row * FeatureCount, FeatureCount));
        }

        return features;
    }

    private float Raw(string field, int c)
    {
        PlannedColumn column = Columns[c];
        field = field.Trim();
        if (column.Kind == ColumnKind.Category && codes[c].TryGetValue(field, out int code))
        {
            return code;
        }

        bool isNumber = float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value);
        if (column.Kind == ColumnKind.Number && isNumber)
        {
            return value;
        }

        bool missing = field.Length == 0 || MissingTokens.Contains(field, StringComparer.Ordinal);
        return missing && column.Missing.Kind != MissingKind.Error ? float.NaN
            : column.Kind == ColumnKind.Category && !missing ? PlannedColumn.Other
            : throw new DataFormatException($"column '{CsvRows.Shown(column.Name)}': '{CsvRows.Shown(field)}' is {(missing ? "missing; a value was expected" : "not a finite number")}.");
    }
}
