using System.Globalization;

namespace FastMlp.Data;

/// <summary>One decision for a column, from all of its training values.</summary>
/// <remarks>
/// In this order: what the user says; a column without values or with one value is left out; numbers, with what people write around them; true and false;
/// dates, if their order is beyond doubt; texts, as categories where each comes often enough, hashed where there are too many, left out where nearly every row has its
/// own. A mixture of numbers and texts is refused unless texts are no exception.
/// </remarks>
internal sealed class ColumnDecision
{
    /// <summary>Up to so many texts are categories however few their rows.</summary>
    private const int FewTexts = 20;

    /// <summary>Rows of which each text of a larger column must have as many on average, or one feature for each learns nothing.</summary>
    private const int RowsForText = 5;

    /// <summary>Fewer rows do not tell an id from a value.</summary>
    private const int RowsForId = 20;

    /// <summary>From this share on the values are as good as all different.</summary>
    private const double NearlyAll = 0.9;

    /// <summary>Deviations from 0 from which on float32 loses ten of its 24 bits: the offset is taken off first.</summary>
    private const double FarFromZero = 1024;

    private const string MixedHint = " Name a column of texts and numbers as categorical (Categorical, --categorical).";
    private const string MissingHint = " Say what stands in for missing values (Missing, --missing).";

    private static readonly string[] idNames = ["id", "index", "idx", "row", "rowid", "rownum", "row_number", "rownames", "no", "nr", "#", "key", "uuid", "guid"];

    private readonly string name;
    private readonly ColumnRule rule;
    private readonly ColumnStatistics statistics;
    private readonly IReadOnlyList<string> texts;
    private readonly char mark;
    private readonly Func<string, int, string> placeOfText;
    private readonly List<string> notes = [];

    // Each text that training rows have, and what it could be.
    private readonly List<(int Code, string Text, long Count)> present = [];
    private long textRows;
    private int numberTexts;
    private int codeTexts;
    private int notFinite;
    private Moments textNumbers;
    private bool anyPercent;
    private readonly HashSet<char> currencies = [];
    private bool anyGrouped;
    private bool allBoolean = true;
    private int booleanFamilies;
    private DateOrder orders;

    /// <param name="name">The name of the column.</param>
    /// <param name="rule">What the user says.</param>
    /// <param name="statistics">Its training values.</param>
    /// <param name="texts">Its texts by code.</param>
    /// <param name="mark">The decimal mark of the file.</param>
    /// <param name="placeOfText">The beginning of a message about a text: its place in the file.</param>
    public ColumnDecision(string name, ColumnRule rule, ColumnStatistics statistics, IReadOnlyList<string> texts, char mark, Func<string, int, string> placeOfText)
    {
        this.name = name;
        this.rule = rule;
        this.statistics = statistics;
        this.texts = texts;
        this.mark = mark;
        this.placeOfText = placeOfText;
        orders = statistics.BeyondOrders;
        textNumbers = statistics.BeyondNumbers;
        for (int code = 0; code < statistics.TextCounts.Count; code++)
        {
            if (statistics.TextCounts[code] > 0)
            {
                Look(code, statistics.TextCounts[code]);
            }
        }

        textRows = present.Sum(text => text.Count) + statistics.Beyond;
    }

    private long Values => statistics.Numbers.Count + textRows;

    private bool AllTextsAreNumbers => numberTexts == present.Count && statistics.BeyondNumbers.Count == statistics.Beyond;

    private long Distinct => statistics.DistinctNumbers.Count + present.Count + statistics.Beyond;

