namespace FastMlp.Data;

/// <summary>The number of a class by its name as written, by its name in another case if only one class has it, or, where both are numbers, by its value.</summary>
internal sealed class ClassLookup
{
    private readonly IReadOnlyList<string> names;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> byName;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> anyCase;
    private readonly Dictionary<double, int> byValue = [];

    public ClassLookup(IReadOnlyList<string> names)
    {
        this.names = names;
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        bool exact = true;
        for (int i = 0; i < names.Count; i++)
        {
            numbers.TryAdd(names[i], i);
            if (NumberText.TryParseExact(names[i], out double value, out bool isExact))
            {
                exact &= isExact && byValue.TryAdd(value + 0.0, i);
            }
        }

        // 001 is a name, and so are numbers that a double merges: then only what is written counts.
        if (!exact)
        {
            byValue.Clear();
        }

        byName = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        anyCase = CategoryColumn.WithoutCase(names).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The class whose name is that number.</summary>
    public bool TryFind(double value, out int label) => byValue.TryGetValue(value + 0.0, out label);

    /// <summary>The class of that name.</summary>
    public bool TryFind(ReadOnlySpan<char> name, out int label) =>
        byName.TryGetValue(name, out label)
        || (anyCase.TryGetValue(name, out label) && label >= 0)
        || (byValue.Count > 0 && NumberText.TryParse(name, '.', out double value) && TryFind(value, out label));

    /// <summary>The class in that column of the current row.</summary>
    /// <exception cref="DataFormatException">It is none of the model's.</exception>
    public int Read(CsvRows rows, int column)
    {
        ReadOnlySpan<char> field = rows[column];
        return TryFind(field, out int label)
            ? label
            : throw rows.At(column, $"'{CsvRows.Shown(field)}' is no class of the model; its classes are {CsvRows.List(names)}.");
    }
}
