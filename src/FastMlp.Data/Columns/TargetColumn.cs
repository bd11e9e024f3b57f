using System.Globalization;
using System.Text;

namespace FastMlp.Data;

/// <summary>
/// Reads the target column while its kind, classes or numbers, is still to be found. What it gives for a row, <see cref="LabelOf"/>
/// turns into a class once all rows were read.
/// </summary>
internal sealed class TargetColumn(int column, DataTask? task)
{
    /// <summary>Far more classes than a network can tell apart; it bounds what is held of a file larger than memory.</summary>
    private const int MaxClasses = 1 << 16;

    private readonly List<string> texts = [];
    private readonly Dictionary<string, int> codeOfText = [];
    private readonly NumberClasses numbers = new();
    private char[] buffer = new char[64];
    private int[] labelOfText = [];
    private bool? textual = task == DataTask.Classification ? true : null;

    /// <summary>Whether the rows so far are classes.</summary>
    public bool IsClassification => textual == true || (task is null && numbers.AreLikely);

    /// <summary>The names of the classes, once <see cref="Finish"/> was called.</summary>
    public string[] ClassNames { get; private set; } = [];

    /// <summary>The target of the current row: the code of a text, or a number.</summary>
    public double Read(CsvRows rows)
    {
        ReadOnlySpan<byte> field = rows[column];
        if (textual != true && !IsClassification && FloatText.TryParse(field, out float number) && float.IsFinite(number))
        {
            return number;
        }

        bool isNumber = double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (field.IsEmpty || (isNumber && !double.IsFinite(value)))
        {
            throw task == DataTask.Regression || textual == false
                ? rows.NotANumber(column)
                : rows.At(column, field.IsEmpty ? "the field is empty; a class or a number was expected." : $"'{CsvRows.Shown(field)}' is not finite; a class or a number was expected.");
        }

        if (task is null)
        {
            textual ??= !isNumber;
            if (textual == isNumber)
            {
                throw rows.At(column, $"'{CsvRows.Shown(field)}' is {(isNumber ? "a number, but text" : "text, but numbers")} stood there before; for classes named by both, ask for classification.");
            }
        }

        if (textual == true)
        {
            return CodeOf(rows, field);
        }

        // A whole number is an exact double, which rounds to the float that its text does; of others the float is read.
        float rounded = rows.Number(column);
        numbers.Count(value);
        return numbers.AreLikely ? value : rounded;
    }

    /// <summary>Sorts the classes: by value if all are numbers, else in ordinal order.</summary>
    public void Finish()
    {
        if (textual == true)
        {
            SortTexts();
        }
        else if (IsClassification)
        {
            ClassNames = numbers.Sort();
        }
    }

    /// <summary>The class of a row, from what <see cref="Read"/> gave for it.</summary>
    public int LabelOf(double read) => textual == true ? labelOfText[(int)read] : numbers.LabelOf(read);

    private double CodeOf(CsvRows rows, ReadOnlySpan<byte> field)
    {
        if (buffer.Length < field.Length)
        {
            buffer = new char[field.Length];
        }

        ReadOnlySpan<char> text = buffer.AsSpan(0, Encoding.UTF8.GetChars(field, buffer));
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = codeOfText.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out int code))
        {
            code = texts.Count < MaxClasses
                ? texts.Count
                : throw rows.At(column, $"'{CsvRows.Shown(text)}' is one class more than {MaxClasses}; is this the target?");
            texts.Add(text.ToString());
            codeOfText.Add(texts[code], code);
        }

        return code;
    }

    /// <summary>Classes by number where every name is one (so 1 and 1.0 are one class), else by ordinal order.</summary>
    private void SortTexts()
    {
        double[] values = new double[texts.Count];
        bool allNumbers = true;
        for (int i = 0; i < values.Length && allNumbers; i++)
        {
            allNumbers = double.TryParse(texts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]);
        }

        ClassNames = allNumbers ? numbers.Sort(values) : [.. texts.Order(StringComparer.Ordinal)];
        labelOfText = [.. texts.Select((text, i) => allNumbers ? numbers.LabelOf(values[i]) : Array.BinarySearch(ClassNames, text, StringComparer.Ordinal))];
    }
}
