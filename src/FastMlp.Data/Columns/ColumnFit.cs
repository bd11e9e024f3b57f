using System.Globalization;

namespace FastMlp.Data;

/// <summary>Learns from the training rows what a column whose kind is decided still needs, in further passes over them where one was not enough.</summary>
internal abstract class ColumnFit
{
    /// <summary>Whether the training rows must come again, read by <see cref="Reader"/>.</summary>
    public virtual bool NeedsPass => false;

    /// <summary>The column as far as it is known, to read values by.</summary>
    public abstract PlannedColumn Reader { get; }

    /// <summary>A value of a further pass, NaN where it is missing.</summary>
    public virtual void Add(double raw)
    {
    }

    public virtual void EndPass()
    {
    }

    /// <summary>The column; the moments of its features are added to <paramref name="features"/>.</summary>
    public abstract PlannedColumn Finish(List<Moments> features);

    private protected static void Indicate(Missing missing, long gaps, long present, List<Moments> features)
    {
        if (missing.Kind == MissingKind.Indicator)
        {
            Moments feature = Moments.Of(1, gaps);
            feature.Add(Moments.Of(0, present));
            features.Add(feature);
        }
    }
}

/// <summary>Numbers: their median is searched for where it fills gaps.</summary>
internal sealed class NumberFit(string name, Missing missing, Moments moments, long gaps, double offset, ColumnSummary summary) : ColumnFit
{
    private MedianSearch? search = missing.Kind == MissingKind.Median && moments.Count > 0 ? new MedianSearch(moments.Min, moments.Max) : null;
    private double median;

    public override bool NeedsPass => search is not null;

    public override PlannedColumn Reader => new NumberColumn(name, missing, 0, gaps > 0, 0, null, null);

    public override void Add(double raw)
    {
        if (!double.IsNaN(raw))
        {
            search?.Add(raw);
        }
    }

    public override void EndPass()
    {
        if (search is not null && search.EndPass())
        {
            median = search.Median;
            search = null;
        }
    }

    public override PlannedColumn Finish(List<Moments> features)
    {
        double fill = missing.Kind switch
        {
            MissingKind.Error => 0,
            MissingKind.Constant => NumberText.TryParse(missing.Value.AsSpan(), '.', out double value) && Math.Abs(value) <= float.MaxValue
                ? value
                : throw new DataFormatException($"column '{CsvRows.Shown(name)}': '{CsvRows.Shown(missing.Value)}' cannot stand in for a missing number."),
            MissingKind.Median => median,
            _ => moments.Mean,
        };
        NumberColumn column = new(name, missing, fill, gaps > 0, offset, moments.Min, moments.Max) { Summary = summary };
        Moments filled = moments;
        filled.Add(Moments.Of(fill, gaps));
        features.Add(filled.Less(offset));
        Indicate(missing, gaps, moments.Count, features);
        return column;
    }
}

/// <summary>True and false.</summary>
internal sealed class BooleanFit(string name, Missing missing, long truths, long falsehoods, long gaps, ColumnSummary summary) : ColumnFit
{
    public override PlannedColumn Reader => new BooleanColumn(name, missing, 0, gaps > 0);

    public override PlannedColumn Finish(List<Moments> features)
    {
        double fill = missing.Kind switch
        {
            MissingKind.Error => 0,
            MissingKind.Constant => Reader.TryRead(missing.Value, '.', out double value)
                ? value
                : throw new DataFormatException($"column '{CsvRows.Shown(name)}': '{CsvRows.Shown(missing.Value)}' cannot stand in for true or false."),
            MissingKind.Median => truths > falsehoods ? 1 : 0,
            _ => truths / (double)(truths + falsehoods),
        };
        Moments feature = Moments.Of(1, truths);
        feature.Add(Moments.Of(0, falsehoods));
        feature.Add(Moments.Of(fill, gaps));
        features.Add(feature);
        Indicate(missing, gaps, truths + falsehoods, features);
        return new BooleanColumn(name, missing, fill, gaps > 0) { Summary = summary };
    }
}

/// <summary>Categories, whose rows are counted.</summary>
internal class CategoryFit(string name, ColumnRule rule, Dictionary<string, long> countOf, long gaps, ColumnSummary summary) : ColumnFit
{
    private readonly Missing missing = rule.Missing;

