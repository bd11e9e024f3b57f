using System.Globalization;
using System.Text;

namespace FastMlp.Data;

/// <summary>The number of a class by its name or, where both are numbers, by its value.</summary>
internal sealed class ClassLookup
{
    private readonly IReadOnlyList<string> names;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> byName;
    private readonly Dictionary<double, int> byValue = [];
    private readonly char[] buffer;

    public ClassLookup(IReadOnlyList<string> names)
    {
        this.names = names;
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++)
        {
            numbers.TryAdd(names[i], i);
            if (double.TryParse(names[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                byValue.TryAdd(value, i);
            }
        }

        byName = numbers.GetAlternateLookup<ReadOnlySpan<char>>();

        // A field of more bytes than this has more characters than any name.
        buffer = new char[Encoding.UTF8.GetMaxByteCount(names.Count == 0 ? 0 : names.Max(name => name.Length))];
    }

    /// <summary>The class whose name is that number.</summary>
    public bool TryFind(double value, out int label) => byValue.TryGetValue(value, out label);

    /// <summary>The class in that column of the current row.</summary>
    /// <exception cref="DataFormatException">It is none of the model's.</exception>
    public int Read(CsvRows rows, int column)
    {
        ReadOnlySpan<byte> field = rows[column];
        if (field.Length <= buffer.Length && byName.TryGetValue(buffer.AsSpan(0, Encoding.UTF8.GetChars(field, buffer)), out int label))
        {
            return label;
        }

        return byValue.Count > 0 && double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && byValue.TryGetValue(value, out label)
            ? label
            : throw rows.At(column, $"'{CsvRows.Shown(field)}' is no class of the model; its classes are {CsvRows.List(names)}.");
    }
}
