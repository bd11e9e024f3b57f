using System.Globalization;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>
/// How the columns of a file become the features of a network: which columns, in which order, what each holds, what stands in for gaps, which
/// texts are known. Fitted to the training rows by <see cref="Preprocessing.Fit(RawTable, Scaling, bool)"/> and stored in the model's file. Immutable.
/// </summary>
public sealed class ColumnPlan
{
    private readonly char mark;

    internal ColumnPlan(IReadOnlyList<PlannedColumn> columns, IReadOnlyList<string> missingTokens, char mark, IReadOnlyList<ColumnSummary> leftOut, ColumnSummary? target)
    {
        Columns = columns;
        MissingTokens = missingTokens;
        this.mark = mark;
        LeftOut = leftOut;
        Target = target;
        FeatureNames = [.. columns.SelectMany(column => column.FeatureNames)];
    }

    /// <summary>The columns of another program's model.</summary>
    /// <param name="columns">The columns in the order of the features, each name once.</param>
    /// <param name="missingTokens">Texts that stand for a missing value, beside an empty field.</param>
    /// <exception cref="ArgumentException">There are no columns, or two have one name.</exception>
    public static ColumnPlan Of(IReadOnlyList<PlannedColumn> columns, IReadOnlyList<string>? missingTokens = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return columns.Count > 0 && columns.Select(column => column.Name).Distinct(StringComparer.Ordinal).Count() == columns.Count
            ? new ColumnPlan([.. columns], missingTokens ?? [], '.', [], null)
            : throw new ArgumentException($"There are {columns.Count} columns; at least one, and each name once, was expected.", nameof(columns));
    }

    /// <summary>The columns, in the order of the features.</summary>
    public IReadOnlyList<PlannedColumn> Columns { get; }

    /// <summary>The columns of the training file of which no feature comes.</summary>
    public IReadOnlyList<ColumnSummary> LeftOut { get; }

    /// <summary>What was read of the target; null in the files of older releases.</summary>
    public ColumnSummary? Target { get; }

    /// <summary>The texts that stand for a missing value.</summary>
    public IReadOnlyList<string> MissingTokens { get; }

    /// <summary>The decimal mark of the training file, which is that of any file whose numbers do not say otherwise.</summary>
    public DecimalMark Decimal => mark == ',' ? DecimalMark.Comma : DecimalMark.Point;

    /// <summary>A name for each feature, such as <c>age</c>, <c>age (missing)</c>, <c>sex=female</c> or <c>sex (other)</c>.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Features in a row.</summary>
    public int FeatureCount => FeatureNames.Count;

    /// <summary>What was read, column by column in the order of the file: the features', those that are left out, and the target. Empty in the files of older releases.</summary>
    public IReadOnlyList<ColumnSummary> WhatWasRead => [.. Columns.Select(column => column.Summary).Concat(LeftOut).Append(Target).OfType<ColumnSummary>().OrderBy(summary => summary.Position)];

    /// <summary>Whether every column is a number that goes through as it is.</summary>
    internal bool IsPlain => Columns.All(column => column.IsPlain);

    internal char Mark => mark;

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
            ReadOnlySpan<char> field = fields[c].AsSpan().Trim();
            double raw = double.NaN;
            bool missing = field.IsEmpty || IsMissingToken(field);
            if (missing ? column.Missing.Kind == MissingKind.Error : !column.TryRead(field, mark, out raw))
            {
                throw new DataFormatException($"column '{CsvRows.Shown(column.Name)}': {(field.IsEmpty ? "the value is missing" : missing ? $"'{CsvRows.Shown(field)}' stands for a missing value" : column.Kind == ColumnKind.Number ? ColumnDecision.NotANumber(field.ToString()) : $"'{CsvRows.Shown(field)}' stands there")}; {column.Wanted}.");
            }

