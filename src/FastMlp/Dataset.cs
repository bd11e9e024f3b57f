using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using CommunityToolkit.HighPerformance;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Rows in memory: features [rows, inputSize] with float targets [rows, targetSize] or int class labels [rows].
/// A view: nothing is copied, and a slice shares the memory of its source. Whoever changes the arrays afterwards changes the data, and the
/// results; a label that is no class any more ends training and scoring with an exception.
/// </summary>
public sealed class Dataset
{
    private readonly ReadOnlyMemory<float> features;
    private readonly ReadOnlyMemory<float> targets;
    private readonly ReadOnlyMemory<int> labels;
    private readonly ReadOnlyMemory<float> weights;
    private string? fingerprint;

    /// <summary>A regression set, or soft or one-hot targets: <paramref name="targets"/> is [rows, targetSize].</summary>
    /// <exception cref="ArgumentException">A length is not a whole number of rows, the row counts differ, or a value is NaN or infinite.</exception>
    public Dataset(ReadOnlyMemory<float> features, int inputSize, ReadOnlyMemory<float> targets, int targetSize)
        : this(features, inputSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(targetSize, 1);
        if (targets.Length != (long)Rows * targetSize)
        {
            throw new ArgumentException($"{Rows} rows of {targetSize} targets are {(long)Rows * targetSize} values, not {targets.Length}.", nameof(targets));
        }

        CheckFinite(targets.Span, targetSize, "target");
        this.targets = targets;
        TargetSize = targetSize;
    }

    /// <summary>A classification set: <paramref name="labels"/> holds one class from 0 to classCount - 1 for each row.</summary>
    /// <exception cref="ArgumentException">A length is not a whole number of rows, a label is out of range, or a feature is NaN or infinite.</exception>
    public Dataset(ReadOnlyMemory<float> features, int inputSize, ReadOnlyMemory<int> labels, int classCount)
        : this(features, inputSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        if (labels.Length != Rows)
        {
            throw new ArgumentException($"{Rows} rows need {Rows} labels, not {labels.Length}.", nameof(labels));
        }

        int bad = labels.Span.IndexOfAnyExceptInRange(0, classCount - 1);
        if (bad >= 0)
        {
            throw new ArgumentException($"The label of row {bad} is {labels.Span[bad]}; classes run from 0 to {classCount - 1}.", nameof(labels));
        }

        this.labels = labels;
        TargetSize = classCount;
        IsClassification = true;
    }

    private Dataset(ReadOnlyMemory<float> features, int inputSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        if (features.Length % inputSize != 0)
        {
            throw new ArgumentException($"{features.Length} values are not a whole number of rows of {inputSize} features.", nameof(features));
        }

        CheckFinite(features.Span, inputSize, "feature");
        this.features = features;
        InputSize = inputSize;
        Rows = features.Length / inputSize;
    }

    private Dataset(Dataset source, int start, int count)
    {
        InputSize = source.InputSize;
        TargetSize = source.TargetSize;
        IsClassification = source.IsClassification;
        FeatureNames = source.FeatureNames;
        ClassNames = source.ClassNames;
        TargetNames = source.TargetNames;
        Rows = count;
        features = source.features.Slice(start * InputSize, count * InputSize);
        targets = IsClassification ? default : source.targets.Slice(start * TargetSize, count * TargetSize);
        labels = IsClassification ? source.labels.Slice(start, count) : default;
        weights = source.weights.IsEmpty ? default : source.weights.Slice(start, count);
    }

    private Dataset(Dataset source, ReadOnlyMemory<float> weights)
        : this(source, 0, source.Rows) => this.weights = weights;

    /// <summary>Rows in the set.</summary>
    public int Rows { get; }

    /// <summary>Features in a row.</summary>
    public int InputSize { get; }

    /// <summary>Float targets in a row, or the number of classes.</summary>
    public int TargetSize { get; }

    /// <summary>Whether the targets are class labels.</summary>
    public bool IsClassification { get; }

