using System.Globalization;
using System.Text;

namespace FastMlp.Data;

/// <summary>Gathers the target column while its kind, classes or numbers, is still to be found.</summary>
internal sealed class TargetColumn(int column, DataTask? task)
{
    private readonly List<float> numbers = [];
    private readonly List<int> codes = [];
    private readonly List<string> texts = [];
    private readonly Dictionary<string, int> codeOfText = [];
    private readonly Dictionary<double, int> codeOfNumber = [];
    private char[] buffer = new char[64];
    private bool? textual = task == DataTask.Classification ? true : null;
    private bool countable = task is null;

    /// <summary>Takes the target of the current row.</summary>
    public void Add(CsvRows rows)
    {
        ReadOnlySpan<byte> field = rows[column];
        bool isNumber = double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (field.IsEmpty || (isNumber && !double.IsFinite(value)))
        {
            throw task == DataTask.Regression || textual == false
                ? rows.NotANumber(column)
                : rows.At(column, field.IsEmpty ? "the field is empty; a class or a number was expected." : $"'{Encoding.UTF8.GetString(field)}' is not finite; a class or a number was expected.");
        }

        if (task is null)
        {
            textual ??= !isNumber;
            if (textual == isNumber)
            {
                throw rows.At(column, $"'{CsvRows.Shown(Encoding.UTF8.GetString(field))}' is {(isNumber ? "a number, but text" : "text, but numbers")} stood there before; for classes named by both, ask for classification.");
            }
        }

        if (textual == true)
        {
            codes.Add(CodeOf(field));
        }
        else
        {
            numbers.Add(rows.Number(column));
            Count(value);
        }
    }

    /// <summary>The set of these features and the targets gathered.</summary>
    public Dataset Finish(ReadOnlyMemory<float> features, int inputSize, IReadOnlyList<string> featureNames, string targetName)
    {
        if (textual != true && !countable)
        {
            return new Dataset(features, inputSize, numbers.ToArray(), 1) { FeatureNames = featureNames, TargetNames = [targetName] };
        }

        (int[] labels, string[] names) = textual == true ? SortedTexts() : Sorted(codeOfNumber);
        return new Dataset(features, inputSize, labels, names.Length) { FeatureNames = featureNames, ClassNames = names, TargetNames = [targetName] };
    }

    private int CodeOf(ReadOnlySpan<byte> field)
    {
        if (buffer.Length < field.Length)
        {
            buffer = new char[field.Length];
        }

        ReadOnlySpan<char> text = buffer.AsSpan(0, Encoding.UTF8.GetChars(field, buffer));
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = codeOfText.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out int code))
        {
            code = texts.Count;
            texts.Add(text.ToString());
            codeOfText.Add(texts[code], code);
        }

        return code;
    }

    /// <summary>Counts distinct values until there are too many, or one is not whole: then the numbers are a regression.</summary>
    private void Count(double value)
    {
        if (!countable)
        {
            return;
        }

        if (!codeOfNumber.TryGetValue(value, out int code))
        {
            code = codeOfNumber.Count;
            countable = value == Math.Truncate(value) && code < CsvDataset.MaxDetectedClasses;
            codeOfNumber.Add(value, code);
        }

        codes.Add(code);
    }

    /// <summary>Classes by number where every name is one (so 1 and 1.0 are one class), else by ordinal order.</summary>
    private (int[] Labels, string[] Names) SortedTexts()
    {
        Dictionary<double, int> byValue = [];
        int[] valueCodes = new int[texts.Count];
        for (int i = 0; i < texts.Count; i++)
        {
            if (!double.TryParse(texts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                string[] names = [.. texts.Order(StringComparer.Ordinal)];
                return (Relabel(code => Array.BinarySearch(names, texts[code], StringComparer.Ordinal)), names);
            }

            valueCodes[i] = byValue.TryGetValue(value, out int code) ? code : byValue.Count;
            byValue.TryAdd(value, valueCodes[i]);
        }

        for (int i = 0; i < codes.Count; i++)
        {
            codes[i] = valueCodes[codes[i]];
        }

        return Sorted(byValue);
    }

    private (int[] Labels, string[] Names) Sorted(Dictionary<double, int> codeOf)
    {
        double[] values = [.. codeOf.Keys.Order()];
        int[] rank = new int[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            rank[codeOf[values[i]]] = i;
        }

        // Adding 0 turns -0 into 0.
        return (Relabel(code => rank[code]), [.. values.Select(v => (v + 0.0).ToString("R", CultureInfo.InvariantCulture))]);
    }

    /// <summary>The label of each row; each distinct code is looked up once.</summary>
    private int[] Relabel(Func<int, int> labelOf)
    {
        int[] labels = new int[codes.Count];
        int[] known = [.. Enumerable.Range(0, codes.Count == 0 ? 0 : codes.Max() + 1).Select(labelOf)];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = known[codes[i]];
        }

        return labels;
    }
}
