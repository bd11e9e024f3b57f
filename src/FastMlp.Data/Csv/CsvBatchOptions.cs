namespace FastMlp.Data;

/// <summary>How a CSV file larger than memory is read.</summary>
public sealed record CsvBatchOptions
{
    /// <summary>How the columns are read.</summary>
    public CsvOptions Csv { get; init; } = new();

    /// <summary>How the features are scaled.</summary>
    public Scaling Scaling { get; init; } = Scaling.Standard;

    /// <summary>Whether the targets of a regression are standardized.</summary>
    public bool ScaleTargets { get; init; } = true;

    /// <summary>The share of the rows that are neither trained on nor looked at when the plan is fitted, but scored at the end.</summary>
    public double TestFraction { get; init; }

    /// <summary>The share of the other rows to be scored after every epoch.</summary>
    public double ValidationFraction { get; init; }

    /// <summary>Validation rows to hold in memory at most: where the share is more, it is halved until it is not.</summary>
    public int MaxValidationRows { get; init; } = 20_000;

    /// <summary>
    /// Rows that wait for their turn: each batch is drawn from them at random, so a row comes at most about as much later or earlier than
    /// in the file. More mix better and take 4 bytes for each column of each row.
    /// </summary>
    public int ShuffleRows { get; init; } = 100_000;

    /// <summary>The seed of the split and of the order.</summary>
    public int Seed { get; init; }
}
