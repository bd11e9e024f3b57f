using System.Text.Json;

namespace FastMlp.Data;

/// <summary>What was read of a column, over the training rows: a line of "What I read".</summary>
public sealed record ColumnSummary
{
    /// <summary>The name of the column.</summary>
    public required string Name { get; init; }

    /// <summary>Its place in the file, from 0.</summary>
    public required int Position { get; init; }

    /// <summary><c>number</c>, <c>category</c>, <c>boolean</c>, <c>date</c> or <c>text</c>; of a column that is left out why: <c>id</c>, <c>constant</c>, <c>empty</c> or <c>ignored</c>; of the target <c>classes</c> or <c>values</c>.</summary>
    public required string ReadAs { get; init; }

    /// <summary>Whether no feature comes of it.</summary>
    public bool IsLeftOut => ReadAs is "id" or "constant" or "empty" or "ignored";

    /// <summary>Different values.</summary>
    public long Distinct { get; init; }

    /// <summary>Whether <see cref="Distinct"/> is exact; above 2,048 different numbers it is an estimate.</summary>
    public bool DistinctIsExact { get; init; } = true;

    /// <summary>Rows without a value.</summary>
    public long Missing { get; init; }

    /// <summary>A value as it stands there.</summary>
    public string Example { get; init; } = "";

    /// <summary>What was decided, where something was; else empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>The least number, if it holds numbers.</summary>
    public double? Min { get; init; }

    /// <summary>The greatest number.</summary>
    public double? Max { get; init; }

    /// <summary>The mean of the numbers.</summary>
    public double? Mean { get; init; }

    /// <summary>The standard deviation of the numbers, of the population.</summary>
    public double? Deviation { get; init; }

    /// <summary>Writes the members of a JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteString("name", Name);
        json.WriteNumber("position", Position);
        json.WriteString("readAs", ReadAs);
        WriteFigures(json);
    }

    internal void WriteFigures(Utf8JsonWriter json)
    {
        json.WriteNumber("distinct", Distinct);
        json.WriteBoolean("distinctIsExact", DistinctIsExact);
        json.WriteNumber("missing", Missing);
        json.WriteString("example", Example);
        json.WriteString("note", Note);
        Write(json, "min", Min);
        Write(json, "max", Max);
        Write(json, "mean", Mean);
        Write(json, "deviation", Deviation);
    }

    internal static ColumnSummary Read(JsonElement element, string where) => new()
    {
        Name = Json.ReadString(element, "name", where),
        Position = (int)Json.ReadLong(element, "position", where),
        ReadAs = Json.ReadString(element, "readAs", where),
        Distinct = Json.ReadLong(element, "distinct", where),
        DistinctIsExact = Json.ReadBoolean(element, "distinctIsExact", where),
        Missing = Json.ReadLong(element, "missing", where),
        Example = Json.ReadString(element, "example", where),
        Note = Json.ReadString(element, "note", where),
        Min = Json.ReadOptionalDouble(element, "min", where),
        Max = Json.ReadOptionalDouble(element, "max", where),
        Mean = Json.ReadOptionalDouble(element, "mean", where),
        Deviation = Json.ReadOptionalDouble(element, "deviation", where),
    };

    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
