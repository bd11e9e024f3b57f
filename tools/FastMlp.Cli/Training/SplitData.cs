using System.Globalization;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>The rows parted into those that train, those that watch over training and those that score the result, all scaled.</summary>
internal sealed class SplitData
{
    /// <summary>The share of the rows that is held out where the data bring no test set of their own.</summary>
    public const double DefaultTestFraction = 0.25;

    private SplitData(DataSource source, RawTable all, RawTable train, RawTable? validation, Scaling scaling)
    {
        Name = source.Name;
        Rows = all.Rows;
        Scaling = scaling;
        Preprocessing = Preprocessing.Fit(train, scaling);
        Train = Preprocessing.Transform(train);
        Validation = validation is null ? null : Preprocessing.Transform(validation);
    }

    public string Name { get; }

    /// <summary>Rows before the split.</summary>
    public int Rows { get; }

    public Dataset Train { get; }

    public Dataset? Validation { get; }

    public Dataset? Test { get; private set; }

    /// <summary>The share held out of <see cref="Rows"/>; 0 where the test rows came from elsewhere.</summary>
    public double TestFraction { get; private init; }

    public Scaling Scaling { get; }

    /// <summary>Fitted to <see cref="Train"/> only.</summary>
    public Preprocessing Preprocessing { get; }

    public bool Classifies => Train.IsClassification;

    public static SplitData Load(TrainSettings settings)
    {
        DataSource source = DataSource.Find(settings.Data);
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
        (RawTable train, RawTable? validation) = Part(rest, settings.Validation ?? 0.1, settings.Seed);
        if (train.Rows == 0 || (testFraction > 0 && heldOut is null))
        {
            throw new CommandFailedException($"{source.Name} has {Text.Count(all.Rows, "row")}: too few to train on some and hold out others; give --test 0 or another share.");
        }

        SplitData data = new(source, all, train, validation, settings.Scale ?? (source.IsIdxFolder ? Scaling.Pixels : Scaling.Standard))
        {
            TestFraction = testFraction,
        };
        if (heldOut is not null)
        {
            data.Test = data.Preprocessing.Transform(heldOut);
        }
        else
        {
            data.SetTest(testSource?.LoadFor(data.Preprocessing) ?? (wantedFraction is null ? ownTest : null));
        }

        return data;
    }

    /// <summary>The rows that parting off a share of them takes, of each class alike; null where that rounds to no row at all.</summary>
    public static int[]? HeldOutRows(RawTable rows, double fraction, int seed) => Indices(rows, fraction, seed)?.HeldOut;

    private static (int[] Kept, int[] HeldOut)? Indices(RawTable rows, double fraction, int seed) =>
        fraction > 0 && rows.Rows > 1 && rows.SplitRows(fraction, seed, stratified: rows.IsClassification) is { HeldOut.Length: > 0 } parts ? parts : null;

    private static (RawTable Kept, RawTable? PartedOff) Part(RawTable rows, double fraction, int seed) =>
        Indices(rows, fraction, seed) is { } parts ? (rows.Select(parts.Kept), rows.Select(parts.HeldOut)) : (rows, null);

    private void SetTest(Dataset? test)
    {
        if (test is not null && test.InputSize != Preprocessing.Features.Size)
        {
            throw new CommandFailedException($"the test set has {Text.Count(test.InputSize, "feature")} in a row; {Name} has {Text.Count(Train.InputSize)}.");
        }

        Test = test is null ? null : Preprocessing.Transform(test);
    }

    private static void Check(DataSource source, RawTable all)
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
