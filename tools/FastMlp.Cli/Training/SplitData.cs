using System.Globalization;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>Rows in memory, split and scaled.</summary>
internal sealed class SplitData : TrainingData
{
    private readonly long rows;
    private readonly List<string> notes;
    private readonly Dataset train;
    private readonly Dataset? validation;
    private Dataset? test;

    private SplitData(DataSource source, RawTable all, RawTable train, RawTable? validation, Scaling scaling, double testFraction)
        : base(source.Name, scaling, testFraction)
    {
        rows = all.Rows;
        notes = [.. all.Notes];
        Preprocessing = Preprocessing.Fit(train, scaling);
        this.train = Preprocessing.Transform(train);
        SeenRows = RowFingerprints.Of(Preprocessing, train, validation);
        ImageWidth = source.ImageWidth(Preprocessing.Features.Size);
        this.validation = validation is null ? null : Preprocessing.Transform(validation);
    }

    public override Preprocessing Preprocessing { get; }

    public override IReadOnlyList<string> Notes => notes;

    public override RowFingerprints? SeenRows { get; }

    public override long Rows => rows;

    public override long TrainRows => train.Rows;

    public override long ValidationRows => validation?.Rows ?? 0;

    public override long TestRows => test?.Rows ?? 0;

    public override int TargetSize => train.TargetSize;

    public override Dataset RowsToSearch => train;

    /// <summary>Rows to train on and rows to decide by; null where there are too few for both.</summary>
    public (Dataset Train, Dataset Validation)? RowsToTune => validation is null ? null : (train, validation);

    public override IReadOnlyList<long> ClassRows
    {
        get
        {
            long[] counts = new long[TargetSize];
            foreach (int label in train.Labels)
            {
                counts[label]++;
            }

            return counts;
        }
    }

    public override FitReport Fit(Network network, TrainingPlan plan, Action<EpochReport> progress, CancellationToken stop) =>
        network.Fit(train, plan.FitOptions(validation, progress), stop);

    public override (Dataset Rows, string Name) RowsToShow() =>
        test is not null ? (test, "test rows") : validation is not null ? (validation, "validation rows") : (train, "training rows");

    public override Dataset RowsOfBaseline => train;

    protected override IEnumerable<Dataset> TestParts => test is null ? [] : [test];

    public static SplitData Load(TrainSettings settings)
    {
        DataSource source = settings.Source;
        DataSource? testSource = null;
        double? wantedFraction = null;
        if (settings.Test is not null)
        {
            if (double.TryParse(settings.Test, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                wantedFraction = number is >= 0 and < 1
                    ? number
                    : throw new UsageException($"--test {settings.Test}: a fraction is at least 0 and below 1; the path of a file by this name starts with ./");
            }
            else
            {
                testSource = DataSource.Find(settings.Test);
            }
        }

        (RawTable all, Dataset? ownTest) = source.LoadTable(settings.Csv);
        Check(source, all);
        double testFraction = wantedFraction ?? (testSource is null && ownTest is null ? DefaultTestFraction : 0);
        (RawTable rest, RawTable? heldOut) = Part(all, testFraction, settings.Seed);
        SplitData data = Of(settings, source, all, rest, heldOut, testFraction);
        if (heldOut is null)
        {
            data.SetTest(testSource?.LoadFor(data.Preprocessing) ?? (wantedFraction is null ? ownTest : null));
        }

        return data;
    }

    /// <param name="settings">What the user asked for.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="all">All of them.</param>
    /// <param name="rest">Those to train on and to part the validation rows off.</param>
    /// <param name="heldOut">Those of the test.</param>
    /// <param name="testFraction">Their share, if they are some of <paramref name="all"/>.</param>
    public static SplitData Of(TrainSettings settings, DataSource source, RawTable all, RawTable rest, RawTable? heldOut, double testFraction)
    {
        (RawTable train, RawTable? validation) = Part(rest, settings.Validation ?? (ShortSearch.TakesAll(settings, rest.Rows) ? 0 : DefaultValidationFraction), settings.Seed);
        if (train.Rows == 0 || (testFraction > 0 && heldOut is null))
        {
            throw new CommandFailedException($"{source.Name} has {Text.Count(all.Rows, "row")}: too few to train on some and hold out others; give --test 0 or another share.");
        }

        SplitData data = new(source, all, train, validation, settings.Scale ?? (source.IsIdxFolder ? Scaling.Pixels : Scaling.Standard), testFraction);
        data.test = heldOut is null ? null : data.Preprocessing.Transform(heldOut);
        return data;
    }

    /// <summary>The rows that a split by this share holds out, the same share of each class; null where that rounds to no row.</summary>
    public static int[]? HeldOutRows(RawTable rows, double fraction, int seed) => Indices(rows, fraction, seed)?.HeldOut;

    private static (int[] Kept, int[] HeldOut)? Indices(RawTable rows, double fraction, int seed) =>
        fraction > 0 && rows.Rows > 1 && rows.SplitRows(fraction, seed, stratified: rows.IsClassification) is { HeldOut.Length: > 0 } parts ? parts : null;

    private static (RawTable Kept, RawTable? PartedOff) Part(RawTable rows, double fraction, int seed) =>
        Indices(rows, fraction, seed) is { } parts ? (rows.Select(parts.Kept), rows.Select(parts.HeldOut)) : (rows, null);

    private void SetTest(Dataset? rows)
    {
        if (rows is not null && rows.InputSize != InputSize)
        {
            throw new CommandFailedException($"the test set has {Text.Count(rows.InputSize, "feature")} in a row; {Name} has {Text.Count(InputSize)}.");
        }

        int seen = rows is null || SeenRows is null ? 0 : Enumerable.Range(0, rows.Rows).Count(row => SeenRows.Contain(rows, row));
        if (seen > 0)
        {
            notes.Add($"{Text.Count(seen)} of the {Text.Count(rows!.Rows, "test row")} are rows that were trained on; the test figures are too good by them.");
        }

        test = rows is null ? null : Preprocessing.Transform(rows);
    }

    /// <summary>There are rows, and something to learn from them.</summary>
    public static void Check(DataSource source, RawTable all)
    {
        if (all.Rows == 0)
        {
            throw new CommandFailedException($"{source.Name} has no rows.");
        }

        if (all.IsClassification && all.TargetSize < 2)
        {
            throw new CommandFailedException($"{source.Name} has only the class {Listing.Of(all.ClassNames)} in its target column; there is nothing to tell apart.");
        }
    }
}
