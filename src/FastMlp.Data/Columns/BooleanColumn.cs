namespace FastMlp.Data;

/// <summary>1 for true, yes, t, y and on, 0 for their contraries, in any case.</summary>
internal sealed class BooleanColumn(string name, Missing missing, double fill, bool missingSeen) : PlannedColumn(name, missing, fill, missingSeen, [name])
{
    public override ColumnKind Kind => ColumnKind.Boolean;

    internal override string Wanted => "true or false was expected (or yes and no, t and f, y and n, on and off, 1 and 0)";

    internal override bool TryRead(ReadOnlySpan<char> field, char mark, out double raw)
    {
        if (ValueText.TryBoolean(field, out bool value, out _))
        {
            raw = value ? 1 : 0;
            return true;
        }

        return NumberText.TryParse(field, mark, out raw) && TryRead(raw, out raw);
    }

    internal override bool TryRead(double number, out double raw)
    {
        raw = number;
        return number is 0 or 1;
    }

    private protected override void EncodeValue(double raw, Span<float> features) => features[0] = (float)raw;

    public static BooleanColumn Read(string name, Missing missing, double fill, bool seen, ColumnSummary? summary, string where) => fill is >= 0 and <= 1
        ? new BooleanColumn(name, missing, fill, seen) { Summary = summary }
        : throw new ModelFormatException($"{where}: \"fill\" is not from 0 to 1.");
}