            column.Encode(raw, features[..column.Width]);
            features = features[column.Width..];
        }
    }

    /// <summary>The table as this plan sees it, with its targets. Not scaled. Columns are found by name; others are passed over.</summary>
    /// <exception cref="ArgumentException">A column is missing.</exception>
    /// <exception cref="DataFormatException">A value cannot be read; the message says where it stands.</exception>
    public Dataset Encode(RawTable table) => Encode(table, null);

    /// <summary>The same, with what the table has that training did not.</summary>
    internal Dataset Encode(RawTable table, ReadingTally? tally)
    {
        ArgumentNullException.ThrowIfNull(table);
        RawColumn[] found = [.. Columns.Select(column => table.Columns.FirstOrDefault(candidate => candidate.Name == column.Name)
            ?? throw new ArgumentException($"The table lacks the column '{column.Name}'; it has {CsvRows.List([.. table.Columns.Select(candidate => candidate.Name)])}.", nameof(table)))];
        if (table.IsMatrix)
        {
            return IsPlain && table.Columns.Count == Columns.Count
                ? table.With(table.Matrix, FeatureCount, FeatureNames)
                : throw new ArgumentException("The table holds the numbers of a set; the plan was made for the columns of a file.", nameof(table));
        }

        float[] features = new float[Room(table.Rows)];
        int start = 0;
        for (int c = 0; c < found.Length; c++)
        {
            PlannedColumn column = Columns[c];
            int at = start;
            foreach (double raw in table.Read(found[c], column, tally?[c]))
            {
                column.Encode(raw, features.AsSpan(at, column.Width));
                at += FeatureCount;
            }

            start += column.Width;
        }

        return table.With(features, FeatureCount, FeatureNames);
    }

    /// <summary>Plain numbers under these names.</summary>
    internal static ColumnPlan Plain(IReadOnlyList<string> names) => new([.. names.Select(name => new NumberColumn(name, Missing.Error, 0, false, 0, null, null))], [], '.', [], null);

    /// <summary>column0, column1 and so on.</summary>
    internal static string[] MadeNames(int count) => [.. Enumerable.Range(0, count).Select(c => FormattableString.Invariant($"column{c}"))];

    /// <summary>Whether the name was made for a column of a file without a header.</summary>
    internal static bool IsMadeName(string name) =>
        name.StartsWith("column", StringComparison.Ordinal) && int.TryParse(name.AsSpan("column".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>Features of any number of raw rows.</summary>
    /// <exception cref="DataFormatException">They are more than one array holds.</exception>
    internal float[] Encode(ReadOnlySpan<double> raw)
    {
        int size = Columns.Count;
        int rows = raw.Length / size;
        float[] features = new float[Room(rows)];
        for (int row = 0; row < rows; row++)
        {
            Encode(raw.Slice(row * size, size), features.AsSpan(row * FeatureCount, FeatureCount));
        }

        return features;
    }

    /// <summary>Features of one raw row.</summary>
    internal void Encode(ReadOnlySpan<double> raw, Span<float> features)
    {
        for (int c = 0; c < raw.Length; c++)
        {
            PlannedColumn column = Columns[c];
            column.Encode(raw[c], features[..column.Width]);
            features = features[column.Width..];
        }
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("decimal", mark == ',' ? "comma" : "point");
        Json.WriteStrings(writer, "missingTokens", MissingTokens);
        writer.WriteStartArray("columns");
        foreach (PlannedColumn column in Columns)
        {
            column.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("leftOut");
        foreach (ColumnSummary column in LeftOut)
        {
            writer.WriteStartObject();
            column.Write(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (Target is not null)
        {
            writer.WriteStartObject("target");
            Target.Write(writer);
            writer.WriteEndObject();
        }
    }

    internal static ColumnPlan Read(JsonElement element, string where)
    {
        JsonElement array = Json.Member(element, "columns", JsonValueKind.Array, where);
        PlannedColumn[] columns = [.. array.EnumerateArray().Select((column, i) => PlannedColumn.Read(column, $"{where}.columns[{i}]"))];
        string @decimal = element.TryGetProperty("decimal", out _) ? Json.ReadString(element, "decimal", where) : "point";
        if (columns.Length == 0 || @decimal is not ("point" or "comma"))
        {
            throw new ModelFormatException(columns.Length == 0 ? $"{where}: there are no columns." : $"{where}: \"decimal\" is \"{@decimal}\"; point or comma was expected.");
        }

        ColumnSummary[] leftOut = element.TryGetProperty("leftOut", out _)
            ? [.. Json.Member(element, "leftOut", JsonValueKind.Array, where).EnumerateArray().Select((column, i) => ColumnSummary.Read(column, $"{where}.leftOut[{i}]"))]
            : [];
        ColumnSummary? target = element.TryGetProperty("target", out JsonElement read) ? ColumnSummary.Read(read, $"{where}.target") : null;
        return new ColumnPlan(columns, Json.ReadStrings(element, "missingTokens", where), @decimal == "comma" ? ',' : '.', leftOut, target);
    }

    private int Room(int rows) => (long)rows * FeatureCount <= Array.MaxLength
        ? rows * FeatureCount
        : throw new DataFormatException($"{rows} rows of {FeatureCount} features are more than one array can hold ({Array.MaxLength} values).");

    private bool IsMissingToken(ReadOnlySpan<char> field)
    {
        foreach (string token in MissingTokens)
        {
            if (field.SequenceEqual(token))
            {
                return true;
            }
        }

        return false;
    }
}
