namespace FastMlp.Data;

/// <summary>What all training values of a column are, gathered one at a time in bounded memory, whatever the column may turn out to be.</summary>
/// <param name="mark">The decimal mark of the file.</param>
internal sealed class ColumnStatistics(char mark)
{
    /// <summary>Different texts that are counted one by one; of more only what they could be is known.</summary>
    public const int MostTexts = 1 << 16;

    private readonly List<long> counts = [];
    private readonly DistinctCount distinct = new();
    private Moments numbers;
    private Moments beyondNumbers;

    /// <summary>Rows.</summary>
    public long Rows { get; private set; }

    public long Missing { get; private set; }

    /// <summary>Of the plain numbers.</summary>
    public Moments Numbers => numbers;

    public DistinctCount DistinctNumbers => distinct;

    /// <summary>Whether every plain number is whole.</summary>
    public bool AreWhole { get; private set; } = true;

    /// <summary>Values in rows of each text, by its code.</summary>
    public IReadOnlyList<long> TextCounts => counts;

    /// <summary>Rows whose text is one too many to be counted.</summary>
    public long Beyond { get; private set; }

    /// <summary>Those of them that are numbers.</summary>
    public Moments BeyondNumbers => beyondNumbers;

    /// <summary>The orders of dates that all of them fit.</summary>
    public DateOrder BeyondOrders { get; private set; } = (DateOrder)31;

    /// <summary>Rows of them by the feature that their hash raises.</summary>
    public long[] BeyondBuckets { get; } = new long[HashedColumn.DefaultBuckets];

    public void Add(double cell)
    {
        Rows++;
        if (!double.IsNaN(cell))
        {
            numbers.Add(cell);
            distinct.Add(cell);
            AreWhole &= cell == Math.Truncate(cell);
            return;
        }

        int code = Cell.CodeOf(cell);
        if (code < 0)
        {
            Missing++;
            return;
        }

        while (counts.Count <= code)
        {
            counts.Add(0);
        }

        counts[code]++;
    }

    /// <summary>A text that has no code any more.</summary>
    public void AddBeyond(ReadOnlySpan<char> text)
    {
        Rows++;
        Beyond++;
        if (ValueText.TryNumber(text, mark, out double value, out _) && Math.Abs(value) <= float.MaxValue)
        {
            beyondNumbers.Add(value);
        }

        BeyondOrders &= DateText.Orders(text);
        BeyondBuckets[HashedColumn.BucketOf(text, BeyondBuckets.Length)]++;
    }

    /// <summary>Of a column in memory.</summary>
    public static ColumnStatistics Of(RawColumn column, char mark)
    {
        ColumnStatistics statistics = new(mark);
        foreach (double cell in column.Cells)
        {
            if (double.IsNaN(cell) && Cell.CodeOf(cell) is int code && code >= MostTexts)
            {
                statistics.AddBeyond(column.CodedTexts[code]);
            }
            else
            {
                statistics.Add(cell);
            }
        }

        return statistics;
    }
}