    protected Dictionary<string, long> CountOf => countOf;

    public override PlannedColumn Reader => new CategoryColumn(name, missing, [], [1], PlannedColumn.Other, gaps > 0, ignoresCase: true);

    public override PlannedColumn Finish(List<Moments> features)
    {
        if (missing.Kind == MissingKind.Constant && gaps > 0)
        {
            countOf[missing.Value!] = countOf.GetValueOrDefault(missing.Value!) + gaps;
        }

        long rows = countOf.Values.Sum();
        string[] categories = [.. countOf.Where(pair => pair.Value >= rule.RareBelow).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        long[] rowsOf = [.. categories.Select(category => countOf[category]), rows - categories.Sum(category => countOf[category])];
        int fill = missing.Kind switch
        {
            MissingKind.Constant => Array.IndexOf(categories, missing.Value),
            MissingKind.Median => Array.IndexOf(rowsOf, rowsOf.Max()) is int most && most < categories.Length ? most : PlannedColumn.Other,
            _ => 0,
        };
        if (missing.Kind == MissingKind.Median)
        {
            rowsOf[fill == PlannedColumn.Other ? ^1 : fill] += gaps;
            rows += gaps;
        }

        float[] shares = [.. rowsOf.Select(count => (float)(count / (double)rows))];
        long averaged = missing.Kind is MissingKind.Mean or MissingKind.Indicator ? gaps : 0;
        for (int i = 0; i < shares.Length; i++)
        {
            Moments feature = Moments.Of(1, rowsOf[i]);
            feature.Add(Moments.Of(0, rows - rowsOf[i]));
            feature.Add(Moments.Of(missing.Kind == MissingKind.Mean ? shares[i] : 0, averaged));
            features.Add(feature);
        }

        Indicate(missing, gaps, rows, features);
        return new CategoryColumn(name, missing, categories, shares, fill, gaps > 0, ignoresCase: true) { Summary = summary };
    }
}

/// <summary>Categories of which some are numbers.</summary>
internal sealed class MixedCategoryFit(string name, ColumnRule rule, Dictionary<string, long> countOf, long gaps, ColumnSummary summary) : CategoryFit(name, rule, countOf, gaps, summary)
{
    private readonly NumberOrText reader = new(name, rule.Missing);
    private bool counted;

    public override bool NeedsPass => !counted;

    public override PlannedColumn Reader => reader;

    public override void Add(double raw)
    {
        if (!double.IsNaN(raw) && raw != NumberOrText.IsText)
        {
            string text = CategoryColumn.NameOf(raw);
            CountOf[text] = CountOf.GetValueOrDefault(text) + 1;
        }
    }

    public override void EndPass() => counted = true;

    /// <summary>Gives the numbers as they are.</summary>
    private sealed class NumberOrText(string name, Missing missing) : PlannedColumn(name, missing, 0, false, [])
    {
        /// <summary>Beyond the numbers of float32, so no number of a file.</summary>
        public const double IsText = double.MaxValue;

        public override ColumnKind Kind => ColumnKind.Category;

        internal override string Wanted => "a text was expected";

        internal override bool TryRead(ReadOnlySpan<char> field, char mark, out double raw)
        {
            raw = NumberText.TryParsePlain(field, mark, out double number, out _) ? number : IsText;
            return true;
        }

        internal override bool TryRead(double number, out double raw)
        {
            raw = number;
            return true;
        }

        private protected override void EncodeValue(double raw, Span<float> features) => throw new NotSupportedException();
    }
}

/// <summary>Dates: which parts vary is found in a second pass.</summary>
internal sealed class DateFit(string name, Missing missing, DateOrder order, long gaps, ColumnSummary summary) : ColumnFit
{
    private const DateParts All = DateParts.Elapsed | DateParts.Year | DateParts.Week | DateParts.Day;
    private readonly Moments[] features = new Moments[7];
    private readonly float[] encoded = new float[7];
    private Moments seconds;
    private int passes;
    private MedianSearch? search;
    private double origin;
    private DateParts parts;

    public override bool NeedsPass => passes < 2 || search is not null;

    public override PlannedColumn Reader => new DateColumn(name, missing, 0, gaps > 0, order, All, 0, 0);

