using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli.Reporting.Html;

/// <summary>What a report is about.</summary>
internal sealed record ReportSubject
{
    /// <summary>The most rows that are drawn and looked at one by one; figures are of all.</summary>
    public const int MostRows = 20_000;

    /// <summary>The most outputs that are kept for them: fewer rows of a network with thousands of classes.</summary>
    private const int MostOutputs = 8_000_000;

    public required string Title { get; init; }

    public required Network Network { get; init; }

    public required Preprocessing Preprocessing { get; init; }

    /// <summary>The classes by name.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>How the training went; null where a stored model is scored.</summary>
    public FitReport? Training { get; init; }

    /// <summary>The rows looked at, scaled; null where there are none.</summary>
    public required Dataset? Rows { get; init; }

    /// <summary>What the rows are to the model: <c>test rows</c>.</summary>
    public required string RowsName { get; init; }

    /// <summary>The figures of all those rows.</summary>
    public required Score? Score { get; init; }

    /// <summary>What the test rows give without a network; null where that is not known.</summary>
    public Baselines? Baselines { get; init; }

    /// <summary>Pixels in a line of an image; 0 where a row is none.</summary>
    public int ImageWidth { get; init; }

    /// <summary>What else is to be said about the run, name and value.</summary>
    public required IReadOnlyList<(string Name, string Value)> Facts { get; init; }

    public bool Classifies => Preprocessing.Task == DataTask.Classification;

    /// <summary>The rows that are looked at one by one.</summary>
    public Dataset? Shown => Rows is { Rows: > 0 } all ? Sample(all, Math.Clamp(MostOutputs / Network.OutputSize, 1, MostRows)) : null;

    /// <summary>All rows, or as many as are looked at, evenly from beginning to end.</summary>
    public static Dataset Sample(Dataset rows, int most)
    {
        if (rows.Rows <= most)
        {
            return rows;
        }

        int[] chosen = new int[most];
        for (int i = 0; i < most; i++)
        {
            chosen[i] = (int)((long)i * rows.Rows / most);
        }

        return rows.Select(chosen);
    }
}
