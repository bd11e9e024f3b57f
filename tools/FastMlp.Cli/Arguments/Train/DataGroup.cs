using System.CommandLine;
using FastMlp.Cli.Training;
using FastMlp.Data;

namespace FastMlp.Cli.Arguments.Train;

/// <summary>Which rows and columns are read, and how they are split.</summary>
internal sealed class DataGroup() : TrainGroup("Data")
{
    public Option<DataTask?> Task { get; } = Arguments.Options.Choice("--task", "Learn classes or values [default: by the target column]",
        ("classify", DataTask.Classification), ("regress", DataTask.Regression));

    public Option<string?> Target { get; } = new("--target")
    {
        HelpName = "COLUMN",
        Description = "What to learn: a CSV column by name or by number from 0 [default: the last], an array of an npz file [default: y] or a column of an npy file",
    };

    public Option<Scaling?> Scale { get; } = Arguments.Options.Choice("--scale", "Scaling of the features, fitted to the training rows [default: standard, for idx files pixels]",
        ("standard", Scaling.Standard), ("minmax", Scaling.MinMax), ("pixels", Scaling.Pixels), ("none", Scaling.None));

    public Option<double?> Validation { get; } = Arguments.Options.Fraction("--validation",
        "Share of the training rows that is scored after every epoch and not trained on [default: 0.1; none of fewer than 5,000 rows whose length of training was chosen by the search]");

    public Option<string?> Test { get; } = new("--test")
    {
        HelpName = "FRACTION or PATH",
        Description = "What to hold out for the final figures: a share of the rows, or other data [default: the test set of the folder, else 0.25]",
    };

    public Option<int?> Folds { get; } = Arguments.Options.Integer("--folds",
        "Cross-validate: split all rows into K folds, train K times without one of them, score it, and print the mean and the standard deviation; no model is written", least: 2);

    public ColumnOptions Columns { get; } = new();

    public Option<bool> Stream { get; } = new("--stream")
    {
        Description = "Read the CSV file again for each epoch instead of into memory, for files larger than that; without --epochs one pass is enough from 60,000 rows on",
    };

    public Option<int?> ShuffleRows { get; } = Arguments.Options.Integer("--shuffle-rows", "Rows of a stream that wait in memory to be shuffled [default: 100,000]", least: 1);

    public override IReadOnlyList<Option> Options => [Task, Target, Scale, Validation, Test, Folds, .. Columns.All, Stream, ShuffleRows];

    public override TrainSettings Read(ParseResult parsed, TrainSettings settings) => settings with
    {
        Csv = Columns.Read(parsed, parsed.GetValue(Target), parsed.GetValue(Task)),
        Scale = parsed.GetValue(Scale),
        Validation = parsed.GetValue(Validation),
        Test = parsed.GetValue(Test),
        Stream = parsed.GetValue(Stream),
        ShuffleRows = parsed.GetValue(ShuffleRows),
    };
}
