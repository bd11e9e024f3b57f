using System.Text.Json;

namespace FastMlp.Data;

/// <summary>x' = x - offset, rounded once to float32. What lies far outside the training values is taken back to the edge of what is accepted.</summary>
internal sealed class NumberColumn : PlannedColumn
{
    /// <summary>
    /// Training ranges beyond the training values that a number may lie: farther out it is clipped. A thousand leave every plausible value as it is and keep
    /// scaled values, and so the network, finite.
    /// </summary>
    private const double AcceptedRanges = 1000;

    private readonly double least = double.NegativeInfinity;
    private readonly double greatest = double.PositiveInfinity;

    public NumberColumn(string name, Missing missing, double fill, bool missingSeen, double offset, double? min, double? max)
        : base(name, missing, fill, missingSeen, [name])
    {
        Offset = offset;
        Min = min;
        Max = max;
        if (min is { } low && max is { } high)
        {
            double range = high > low ? high - low : Math.Max(1, Math.Abs(high));
            least = Math.Max(-float.MaxValue, low - (AcceptedRanges * range));
            greatest = Math.Min(float.MaxValue, high + (AcceptedRanges * range));
        }
    }

    /// <summary>What is taken off in double precision, where float32 would lose what distinguishes the values; else 0.</summary>
    public override double Offset { get; }

    public double? Min { get; }

    public double? Max { get; }

    public override ColumnKind Kind => ColumnKind.Number;

    internal override bool IsPlain => Missing.Kind == MissingKind.Error && Offset == 0;

    internal override string Wanted => "a finite number was expected";

    internal override bool TryRead(ReadOnlySpan<char> field, char mark, out double raw) =>
        (NumberText.TryParse(field, mark, out raw) || ValueText.TryNumber(field, mark, out raw, out _) || TryTruth(field, out raw)) && TryRead(raw, out raw);

    internal override bool TryRead(double number, out double raw)
    {
        raw = number;
        return Math.Abs(number) <= float.MaxValue;
    }

    internal override bool IsOutOfRange(double raw) => raw < Min || raw > Max;

    /// <summary>Whether it lies so far outside that it is clipped.</summary>
    internal bool IsClipped(double raw) => raw < least || raw > greatest;

    private protected override void EncodeValue(double raw, Span<float> features) => features[0] = (float)(Math.Clamp(raw, least, greatest) - Offset);

    private protected override void WriteKind(Utf8JsonWriter writer)
    {
        writer.WriteNumber("offset", Offset);
        if (Min is { } min && Max is { } max)
        {
            writer.WriteNumber("min", min);
            writer.WriteNumber("max", max);
        }
    }

    public static NumberColumn Read(string name, Missing missing, double fill, bool seen, ColumnSummary? summary, JsonElement element, string where)
    {
        double? min = Json.ReadOptionalDouble(element, "min", where);
        double? max = Json.ReadOptionalDouble(element, "max", where);
        return Math.Abs(fill) > float.MaxValue ? throw new ModelFormatException($"{where}: \"fill\" is beyond the range of float32.")
            : min > max ? throw new ModelFormatException($"{where}: \"min\" is above \"max\".")
            : new NumberColumn(name, missing, fill, seen, Json.ReadOptionalDouble(element, "offset", where) ?? 0, min, max) { Summary = summary };
    }

    /// <summary>A column of 0 and 1 takes true and false too.</summary>
    private bool TryTruth(ReadOnlySpan<char> field, out double raw)
    {
        bool read = ValueText.TryBoolean(field, out bool value, out _) && Min == 0 && Max == 1;
        raw = value ? 1 : 0;
        return read;
    }
}