    /// <summary>The features, [rows, inputSize].</summary>
    public ReadOnlySpan<float> Features => features.Span;

    /// <summary>The same as a matrix.</summary>
    public ReadOnlyMemory2D<float> FeatureMatrix => features.AsMemory2D(Rows, InputSize);

    /// <summary>The float targets, [rows, targetSize]; empty for class labels.</summary>
    public ReadOnlySpan<float> Targets => targets.Span;

    /// <summary>The class labels, [rows]; empty for float targets.</summary>
    public ReadOnlySpan<int> Labels => labels.Span;

    /// <summary>How much each row counts in a loss, [rows]; empty where all count alike.</summary>
    public ReadOnlySpan<float> Weights => weights.Span;

    /// <summary>16 hexadecimal digits that name the data: XXH64 of sizes, features, targets and weights. Taken once, at the speed of memory.</summary>
    public string Fingerprint => fingerprint ??= TakeFingerprint();

    /// <summary>A name for each feature; empty if unknown.</summary>
    public IReadOnlyList<string> FeatureNames { get; init; } = [];

    /// <summary>A name for each class; empty if unknown or not a classification set.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>A name for each target column; empty if unknown.</summary>
    public IReadOnlyList<string> TargetNames { get; init; } = [];

    /// <summary>The same rows, each with a weight in the loss (metrics count all rows alike): means become sum of s l / sum of s. Nothing is copied.</summary>
    /// <param name="rowWeights">s: one for each row, at least 0, not all 0.</param>
    /// <exception cref="ArgumentException">There is not one weight for each row, one is negative or not finite, or all are 0.</exception>
    public Dataset WithWeights(ReadOnlyMemory<float> rowWeights)
    {
        if (rowWeights.Length != Rows)
        {
            throw new ArgumentException($"{Rows} rows need {Rows} weights, not {rowWeights.Length}.", nameof(rowWeights));
        }

        Shapes.CheckWeights(rowWeights.Span, nameof(rowWeights));
        return new Dataset(this, rowWeights);
    }

