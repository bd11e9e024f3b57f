namespace FastMlp.Data;

/// <summary>What the column to learn is: classes, and which, or values. Gathered from all rows, one at a time.</summary>
internal sealed class TargetColumn(string name, DataTask? task, char mark)
{
    /// <summary>Far more classes than a network can tell apart; it bounds what is held of a file larger than memory.</summary>
    public const int MaxClasses = 1 << 16;

    private readonly NumberClasses likely = new();
    private readonly HashSet<double> numbers = [];
    private readonly Dictionary<double, int> labelOfNumber = [];
    private readonly double[] recent = new double[64];
    private int[] labelOfText = [];
    private long rows;
    private long numberRows;
    private long firstNumberRow = -1;
    private long firstTextRow = -1;
    private string firstNumber = "";
    private string firstText = "";

    /// <summary>Whether the rows are classes.</summary>
    public bool IsClassification { get; private set; }

    /// <summary>The names of the classes, as written.</summary>
    public string[] ClassNames { get; private set; } = [];

    /// <summary>Values that are whole and few, so likely to be classes.</summary>
    public bool LooksLikeClasses => likely.AreLikely;

    /// <summary>Takes a value in, and says where it stands if it cannot be a target at all.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="text">Its text, for a text.</param>
    /// <param name="place">The row or line.</param>
    public void Add(double cell, string? text, long place)
    {
        rows++;
        if (double.IsNaN(cell) && text is not null && ValueText.TryNumber(text, mark, out double number, out NumberForm form) && !form.Code && Math.Abs(number) <= float.MaxValue)
        {
            // 1.000 is 1; an amount or a share is a value, however few there are.
            cell = number;
            if (form.Currency != '\0' || form.Percent)
            {
                likely.Refuse();
            }
        }

        if (double.IsNaN(cell))
        {
            (firstTextRow, firstText) = firstTextRow < 0 ? (place, text!) : (firstTextRow, firstText);
            return;
        }

        numberRows++;

        // A value that came just now has been taken in; 0 is what the slots begin with.
        ref double slot = ref recent[(BitConverter.DoubleToInt64Bits(cell) * 0x9e3779b97f4a7c1) >>> 58];
        if (slot == cell && cell != 0)
        {
            return;
        }

        slot = cell;
        (firstNumberRow, firstNumber) = firstNumberRow < 0 ? (place, text ?? CategoryColumn.NameOf(cell)) : (firstNumberRow, firstNumber);
        likely.Count(cell);
        if (numbers.Count <= MaxClasses)
        {
            numbers.Add(cell + 0.0);
        }
    }

    /// <summary>Decides, once all rows were taken in.</summary>
    /// <param name="texts">The texts by code.</param>
    /// <param name="about">An exception about a row or line.</param>
    public void Finish(IReadOnlyList<string> texts, Func<long, string, DataFormatException> about)
    {
        bool anyText = firstTextRow >= 0;
        bool codes = anyText && texts.All(text => ValueText.TryNumber(text, mark, out _, out _));
        if (task == DataTask.Regression)
        {
            int odd = -1;
            for (int i = 0; i < texts.Count && odd < 0; i++)
            {
                odd = ValueText.TryNumber(texts[i], mark, out double value, out _) && Math.Abs(value) <= float.MaxValue ? -1 : i;
            }

            if (odd >= 0)
            {
                throw about(firstTextRow, $"{ColumnDecision.NotANumber(texts[odd] == firstText ? firstText : texts[odd])}; a finite number was expected.");
            }

            return;
        }

        if (anyText && task is null)
        {
            if (texts.FirstOrDefault(ColumnDecision.IsNotFinite) is { } infinite)
            {
                throw about(firstTextRow, $"'{CsvRows.Shown(infinite)}' is not finite; a class or a number was expected.");
            }

            if (numberRows > 0 && !codes)
            {
                bool numbersFirst = firstNumberRow < firstTextRow;
                throw about(numbersFirst ? firstTextRow : firstNumberRow, numbersFirst
                    ? $"'{CsvRows.Shown(firstText)}' is text, but numbers stood there before; for classes named by both, ask for classification."
                    : $"'{CsvRows.Shown(firstNumber)}' is a number, but text stood there before; for classes named by both, ask for classification.");
            }
        }

        IsClassification = task == DataTask.Classification || (anyText ? !codes || AreFewCodes(texts) : likely.AreLikely);
        if (IsClassification)
        {
            Number(texts);
        }
    }

    /// <summary>The class of a cell, once decided.</summary>
    public int LabelOf(double cell) => double.IsNaN(cell) ? labelOfText[Cell.CodeOf(cell)] : labelOfNumber[cell + 0.0];

    /// <summary>The value of a cell that was decided to be one.</summary>
    public double ValueOf(double cell, IReadOnlyList<string> texts) =>
        double.IsNaN(cell) && ValueText.TryNumber(texts[Cell.CodeOf(cell)], mark, out double value, out _) ? value : cell;

    /// <summary>Numbers that are more than their value (007) are names where they are few, or where a value would merge them.</summary>
    private bool AreFewCodes(IReadOnlyList<string> texts)
    {
        int codes = texts.Count(text => ValueText.TryNumber(text, mark, out _, out NumberForm form) && form.Code);
        return codes > 0 && (texts.Any(text => text.Length > 1 && text[0] == '0') || codes + numbers.Count <= CsvDataset.MaxDetectedClasses);
    }

    /// <summary>Sorts the classes: by value where every name is a number, then and else in ordinal order.</summary>
    private void Number(IReadOnlyList<string> texts)
    {
        if (numbers.Count > MaxClasses || texts.Count > MaxClasses)
        {
            throw new DataFormatException($"column '{CsvRows.Shown(name)}': there are more than {MaxClasses} classes; is this the target?");
        }

        List<(string Name, double? Value)> classes = [.. numbers.Select(number => (CategoryColumn.NameOf(number), (double?)number))];
        HashSet<string> taken = [.. classes.Select(found => found.Name)];
        int?[] valueOfText = new int?[texts.Count];
        foreach (string text in texts)
        {
            bool isNumber = ValueText.TryNumber(text, mark, out double value, out NumberForm form);
            if (!(isNumber && !form.Code && numbers.Contains(value + 0.0)) && taken.Add(text))
            {
                classes.Add((text, isNumber ? value : null));
            }
        }

        bool byValue = classes.TrueForAll(found => found.Value is not null);
        (string Name, double? Value)[] sorted = [.. byValue
            ? classes.OrderBy(found => found.Value).ThenBy(found => found.Name, StringComparer.Ordinal)
            : classes.OrderBy(found => found.Name, StringComparer.Ordinal)];
        ClassNames = [.. sorted.Select(found => found.Name)];
        Dictionary<string, int> labels = new(StringComparer.Ordinal);
        for (int i = 0; i < sorted.Length; i++)
        {
            labels.Add(sorted[i].Name, i);
        }

        foreach (double number in numbers)
        {
            labelOfNumber[number] = labels[CategoryColumn.NameOf(number)];
        }

        labelOfText = new int[texts.Count];
        for (int code = 0; code < texts.Count; code++)
        {
            bool isNumber = ValueText.TryNumber(texts[code], mark, out double value, out NumberForm form);
            labelOfText[code] = isNumber && !form.Code && labelOfNumber.TryGetValue(value + 0.0, out int label) ? label : labels[texts[code]];
        }
    }

    /// <summary>Rows that were taken in.</summary>
    public long Rows => rows;
}
