using FastMlp.Data;

namespace FastMlp.Cli.Sources;

/// <summary>Values of rows, features or answers, [rows, width], and beside them the texts of the columns that are kept, each with one for each row.</summary>
internal sealed record KeptRows(float[] Values, IReadOnlyList<IReadOnlyList<string>> Kept)
{
    public static KeptRows Of(FeatureTable table) => new(table.Features.ToArray(), table.Kept);
}