    /// <summary>How the column becomes features, or what it is left out for.</summary>
    /// <exception cref="DataFormatException">The values contradict each other or the user.</exception>
    public (ColumnFit? Fit, ColumnSummary Summary) Make()
    {
        string? leftOut = rule.Kind == ColumnKind.Id ? "id" : Values == 0 ? "empty" : IsConstant() ? "constant" : null;
        if (leftOut is null && rule.Kind is null && IsId())
        {
            leftOut = "id";
        }

        if (leftOut is not null)
        {
            notes.Insert(0, leftOut switch
            {
                "id" => rule.Kind == ColumnKind.Id ? "as asked: left out" : "differs in nearly every row: left out",
                "empty" => "no value in any row: left out",
                _ => "one value in all rows: left out",
            });
            return (null, Summary(leftOut, Moments()));
        }

        if (statistics.Missing > 0 && rule.Missing.Kind == MissingKind.Error)
        {
            throw new DataFormatException($"{placeOfText(name, TextIndex.Missing)}a value is missing; {(Kind() == ColumnKind.Number ? "a finite number" : "a text")} was expected.{MissingHint}");
        }

        ColumnKind kind = Kind();
        return kind switch
        {
            ColumnKind.Number => Number(),
            ColumnKind.Boolean => Boolean(),
            ColumnKind.Date => Date(),
            ColumnKind.Category => Category(),
            _ => Hashed(),
        };
    }

    private void Look(int code, long count)
    {
        string text = texts[code];
        present.Add((code, text, count));
        if (ValueText.TryNumber(text, mark, out double value, out NumberForm form) && Math.Abs(value) <= float.MaxValue)
        {
            numberTexts++;
            codeTexts += form.Code ? 1 : 0;
            textNumbers.Add(FastMlp.Data.Moments.Of(value, count));
            anyPercent |= form.Percent;
            anyGrouped |= form.Grouped;
            if (form.Currency != '\0')
            {
                currencies.Add(form.Currency);
            }
        }

        else if (IsNotFinite(text))
        {
            notFinite++;
        }

        allBoolean &= ValueText.TryBoolean(text, out _, out int family);
        booleanFamilies |= family;
        orders &= orders == DateOrder.None ? DateOrder.None : DateText.Orders(text);
    }

    private bool IsConstant() => rule.Kind is null or ColumnKind.Number or ColumnKind.Category && Values > 1 && Distinct == 1
        && (statistics.Missing == 0 || rule.Missing.Kind is MissingKind.Error or MissingKind.Mean or MissingKind.Median);

    /// <summary>Whole numbers that all differ under a name of an id or none, or texts that nearly all differ and are no numbers or dates.</summary>
    private bool IsId()
    {
        if (Values < RowsForId || Distinct < NearlyAll * Values)
        {
            return false;
        }

        bool named = rule.IsNameless || Array.Exists(idNames, id => name.Equals(id, StringComparison.OrdinalIgnoreCase))
            || name.EndsWith("_id", StringComparison.OrdinalIgnoreCase) || name.EndsWith(" id", StringComparison.OrdinalIgnoreCase)
            || (name.Length > 2 && name.EndsWith("Id", StringComparison.Ordinal) && char.IsLower(name[^3]));
        return textRows == 0 ? named && statistics.AreWhole
            : AllTextsAreNumbers ? named || codeTexts > 0
            : !(textRows == Values && orders != DateOrder.None);
    }

    private ColumnKind Kind()
    {
        if (rule.Kind is { } given)
        {
            return given;
        }

        bool tooLarge = notFinite > 0 && numberTexts + notFinite == present.Count;
        if (textRows == 0 || tooLarge || (AllTextsAreNumbers && codeTexts == 0 && currencies.Count < 2))
        {
            return ColumnKind.Number;
        }

        bool truths = statistics.Numbers.Count == 0 || (statistics.Numbers.Min >= 0 && statistics.Numbers.Max <= 1 && statistics.AreWhole);
        if (allBoolean && statistics.Beyond == 0 && truths && booleanFamilies is 1 or 2 or 4)
        {
            return ColumnKind.Boolean;
        }

        if (statistics.Numbers.Count == 0 && IsClear(orders))
        {
            return ColumnKind.Date;
        }

        if (statistics.Numbers.Count > 0 && !AllTextsAreNumbers)
        {
            CheckMixture();
        }

        if (statistics.Numbers.Count == 0 && orders != DateOrder.None)
        {
            notes.Add("day or month first? say --columns NAME:date:dmy or :date:mdy");
        }

        if (codeTexts > 0 && AllTextsAreNumbers)
        {
            notes.Add("codes, such as with leading zeros");
        }

        if (currencies.Count > 1)
        {
            notes.Add("several currencies");
        }

        return Distinct <= FewTexts || (Distinct <= rule.MaxCategories && Distinct * RowsForText <= Values) ? ColumnKind.Category : ColumnKind.Text;
    }

