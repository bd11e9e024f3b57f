namespace FastMlp.Data;

/// <summary>
/// A column as it stands in a file, before anything is learnt from it: numbers, texts and gaps. Readers of typed formats make one by <see cref="Numbers"/>,
/// <see cref="Texts(string, IReadOnlyList{string})"/>, <see cref="Booleans"/> or <see cref="Dates"/> and give them to <see cref="RawTable.Of(IReadOnlyList{RawColumn}, TableOptions, string)"/>.
/// </summary>
public sealed class RawColumn
{
    private RawColumn(string name, double[] cells, IReadOnlyList<string> texts, ColumnRule rule)
    {
        Name = name;
        Cells = cells;
        CodedTexts = texts;
        Rule = rule;
    }

    /// <summary>The name, given by the file or made.</summary>
    public string Name { get; }

    /// <summary>One for each row.</summary>
    internal double[] Cells { get; }

    /// <summary>The texts by the codes in the cells.</summary>
    internal IReadOnlyList<string> CodedTexts { get; }

    internal ColumnRule Rule { get; }

    /// <summary>Numbers; NaN is a missing value.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">One for each row; infinities are not numbers.</param>
    public static RawColumn Numbers(string name, ReadOnlySpan<double> values)
    {
        ArgumentNullException.ThrowIfNull(name);
        double[] cells = values.ToArray();
        for (int row = 0; row < cells.Length; row++)
        {
            cells[row] = double.IsNaN(cells[row]) ? Cell.Missing
                : Math.Abs(cells[row]) <= float.MaxValue ? cells[row]
                : throw new DataFormatException($"row {row}, column '{name}': {cells[row]} is not a finite number in the range of float32.");
        }

        return new RawColumn(name, cells, [], new ColumnRule { Kind = ColumnKind.Number });
    }

    /// <summary>Texts, which may be numbers or dates; null is a missing value, and so are an empty text, NA, N/A, NaN, nan, NULL, null and ?.</summary>
    public static RawColumn Texts(string name, IReadOnlyList<string?> values)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        CellReader reader = new(name, ColumnRule.Default, '.', new MissingTokens(MissingTokens.Usual));
        double[] cells = new double[values.Count];
        for (int row = 0; row < cells.Length; row++)
        {
            cells[row] = reader.Read(values[row].AsSpan().Trim(), row, out _);
        }

        return Read(reader, cells);
    }

    /// <summary>True and false; null is a missing value.</summary>
    public static RawColumn Booleans(string name, IReadOnlyList<bool?> values)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        return new RawColumn(name, [.. values.Select(value => value is { } truth ? (truth ? 1 : 0) : Cell.Missing)], [], new ColumnRule { Kind = ColumnKind.Boolean });
    }

    /// <summary>Moments in time; null is a missing value. Local times are taken as they are, without their zone.</summary>
    public static RawColumn Dates(string name, IReadOnlyList<DateTime?> values)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        return new RawColumn(name, [.. values.Select(value => value is { } date ? (date.Ticks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond : Cell.Missing)], [], new ColumnRule { Kind = ColumnKind.Date });
    }

    /// <summary>What a reader of text read.</summary>
    internal static RawColumn Read(CellReader reader, double[] cells) => new(reader.Name, cells, reader.Texts.Texts, reader.Rule);

    /// <summary>The name alone, of a table that has its numbers elsewhere.</summary>
    internal static RawColumn Named(string name) => new(name, [], [], ColumnRule.Default);

    internal RawColumn With(double[] cells) => new(Name, cells, CodedTexts, Rule);

    /// <summary>With what the user says of the column; the kind of a typed source stays where nothing else is said.</summary>
    internal RawColumn With(ColumnRule rule) => new(Name, Cells, CodedTexts, rule with { Kind = rule.Kind ?? Rule.Kind });

    /// <summary>The text of a cell, for messages.</summary>
    internal string TextOf(double cell) => !double.IsNaN(cell) ? CategoryColumn.NameOf(cell) : Cell.CodeOf(cell) is >= 0 and int code ? CodedTexts[code] : "";
}
