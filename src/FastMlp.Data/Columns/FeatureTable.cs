namespace FastMlp.Data;

/// <summary>Rows to predict on: features [rows, inputSize], without targets.</summary>
public sealed class FeatureTable
{
    private readonly ReadOnlyMemory<float> features;

    internal FeatureTable(ReadOnlyMemory<float> features, int inputSize, IReadOnlyList<string> featureNames, IReadOnlyList<IReadOnlyList<string>>? kept = null)
    {
        this.features = features;
        InputSize = inputSize;
        FeatureNames = featureNames;
        Kept = kept ?? [];
    }

    /// <summary>Rows in the table.</summary>
    public int Rows => features.Length / InputSize;

    /// <summary>Features in a row.</summary>
    public int InputSize { get; }

    /// <summary>The features, [rows, inputSize], as the file has them: not scaled.</summary>
    public ReadOnlySpan<float> Features => features.Span;

    /// <summary>A name for each feature; empty if unknown.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>For each column of <see cref="CsvOptions.Keep"/> the text of every row as it is written in the file, without the quotes around it.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Kept { get; }
}