    /// <summary>Texts among numbers are typing errors unless there are several and they are more than a tenth.</summary>
    private void CheckMixture()
    {
        bool exceptions = present.Count + statistics.Beyond < 5 || textRows * 10 < Values;
        if (!exceptions)
        {
            notes.Add("numbers and texts");
            return;
        }

        (int code, string text, _) = present.Find(candidate => !ValueText.TryNumber(candidate.Text, mark, out double value, out _) || Math.Abs(value) > float.MaxValue);
        if (text is null)
        {
            throw new DataFormatException($"{placeOfText(name, TextIndex.Beyond)}texts stand among numbers.{MixedHint}");
        }

        throw new DataFormatException($"{placeOfText(name, code)}{NotANumber(text)}; a finite number was expected.{MixedHint}");
    }

    /// <summary>What is wrong with a text that should be a number.</summary>
    public static string NotANumber(string text) => $"'{CsvRows.Shown(text)}' is {(!IsNotFinite(text) ? "not a number" : text.AsSpan().ContainsAnyInRange('0', '9') ? "beyond the range of float32" : "not finite")}";

    /// <summary>A number that float32 does not hold, an infinity or NaN.</summary>
    public static bool IsNotFinite(string text) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && !float.IsFinite(value);

    private static bool IsClear(DateOrder orders) =>
        orders.HasFlag(DateOrder.YearFirst) || orders is DateOrder.DayFirst or DateOrder.MonthFirst or DateOrder.NamedMonth or DateOrder.TimeOnly;

    private (ColumnFit, ColumnSummary) Number()
    {
        if (!AllTextsAreNumbers)
        {
            (int code, string text, _) = present.Find(candidate => !ValueText.TryNumber(candidate.Text, mark, out double value, out _) || Math.Abs(value) > float.MaxValue);
            throw new DataFormatException($"{placeOfText(name, text is null ? TextIndex.Beyond : code)}{(text is null ? "a text is not a number" : NotANumber(text))}; a finite number was expected.");
        }

        Moments moments = Moments();
        Note(anyPercent, "percent sign dropped");
        Note(currencies.Count > 0, $"currency sign {string.Concat(currencies)} dropped");
        Note(anyGrouped, "thousands separators");
        Note(mark == ',' && (statistics.Numbers.Count > 0 || numberTexts > 0) && !(statistics.AreWhole && numberTexts == 0), "decimal comma");
        double offset = moments.Count > 0 && moments.Max > moments.Min && Math.Max(Math.Abs(moments.Min), Math.Abs(moments.Max)) > FarFromZero * moments.Deviation ? Math.Round(moments.Mean) : 0;
        Note(offset != 0, string.Create(CultureInfo.InvariantCulture, $"{offset:R} taken off"));
        ColumnSummary summary = Summary("number", moments);
        return (new NumberFit(name, rule.Missing, moments, statistics.Missing, offset, summary), summary);
    }

    private (ColumnFit, ColumnSummary) Boolean()
    {
        long truths = (long)Math.Round(statistics.Numbers.Count * (statistics.Numbers.Count == 0 ? 0 : statistics.Numbers.Mean));
        foreach ((int code, string text, long count) in present)
        {
            bool read = ValueText.TryBoolean(text, out bool value, out _);
            truths += read ? (value ? count : 0) : throw new DataFormatException($"{placeOfText(name, code)}'{CsvRows.Shown(text)}' is neither true nor false.");
        }

        if (statistics.Numbers.Count > 0 && !(statistics.Numbers.Min >= 0 && statistics.Numbers.Max <= 1 && statistics.AreWhole))
        {
            throw new DataFormatException($"column '{CsvRows.Shown(name)}': numbers from {statistics.Numbers.Min} to {statistics.Numbers.Max} are neither true nor false.");
        }

        ColumnSummary summary = Summary("boolean", default);
        return (new BooleanFit(name, rule.Missing, truths, Values - truths, statistics.Missing, summary), summary);
    }

