using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>The rows, split into training, validation and test rows.</summary>
internal abstract class TrainingData(string name, Scaling scaling, double testFraction)
{
    /// <summary>The share of the rows that is held out where the data bring no test set of their own.</summary>
    public const double DefaultTestFraction = 0.25;

    public const double DefaultValidationFraction = 0.1;

    public string Name { get; } = name;

    public Scaling Scaling { get; } = scaling;

    /// <summary>The share held out of <see cref="Rows"/>; 0 where the test rows came from elsewhere.</summary>
    public double TestFraction { get; } = testFraction;

    /// <summary>Fitted to the training rows only.</summary>
    public abstract Preprocessing Preprocessing { get; }

    /// <summary>Rows before the split.</summary>
    public abstract long Rows { get; }

    public abstract long TrainRows { get; }

    public abstract long ValidationRows { get; }

    public abstract long TestRows { get; }

    /// <summary>Pixels in a line of an image; 0 where a row is none.</summary>
    public int ImageWidth { get; protected init; }

    /// <summary>Whether the rows are read from the file again for each epoch.</summary>
    public virtual bool IsStream => false;

    /// <summary>The rows that training sees; null where they are too many to be named.</summary>
    public virtual RowFingerprints? SeenRows => null;

    /// <summary>What was done about the form of the data, one sentence each.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    public bool Classifies => Preprocessing.Task == DataTask.Classification;

    public int InputSize => Preprocessing.Features.Size;

    /// <summary>Classes, or values to learn.</summary>
    public abstract int TargetSize { get; }

    /// <summary>Training rows of each class; null where they are not known before the training.</summary>
    public virtual IReadOnlyList<long>? ClassRows => null;

    /// <summary>Rows to choose settings by, as the network sees them; null where they cannot be held.</summary>
    public virtual Dataset? RowsToSearch => null;

    public abstract FitReport Fit(Network network, TrainingPlan plan, Action<EpochReport> progress, CancellationToken stop);

    /// <summary>Rows to show one by one: those held out for the test, else for validation, else those trained on, and which they are.</summary>
    public abstract (Dataset Rows, string Name) RowsToShow();

    /// <summary>The figures on the test rows; null where there are none.</summary>
    public abstract Score? ScoreTest(Network network);

    /// <param name="settings">What the user asked for.</param>
    /// <param name="notes">Takes a line on what lasts long.</param>
    /// <param name="stop">Ends the reading.</param>
    public static TrainingData Load(TrainSettings settings, TextWriter notes, CancellationToken stop) =>
        settings.Stream ? StreamData.Open(settings, notes, stop) : SplitData.Load(settings);
}
