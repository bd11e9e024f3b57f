using System.Text.Json;

namespace FastMlp.Data;

/// <summary>The cycles of time that a column of dates goes through.</summary>
[Flags]
internal enum DateParts
{
    None = 0,

    /// <summary>The days since the offset.</summary>
    Elapsed = 1,

    /// <summary>The place in the year.</summary>
    Year = 2,

    /// <summary>The place in the week.</summary>
    Week = 4,

    /// <summary>The time of the day.</summary>
    Day = 8,
}

/// <summary>
/// Days since an offset, in double precision until they are rounded once; then sine and cosine of the place in the year, in the week and in the day, each only
/// where the training rows vary in it.
/// </summary>
internal sealed class DateColumn : PlannedColumn
{
    public const double DaySeconds = 86400;

    private readonly DateParts parts;

    /// <param name="name">The name.</param>
    /// <param name="missing">The way with missing values.</param>
    /// <param name="fill">Seconds since 1970.</param>
    /// <param name="missingSeen">Whether a training row had a gap.</param>
    /// <param name="order">How the texts are read, beside ISO 8601.</param>
    /// <param name="parts">What becomes features.</param>
    /// <param name="min">The first moment of the training rows: days count from its day.</param>
    /// <param name="max">The last.</param>
    public DateColumn(string name, Missing missing, double fill, bool missingSeen, DateOrder order, DateParts parts, double min, double max)
        : base(name, missing, fill, missingSeen, Names(name, parts))
    {
        Order = order;
        this.parts = parts;
        Min = min;
        Max = max;
    }

    public DateOrder Order { get; }

    public double Min { get; }

    public double Max { get; }

    public override ColumnKind Kind => ColumnKind.Date;

    internal override string Wanted => Order switch
    {
        DateOrder.DayFirst => "a date such as 31.01.2024 was expected",
        DateOrder.MonthFirst => "a date such as 01/31/2024 was expected",
        DateOrder.NamedMonth => "a date such as 31 Jan 2024 was expected",
        DateOrder.TimeOnly => "a time such as 12:30 was expected",
        _ => "a date such as 2024-01-31 was expected",
    };

    private double Origin => Math.Floor(Min / DaySeconds) * DaySeconds;

    internal override bool TryRead(ReadOnlySpan<char> field, char mark, out double raw) =>
        DateText.TryParse(field, Order, out raw) || (Order != DateOrder.TimeOnly && DateText.TryParse(field, DateOrder.YearFirst, out raw));

    internal override bool TryRead(double number, out double raw)
    {
        raw = number;
        return Order == DateOrder.None;
    }

    internal override bool IsOutOfRange(double raw) => raw < Min || raw > Max;

    private protected override void EncodeValue(double raw, Span<float> features) => Encode(raw, parts, Origin, features);

    /// <summary>The features of the parts, in their order.</summary>
    public static void Encode(double seconds, DateParts parts, double origin, Span<float> features)
    {
        int i = 0;
        double days = Math.Floor(seconds / DaySeconds);
        double time = (seconds / DaySeconds) - days;
        if (parts.HasFlag(DateParts.Elapsed))
        {
            features[i++] = (float)((seconds - origin) / DaySeconds);
        }

        if (parts.HasFlag(DateParts.Year))
        {
            DateTime date = DateTime.UnixEpoch.AddDays(Math.Clamp(days, -719_162, 2_932_896));
            Cycle((date.DayOfYear - 1 + time) / (DateTime.IsLeapYear(date.Year) ? 366 : 365), features.Slice(i, 2));
            i += 2;
        }

        if (parts.HasFlag(DateParts.Week))
        {
            // 1970 began on a Thursday: three days after Monday.
            double weekday = days + 3 - (7 * Math.Floor((days + 3) / 7));
            Cycle(weekday / 7, features.Slice(i, 2));
            i += 2;
        }

        if (parts.HasFlag(DateParts.Day))
        {
            Cycle(time, features.Slice(i, 2));
        }
    }

    /// <summary>How many features the parts are.</summary>
    public static int WidthOf(DateParts parts) => Names("", parts).Count();

    private protected override void WriteKind(Utf8JsonWriter writer)
    {
        writer.WriteNumber("order", (int)Order);
        writer.WriteNumber("parts", (int)parts);
        writer.WriteNumber("min", Min);
        writer.WriteNumber("max", Max);
    }

    public static DateColumn Read(string name, Missing missing, double fill, bool seen, ColumnSummary? summary, JsonElement element, string where)
    {
        long order = Json.ReadLong(element, "order", where);
        long parts = Json.ReadLong(element, "parts", where);
        return order is 0 or 1 or 2 or 4 or 8 or 16 && parts is > 0 and < 16
            ? new DateColumn(name, missing, fill, seen, (DateOrder)order, (DateParts)parts, Json.ReadDouble(element, "min", where), Json.ReadDouble(element, "max", where)) { Summary = summary }
            : throw new ModelFormatException($"{where}: order {order} and parts {parts} are no reading of dates.");
    }

    private static void Cycle(double turn, Span<float> features) => (features[0], features[1]) = ((float)Math.Sin(Math.Tau * turn), (float)Math.Cos(Math.Tau * turn));

    private static IEnumerable<string> Names(string name, DateParts parts)
    {
        if (parts.HasFlag(DateParts.Elapsed))
        {
            yield return $"{name} (days)";
        }

        foreach ((DateParts part, string cycle) in new[] { (DateParts.Year, "year"), (DateParts.Week, "week"), (DateParts.Day, "day") })
        {
            if (parts.HasFlag(part))
            {
                yield return $"{name} ({cycle} sin)";
                yield return $"{name} ({cycle} cos)";
            }
        }
    }
}
