using System.Globalization;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>A CSV file that is read again for each epoch, so that it need not fit in memory.</summary>
internal sealed class StreamData : TrainingData
{
    /// <summary>Rows that are scored together.</summary>
    private const int ScoredRows = 4096;

    private readonly CsvBatches batches;

    private StreamData(string name, CsvBatches batches, Scaling scaling, double testFraction)
        : base(name, scaling, testFraction) => this.batches = batches;

    public override Preprocessing Preprocessing => batches.Preprocessing;

    public override long Rows => batches.Rows;

    public override long TrainRows => batches.TrainRows;

    public override long ValidationRows => batches.Validation?.Rows ?? 0;

    public override long TestRows => batches.TestRows;

    public override bool IsStream => true;

    public override int TargetSize => Classifies ? Preprocessing.ClassNames.Count : 1;

    public static StreamData Open(TrainSettings settings, TextWriter notes, CancellationToken stop)
    {
        DataSource source = settings.Source;
        if (source.IsReadOnce)
        {
            throw new UsageException("--stream reads a CSV file again for each epoch, and standard input comes once; leave --stream away, or give a file.");
        }

        if (!source.IsCsv)
        {
            throw new UsageException($"--stream reads a CSV file again for each epoch; {source.Name} is none.");
        }

        if (settings.BatchSize == FitOptions.FullBatch)
        {
            throw new UsageException("--batch full takes all rows at once, and --stream never does.");
        }

        double testFraction = DefaultTestFraction;
        if (settings.Test is not null && !(double.TryParse(settings.Test, NumberStyles.Float, CultureInfo.InvariantCulture, out testFraction) && testFraction is >= 0 and < 1))
        {
            throw new UsageException($"--test {settings.Test}: with --stream it is a fraction of at least 0 and below 1; score other data by fastmlp evaluate.");
        }

        Scaling scaling = settings.Scale ?? Scaling.Standard;
        notes.WriteLine($"reading {settings.Data} once to learn its columns");
        CsvBatches batches = CsvBatches.Open(settings.Data, new CsvBatchOptions
        {
            Csv = settings.Csv,
            Scaling = scaling,
            TestFraction = testFraction,
            ValidationFraction = settings.Validation ?? DefaultValidationFraction,
            ShuffleRows = settings.ShuffleRows ?? new CsvBatchOptions().ShuffleRows,
            Seed = settings.Seed,
        }, stop);
        if (batches.Preprocessing.Task == DataTask.Classification && batches.Preprocessing.ClassNames.Count < 2)
        {
            throw new CommandFailedException($"{source.Name} has only the class {Listing.Of(batches.Preprocessing.ClassNames)} in its target column; there is nothing to tell apart.");
        }

        return new StreamData(source.Name, batches, scaling, testFraction);
    }

    public override FitReport Fit(Network network, TrainingPlan plan, Action<EpochReport> progress, CancellationToken stop) =>
        network.Fit(batches, plan.FitOptions(batches.Validation, progress), stop);

    public override (Dataset Rows, string Name) RowsToShow()
    {
        (RowPart part, string name) = TestRows > 0 ? (RowPart.Test, "test rows") : ValidationRows > 0 ? (RowPart.Validation, "validation rows") : (RowPart.Train, "training rows");
        return (batches.Read(part, Reporting.Html.ReportSubject.MostRows).First(), $"first {name}");
    }

    public override Dataset RowsOfBaseline => batches.Read(RowPart.Train, Baseline.MostRows).First();

    protected override IEnumerable<Dataset> TestParts => batches.Read(RowPart.Test, ScoredRows);
}