    public override void Add(double raw)
    {
        if (double.IsNaN(raw))
        {
            return;
        }

        if (passes == 0)
        {
            seconds.Add(raw);
            return;
        }

        search?.Add(raw);
        if (passes == 1)
        {
            DateColumn.Encode(raw, All, origin, encoded);
            for (int i = 0; i < features.Length; i++)
            {
                features[i].Add(encoded[i]);
            }
        }
    }

    public override void EndPass()
    {
        passes++;
        if (passes == 1)
        {
            origin = Math.Floor(seconds.Min / DateColumn.DaySeconds) * DateColumn.DaySeconds;
            search = missing.Kind == MissingKind.Median ? new MedianSearch(seconds.Min, seconds.Max) : null;
            return;
        }

        // A cycle counts where it goes round: a year needs more than a season, a week more than two days.
        if (passes == 2)
        {
            parts = DateParts.Elapsed
                | (Varies(1) && order != DateOrder.TimeOnly && seconds.Max - seconds.Min > 60 * DateColumn.DaySeconds ? DateParts.Year : DateParts.None)
                | (Varies(3) && order != DateOrder.TimeOnly ? DateParts.Week : DateParts.None)
                | (Varies(5) ? DateParts.Day : DateParts.None);
        }

        if (search is not null && search.EndPass())
        {
            Fill = search.Median;
            search = null;
        }
    }

    private double Fill { get; set; }

    public override PlannedColumn Finish(List<Moments> all)
    {
        double fill = missing.Kind switch
        {
            MissingKind.Error => 0,
            MissingKind.Constant => Reader.TryRead(missing.Value, '.', out double value)
                ? value
                : throw new DataFormatException($"column '{CsvRows.Shown(name)}': '{CsvRows.Shown(missing.Value)}' cannot stand in for a missing date."),
            MissingKind.Median => Fill,
            _ => seconds.Mean,
        };
        DateColumn column = new(name, missing, fill, gaps > 0, order, parts, seconds.Min, seconds.Max)
        {
            Summary = summary with { Note = string.Join("; ", summary.Note.Length > 0 ? [summary.Note, Described()] : new[] { Described() }) },
        };
        DateColumn.Encode(fill, All, origin, encoded);
        for (int i = 0; i < features.Length; i++)
        {
            DateParts part = i == 0 ? DateParts.Elapsed : i < 3 ? DateParts.Year : i < 5 ? DateParts.Week : DateParts.Day;
            if (parts.HasFlag(part))
            {
                features[i].Add(Moments.Of(encoded[i], gaps));
                all.Add(features[i]);
            }
        }

        Indicate(missing, gaps, seconds.Count, all);
        return column;
    }

    private bool Varies(int i) => features[i].Max > features[i].Min || features[i + 1].Max > features[i + 1].Min;

    private string Described() => string.Create(CultureInfo.InvariantCulture, $"{DateColumn.WidthOf(parts)} features: {parts.ToString().ToLowerInvariant()}");
}

/// <summary>Texts that are hashed.</summary>
internal sealed class HashedFit(string name, Missing missing, long[] buckets, bool hasNumbers, long gaps, ColumnSummary summary) : ColumnFit
{
    private bool counted = !hasNumbers;

    // In a column of texts and numbers all are counted again, for numbers have not been counted by their text.
    private readonly long[] rows = hasNumbers ? new long[buckets.Length] : buckets;

    public override bool NeedsPass => !counted;

    public override PlannedColumn Reader { get; } = new HashedColumn(name, missing, gaps > 0, buckets.Length) { Summary = summary };

    public override void Add(double raw)
    {
        if (!double.IsNaN(raw))
        {
            rows[(int)raw]++;
        }
    }

    public override void EndPass() => counted = true;

    public override PlannedColumn Finish(List<Moments> features)
    {
        long[] filled = [.. rows];
        if (missing.Kind == MissingKind.Constant)
        {
            filled[HashedColumn.BucketOf(missing.Value, filled.Length)] += gaps;
        }

        long all = rows.Sum() + gaps;
        foreach (long count in filled)
        {
            Moments feature = Moments.Of(1, count);
            feature.Add(Moments.Of(0, all - count));
            features.Add(feature);
        }

        Indicate(missing, gaps, rows.Sum(), features);
        return Reader;
    }
}
