namespace FastMlp.Data;

/// <summary>
/// Rows as they stand in a file: numbers, codes of texts, gaps, and the target. Split it first, then fit a
/// <see cref="Preprocessing"/> to the training part and transform every part by it, so that nothing of the held-out rows shapes the model.
/// </summary>
public sealed class RawTable
{
    private readonly ReadOnlyMemory<float> targets;
    private readonly ReadOnlyMemory<int> labels;
    private readonly ReadOnlyMemory<float> weights;

    private RawTable(ReadOnlyMemory<float> values, IReadOnlyList<RawColumn> columns, bool isClassification, int targetSize, ReadOnlyMemory<float> targets, ReadOnlyMemory<int> labels, ReadOnlyMemory<float> weights)
    {
        Memory = values;
        Columns = columns;
        IsClassification = isClassification;
        TargetSize = targetSize;
        this.targets = targets;
        this.labels = labels;
        this.weights = weights;
    }

    /// <summary>The columns of the features, in the order of the file.</summary>
    public IReadOnlyList<RawColumn> Columns { get; }

    /// <summary>Rows in the table.</summary>
    public int Rows => IsClassification ? labels.Length : targets.Length / TargetSize;

    /// <summary>Whether the target is one of several classes.</summary>
    public bool IsClassification { get; }

    /// <summary>Float targets in a row, or the number of classes.</summary>
    public int TargetSize { get; }

    /// <summary>A name for each class; empty for a regression.</summary>
    public IReadOnlyList<string> ClassNames { get; private init; } = [];

    /// <summary>The names of the target columns.</summary>
    public IReadOnlyList<string> TargetNames { get; private init; } = [];

    /// <summary>The texts that stood for a missing value.</summary>
    public IReadOnlyList<string> MissingTokens { get; private init; } = [];

    /// <summary>[rows, columns]: a number, the code of a category, or NaN where the value is missing.</summary>
    public ReadOnlySpan<float> Values => Memory.Span;

    /// <summary>The class labels, [rows]; empty for float targets.</summary>
    public ReadOnlySpan<int> Labels => labels.Span;

    /// <summary>The float targets, [rows, targetSize]; empty for class labels.</summary>
    public ReadOnlySpan<float> Targets => targets.Span;

    internal ReadOnlyMemory<float> Memory { get; }

    /// <summary>Whether the names of the columns were known and not made.</summary>
    internal bool IsNamed { get; private init; } = true;

    /// <summary>The set as a table of numbers without gaps; the features are shared.</summary>
    public static RawTable Of(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        IReadOnlyList<string> names = dataset.FeatureNames.Count > 0 ? dataset.FeatureNames : ColumnPlan.MadeNames(dataset.InputSize);
        bool shared = dataset.FeatureMatrix.TryGetMemory(out ReadOnlyMemory<float> memory);
        return Of(shared ? memory : dataset.Features.ToArray(), [.. names.Select(name => new RawColumn { Name = name })], dataset, isNamed: dataset.FeatureNames.Count > 0);
    }

    /// <summary>The values with the targets of a set, whose features do not count.</summary>
    internal static RawTable Of(ReadOnlyMemory<float> values, IReadOnlyList<RawColumn> columns, Dataset targets, IReadOnlyList<string>? missingTokens = null, bool isNamed = true) =>
        new(values, columns, targets.IsClassification, targets.TargetSize, targets.Targets.ToArray(), targets.Labels.ToArray(), targets.Weights.ToArray())
        {
            ClassNames = targets.ClassNames,
            TargetNames = targets.TargetNames,
            MissingTokens = missingTokens ?? [],
            IsNamed = isNamed,
        };

    /// <summary>The rows at the given indices, in that order, copied.</summary>
    public RawTable Select(ReadOnlySpan<int> rows) =>
        new(Picked(Values, Columns.Count, rows), Columns, IsClassification, TargetSize,
            IsClassification ? default : Picked(Targets, TargetSize, rows),
            IsClassification ? Picked(Labels, 1, rows) : default,
            weights.IsEmpty ? default : Picked(weights.Span, 1, rows))
        {
            ClassNames = ClassNames,
            TargetNames = TargetNames,
            MissingTokens = MissingTokens,
            IsNamed = IsNamed,
        };

    /// <summary>Parts the rows exactly as <see cref="Dataset.Split"/> does with the same targets.</summary>
    /// <param name="fraction">The held-out share, above 0 and below 1.</param>
    /// <param name="seed">The same seed gives the same split.</param>
    /// <param name="stratified">Whether each class keeps its share; needs class labels.</param>
    public (RawTable Train, RawTable HeldOut) Split(double fraction, int seed = 0, bool stratified = false)
    {
        (int[] train, int[] heldOut) = SplitRows(fraction, seed, stratified);
        return (Select(train), Select(heldOut));
    }

    /// <summary>The indices of the rows that <see cref="Split"/> puts in each part.</summary>
    /// <param name="fraction">The held-out share, above 0 and below 1.</param>
    /// <param name="seed">The same seed gives the same split.</param>
    /// <param name="stratified">Whether each class keeps its share; needs class labels.</param>
    public (int[] Train, int[] HeldOut) SplitRows(double fraction, int seed = 0, bool stratified = false) =>
        With(new float[Rows], 1, []).SplitRows(fraction, seed, stratified);

    /// <summary>Features with the targets of this table, and the weights of its rows where they have some.</summary>
    internal Dataset With(ReadOnlyMemory<float> features, int inputSize, IReadOnlyList<string> featureNames)
    {
        Dataset plain = IsClassification
            ? new Dataset(features, inputSize, labels, TargetSize) { FeatureNames = featureNames, ClassNames = ClassNames, TargetNames = TargetNames }
            : new Dataset(features, inputSize, targets, TargetSize) { FeatureNames = featureNames, ClassNames = ClassNames, TargetNames = TargetNames };
        return weights.IsEmpty ? plain : plain.WithWeights(weights);
    }

    private static T[] Picked<T>(ReadOnlySpan<T> source, int size, ReadOnlySpan<int> rows)
    {
        T[] picked = new T[(long)rows.Length * size];
        for (int i = 0; i < rows.Length; i++)
        {
            source.Slice(rows[i] * size, size).CopyTo(picked.AsSpan(i * size));
        }

        return picked;
    }
}