    private (ColumnFit, ColumnSummary) Date()
    {
        DateOrder order = rule.Order != DateOrder.None ? rule.Order : orders.HasFlag(DateOrder.YearFirst) || textRows == 0 ? DateOrder.YearFirst : orders;
        order = textRows == 0 ? DateOrder.None : order;
        if (textRows > 0 && (order & (order - 1)) != 0)
        {
            throw new DataFormatException($"column '{CsvRows.Shown(name)}': whether day or month stands first is open; say date:dmy or date:mdy.");
        }

        foreach ((int code, string text, _) in present)
        {
            if (!DateText.TryParse(text, order, out _) && !DateText.TryParse(text, DateOrder.YearFirst, out _))
            {
                throw new DataFormatException($"{placeOfText(name, code)}'{CsvRows.Shown(text)}' is no such date as the others.");
            }
        }

        Note(order == DateOrder.DayFirst, "day first");
        Note(order == DateOrder.MonthFirst, "month first");
        ColumnSummary summary = Summary("date", default);
        return (new DateFit(name, rule.Missing, order, statistics.Missing, summary), summary);
    }

    private (ColumnFit, ColumnSummary) Category()
    {
        if (statistics.Beyond > 0)
        {
            return Hashed();
        }

        Dictionary<string, long> countOf = new(StringComparer.Ordinal);
        foreach ((_, string text, long count) in present)
        {
            countOf[text] = count;
        }

        if (statistics.Numbers.Count > 0)
        {
            return MixedCategory(countOf);
        }

        ColumnSummary summary = Summary("category", default);
        return (new CategoryFit(name, rule, countOf, statistics.Missing, summary), summary);
    }

    /// <summary>Numbers of a column that has texts too were not counted one by one: their names come in a second pass.</summary>
    private (ColumnFit, ColumnSummary) MixedCategory(Dictionary<string, long> countOf)
    {
        ColumnSummary summary = Summary("category", default);
        return (new MixedCategoryFit(name, rule, countOf, statistics.Missing, summary), summary);
    }

    private (ColumnFit, ColumnSummary) Hashed()
    {
        long[] buckets = [.. statistics.BeyondBuckets];
        foreach ((_, string text, long count) in present)
        {
            buckets[HashedColumn.BucketOf(text, buckets.Length)] += count;
        }

        notes.Add($"more than categories take: hashed to {buckets.Length}");
        ColumnSummary summary = Summary("text", default);
        return (new HashedFit(name, rule.Missing, buckets, statistics.Numbers.Count > 0, statistics.Missing, summary), summary);
    }

    private Moments Moments()
    {
        Moments all = statistics.Numbers;
        all.Add(textNumbers);
        return all;
    }

    private void Note(bool applies, string note)
    {
        if (applies)
        {
            notes.Add(note);
        }
    }

    private ColumnSummary Summary(string readAs, Moments moments) => new()
    {
        Name = name,
        Position = rule.Position,
        ReadAs = readAs,
        Distinct = Distinct,
        DistinctIsExact = statistics.DistinctNumbers.IsExact && statistics.Beyond == 0,
        Missing = statistics.Missing,
        Example = readAs == "id" ? "" : present.Count > 0 ? present[0].Text : statistics.Numbers.Count > 0 ? CategoryColumn.NameOf(statistics.Numbers.Max) : "",
        Note = string.Join("; ", notes),
        Min = moments.Count > 0 ? moments.Min : null,
        Max = moments.Count > 0 ? moments.Max : null,
        Mean = moments.Count > 0 ? moments.Mean : null,
        Deviation = moments.Count > 0 ? moments.Deviation : null,
    };
}
