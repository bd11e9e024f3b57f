using System.Globalization;
using FastMlp.Data;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>A column of the data, and where its features stand in a row.</summary>
internal sealed record InputColumn(string Name, int Start, PlannedColumn? Plan)
{
    public int Width => Plan?.Width ?? 1;

    public bool IsNumber => Plan is null || (Plan.Kind == ColumnKind.Number && Width == 1);

    /// <summary>The columns in the order of the features.</summary>
    public static IReadOnlyList<InputColumn> Of(Preprocessing preprocessing)
    {
        List<InputColumn> columns = [];
        if (preprocessing.Columns is { } plan)
        {
            int start = 0;
            foreach (PlannedColumn column in plan.Columns)
            {
                columns.Add(new InputColumn(column.Name, start, column));
                start += column.Width;
            }

            return columns;
        }

        for (int i = 0; i < preprocessing.Features.Size; i++)
        {
            string name = preprocessing.FeatureNames.Count > 0 ? preprocessing.FeatureNames[i] : string.Create(CultureInfo.InvariantCulture, $"column{i}");
            columns.Add(new InputColumn(name, i, null));
        }

        return columns;
    }

    /// <summary>What a row has in this column, as a person reads it.</summary>
    /// <param name="features">The whole row, not scaled.</param>
    public string Read(ReadOnlySpan<float> features)
    {
        ReadOnlySpan<float> own = features.Slice(Start, Width);
        if (Plan is not null && Plan.Missing.Kind == MissingKind.Indicator && own[^1] > 0.5f)
        {
            return "missing";
        }

        if (Plan is null || Plan.Kind == ColumnKind.Number)
        {
            return Text.Value(own[0] + (Plan?.Offset ?? 0));
        }

        if (Plan.Kind != ColumnKind.Category)
        {
            return Plan.Kind switch
            {
                ColumnKind.Boolean => own[0] > 0.5f ? "true" : "false",
                ColumnKind.Date => $"day {Text.Value(own[0])}",
                _ => own.IndexOf(1) is >= 0 and int bucket ? $"#{bucket}" : "no text",
            };
        }

        for (int i = 0; i <= Plan.Categories.Count; i++)
        {
            if (own[i] > 0.999f)
            {
                return i < Plan.Categories.Count ? Plan.Categories[i] : "(other)";
            }
        }

        return "(as the average row)";
    }
}
