using System.Globalization;

namespace FastMlp.Data;

/// <summary>Rows of numbers with numbers for targets, from a format that has nothing else, on their way to a <see cref="Dataset"/>.</summary>
/// <param name="Source">The name in messages.</param>
/// <param name="Features">[rows, inputSize].</param>
/// <param name="InputSize">Features in a row.</param>
/// <param name="Targets">[rows, targetSize]; null where there are none.</param>
/// <param name="TargetSize">Targets in a row.</param>
/// <param name="PlaceOf">Where a row stands, such as "row 3" or "line 4".</param>
internal sealed record NumericRows(string Source, float[] Features, int InputSize, double[]? Targets, int TargetSize, Func<int, string> PlaceOf)
{
    public int Rows => Features.Length / InputSize;

    /// <summary>A set of its own: what the targets are is given, or found as in a CSV file.</summary>
    public Dataset ToDataset(DataTask? task)
    {
        Check();
        double[] targets = RequireTargets();
        NumberClasses classes = new();
        Array.ForEach(targets, classes.Count);
        bool classifies = TargetSize == 1 && (task == DataTask.Classification || (task is null && classes.AreLikely));
        if (task == DataTask.Classification && TargetSize > 1)
        {
            throw new DataFormatException($"{Source}: a row has {TargetSize} targets; classes are told by one number.");
        }

        if (!classifies)
        {
            return new Dataset(Features, InputSize, Values(), TargetSize);
        }

        string[] names = classes.Sort(targets);
        return names.Length <= Math.Max(CsvDataset.MaxDetectedClasses, Rows / 2)
            ? new Dataset(Features, InputSize, Array.ConvertAll(targets, classes.LabelOf), names.Length) { ClassNames = names }
            : throw new DataFormatException($"{Source}: {names.Length} different targets in {Rows} rows are no classes.");
    }

    /// <summary>The set as a trained model needs it.</summary>
    public Dataset ToDataset(Preprocessing preprocessing)
    {
        RequireSize(preprocessing);
        Check();
        double[] targets = RequireTargets();
        if (preprocessing.Task == DataTask.Regression)
        {
            return new Dataset(Features, InputSize, Values(), TargetSize) { FeatureNames = preprocessing.FeatureNames, TargetNames = preprocessing.TargetNames };
        }

        ClassLookup lookup = new(preprocessing.ClassNames);
        int[] labels = new int[TargetSize == 1 ? Rows : 0];
        for (int row = 0; row < Rows; row++)
        {
            if (TargetSize > 1 || !lookup.TryFind(targets[row], out labels[row]))
            {
                throw new DataFormatException($"{Source}, {PlaceOf(row)}: the target {targets[row].ToString("R", CultureInfo.InvariantCulture)} is no class of the model; its classes are {CsvRows.List(preprocessing.ClassNames)}.");
            }
        }

        return new Dataset(Features, InputSize, labels, preprocessing.ClassNames.Count)
        {
            FeatureNames = preprocessing.FeatureNames,
            ClassNames = preprocessing.ClassNames,
            TargetNames = preprocessing.TargetNames,
        };
    }

    /// <summary>The features alone.</summary>
    public FeatureTable ToFeatures(Preprocessing preprocessing)
    {
        RequireSize(preprocessing);
        Check();
        return new FeatureTable(Features, InputSize, preprocessing.FeatureNames);
    }

    private void Check()
    {
        if (Rows == 0)
        {
            throw new DataFormatException($"{Source}: there are no rows.");
        }

        for (int i = 0; i < Features.Length; i++)
        {
            if (!float.IsFinite(Features[i]))
            {
                throw new DataFormatException($"{Source}, {PlaceOf(i / InputSize)}, feature {i % InputSize}: the value is {Features[i]}; a finite float32 was expected.");
            }
        }
    }

    private double[] RequireTargets()
    {
        double[] targets = Targets ?? throw new DataFormatException($"{Source}: there are no targets.");
        for (int i = 0; i < targets.Length; i++)
        {
            if (!float.IsFinite((float)targets[i]))
            {
                throw new DataFormatException($"{Source}, {PlaceOf(i / TargetSize)}: the target is {targets[i]}; a finite float32 was expected.");
            }
        }

        return targets;
    }

    private float[] Values() => Array.ConvertAll(Targets!, value => (float)value);

    private void RequireSize(Preprocessing preprocessing)
    {
        if (preprocessing.Columns is { IsPlain: false })
        {
            throw new DataFormatException($"{Source}: the model reads more than plain numbers, or fills gaps; only a file of columns has them.");
        }

        if (InputSize != preprocessing.Features.Size)
        {
            throw new DataFormatException($"{Source}: a row has {InputSize} features; the model takes {preprocessing.Features.Size}.");
        }
    }
}
