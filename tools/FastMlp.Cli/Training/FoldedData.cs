using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>The rows in k folds, each of them once held out from all others.</summary>
internal sealed class FoldedData
{
    private readonly TrainSettings settings;
    private readonly DataSource source;
    private readonly RawTable all;
    private readonly int[] foldOf;

    private FoldedData(TrainSettings settings, DataSource source, RawTable all, int folds)
    {
        this.settings = settings;
        this.source = source;
        this.all = all;
        Count = folds;
        foldOf = new int[all.Rows];

        // The order is that of a split, whose parts are its beginning and its rest; dealt out like cards, class by class.
        (int[] rest, int[] beginning) = all.SplitRows(0.5, settings.Seed);
        IEnumerable<int> order = beginning.Concat(rest);
        int[] labels = all.Labels.ToArray();
        int dealt = 0;
        foreach (int row in all.IsClassification ? order.OrderBy(row => labels[row]) : order)
        {
            foldOf[row] = dealt++ % folds;
        }
    }

    /// <summary>k.</summary>
    public int Count { get; }

    public string Name => source.Name;

    public int Rows => all.Rows;

    public static FoldedData Load(TrainSettings settings, int folds)
    {
        DataSource source = settings.Source;
        (RawTable all, _) = source.LoadTable(settings.Csv);
        SplitData.Check(source, all);
        return folds <= all.Rows
            ? new FoldedData(settings, source, all, folds)
            : throw new UsageException($"--folds {folds}: {source.Name} has {Text.Count(all.Rows, "row")}, and each fold needs one.");
    }

    /// <summary>The data with the rows of one fold as the test set; preprocessing is fitted to the training part of the others.</summary>
    /// <param name="fold">From 0.</param>
    public SplitData Fold(int fold)
    {
        int[] rows = [.. Enumerable.Range(0, all.Rows)];
        return SplitData.Of(settings, source, all, all.Select(Array.FindAll(rows, row => foldOf[row] != fold)), all.Select(Array.FindAll(rows, row => foldOf[row] == fold)), 1.0 / Count);
    }
}