    /// <summary>The <paramref name="count"/> rows from <paramref name="start"/> on, without copying.</summary>
    public Dataset Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if ((long)start + count > Rows)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"Rows {start} to {(long)start + count - 1} do not lie within {Rows} rows.");
        }

        return new Dataset(this, start, count);
    }

    /// <summary>The rows at the given indices, in that order, copied.</summary>
    /// <exception cref="ArgumentException">An index names no row.</exception>
    public Dataset Select(ReadOnlySpan<int> rows)
    {
        long values = (long)rows.Length * Math.Max(InputSize, IsClassification ? 1 : TargetSize);
        if (values > Array.MaxLength)
        {
            throw new ArgumentException($"{rows.Length} rows are {values} values, more than one array holds ({Array.MaxLength}).", nameof(rows));
        }

        float[] selected = new float[rows.Length * InputSize];
        float[] selectedTargets = IsClassification ? [] : new float[rows.Length * TargetSize];
        int[] selectedLabels = IsClassification ? new int[rows.Length] : [];
        float[] selectedWeights = weights.IsEmpty ? [] : new float[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            if ((uint)row >= (uint)Rows)
            {
                throw new ArgumentException($"There is no row {row}: the data have {Rows} rows, from 0 on.", nameof(rows));
            }

            if (selectedWeights.Length > 0)
            {
                selectedWeights[i] = Weights[row];
            }

            Features.Slice(row * InputSize, InputSize).CopyTo(selected.AsSpan(i * InputSize));
            if (IsClassification)
            {
                selectedLabels[i] = Labels[row];
            }
            else
            {
                Targets.Slice(row * TargetSize, TargetSize).CopyTo(selectedTargets.AsSpan(i * TargetSize));
            }
        }

        Dataset result = IsClassification
            ? new Dataset(selected, InputSize, selectedLabels, TargetSize) { FeatureNames = FeatureNames, ClassNames = ClassNames, TargetNames = TargetNames }
            : new Dataset(selected, InputSize, selectedTargets, TargetSize) { FeatureNames = FeatureNames, ClassNames = ClassNames, TargetNames = TargetNames };
        return selectedWeights.Length > 0 ? new Dataset(result, selectedWeights) : result;
    }

    /// <summary>
    /// Parts the rows at random into a training set and a held-out set of <paramref name="fraction"/> of them.
    /// A stratified split holds out the same share of each class.
    /// </summary>
    /// <param name="fraction">The held-out share, above 0 and below 1.</param>
    /// <param name="seed">The same seed gives the same split.</param>
    /// <param name="stratified">Whether each class keeps its share; needs class labels.</param>
    public (Dataset Train, Dataset HeldOut) Split(double fraction, int seed = 0, bool stratified = false)
    {
        (int[] train, int[] heldOut) = SplitRows(fraction, seed, stratified);
        return (Select(train), Select(heldOut));
    }

    /// <summary>The indices of the rows that <see cref="Split"/> puts in each part, in their order there: to part other facts about the rows in the same way.</summary>
    /// <param name="fraction">The held-out share, above 0 and below 1.</param>
    /// <param name="seed">The same seed gives the same split.</param>
    /// <param name="stratified">Whether each class keeps its share; needs class labels.</param>
    public (int[] Train, int[] HeldOut) SplitRows(double fraction, int seed = 0, bool stratified = false)
    {
        if (fraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The held-out fraction is above 0 and below 1.");
        }

        if (stratified && !IsClassification)
        {
            throw new ArgumentException("A stratified split needs class labels; these targets are values.", nameof(stratified));
        }

        int[] order = new int[Rows];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        CounterRandom.Shuffle(order, seed, CounterRandom.SplitStream);
        bool[] heldOut = new bool[Rows];
        if (stratified)
        {
            MarkStratified(order, fraction, heldOut);
        }
        else
        {
            int count = Math.Clamp((int)Math.Round(Rows * fraction), Math.Min(1, Rows), Math.Max(0, Rows - 1));
            foreach (int row in order.AsSpan(0, count))
            {
                heldOut[row] = true;
            }
        }

        return (Array.FindAll(order, row => !heldOut[row]), Array.FindAll(order, row => heldOut[row]));
    }

    /// <summary>Keeps the features where they are until the handle is disposed.</summary>
    internal MemoryHandle PinFeatures() => features.Pin();

    private string TakeFingerprint()
    {
        XxHash64 hash = new();
        hash.Append(MemoryMarshal.AsBytes<int>([Rows, InputSize, TargetSize, IsClassification ? 1 : 0, Weights.Length]));
        hash.Append(Features.AsBytes());
        hash.Append(Targets.AsBytes());
        hash.Append(Labels.AsBytes());
        hash.Append(Weights.AsBytes());
        return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>Marks the first round(fraction x size) rows of each class in the shuffled order.</summary>
    private void MarkStratified(int[] order, double fraction, bool[] heldOut)
    {
        int[] wanted = new int[TargetSize];
        foreach (int label in Labels)
        {
            wanted[ClassOf(label)]++;
        }

        for (int c = 0; c < wanted.Length; c++)
        {
            wanted[c] = (int)Math.Round(wanted[c] * fraction);
        }

        foreach (int row in order)
        {
            int label = ClassOf(Labels[row]);
            if (wanted[label] > 0)
            {
                wanted[label]--;
                heldOut[row] = true;
            }
        }
    }

    /// <summary>A label, which the owner of the array may have changed since it was checked.</summary>
    private int ClassOf(int label) => (uint)label < (uint)TargetSize
        ? label
        : throw new InvalidOperationException($"A label is {label} and classes run from 0 to {TargetSize - 1}: the labels were changed after the data set was made.");

    private static void CheckFinite(ReadOnlySpan<float> values, int rowSize, string what)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException($"The {what} at row {i / rowSize}, column {i % rowSize} is {values[i]}; all values must be finite numbers.");
            }
        }
    }
}
