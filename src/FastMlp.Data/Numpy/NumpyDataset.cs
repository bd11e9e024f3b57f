using System.Globalization;

namespace FastMlp.Data;

/// <summary>
/// NumPy files to rows. An npz file has an array of features, whose first dimension counts rows and whose others are one row, and one
/// of targets, [rows] or [rows, targetSize]. An npy file is a matrix with one column of targets.
/// </summary>
public static class NumpyDataset
{
    private static readonly string[] featureNames = ["x", "X", "features", "data"];
    private static readonly string[] targetNames = ["y", "Y", "labels", "targets", "target"];

    /// <summary>Reads a file, npz or npy by its content, with its targets.</summary>
    /// <exception cref="DataFormatException">The file is damaged, its arrays do not fit each other, or a value is not finite; the message names the file, the array and the row.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, NumpyOptions? options = null) => Read(path, options, null, needsTargets: true).ToDataset(options?.Task);

    /// <summary>Reads a file as a trained model needs it, for evaluation: classes under the model's numbers.</summary>
    /// <exception cref="DataFormatException">As above, or the features are not the model's, or a class is unknown to it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, Preprocessing preprocessing, NumpyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return Read(path, options, preprocessing.Features.Size, needsTargets: true).ToDataset(preprocessing);
    }

    /// <summary>Reads only the features; the targets may be there or not.</summary>
    /// <exception cref="DataFormatException">As above.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FeatureTable LoadFeatures(string path, Preprocessing preprocessing, NumpyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return Read(path, options, preprocessing.Features.Size, needsTargets: false).ToFeatures(preprocessing);
    }

    /// <summary>Features and targets as arrays to rows; <paramref name="source"/> names them in messages.</summary>
    /// <exception cref="DataFormatException">The arrays do not fit each other, or a value is not finite.</exception>
    public static Dataset Join(NpyArray features, NpyArray targets, DataTask? task = null, string source = "arrays")
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(targets);
        return JoinRows(features, targets, source).ToDataset(task);
    }

    private static NumericRows Read(string path, NumpyOptions? options, int? inputSize, bool needsTargets)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        bool zipped = file.ReadByte() == 'P' && file.ReadByte() == 'K';
        file.Position = 0;
        return Read(file, zipped, path, options ?? new NumpyOptions(), inputSize, needsTargets);
    }

    internal static NumericRows Read(Stream stream, bool zipped, string source, NumpyOptions options, int? inputSize, bool needsTargets)
    {
        if (!zipped)
        {
            return Cut(NpyFile.Read(stream, source), source, options, inputSize, needsTargets);
        }

        // Other arrays may lie beside them, of texts or objects.
        string x = "";
        string y = "";
        IReadOnlyDictionary<string, NpyArray> arrays = NpzFile.Read(stream, source, names =>
        {
            x = Find(names, options.Features, featureNames, "features", source);
            y = needsTargets ? Find(names, options.Target, targetNames, "targets", source) : "";
            return needsTargets && y != x ? [x, y] : [x];
        });
        return JoinRows(arrays[x], needsTargets ? arrays[y] : null, source);
    }

    private static string Find(IReadOnlyList<string> names, string? given, string[] usual, string what, string source)
    {
        string[] wanted = given is null ? usual : [given];
        return Array.Find(wanted, names.Contains)
            ?? throw new DataFormatException($"{source}: there is no array of {what} named {string.Join(" or ", wanted)}; the arrays are {CsvRows.List(names)}.");
    }

    private static NumericRows JoinRows(NpyArray features, NpyArray? targets, string source)
    {
        if (features.Shape.Count == 0 || features.Count == 0)
        {
            throw new DataFormatException($"{source}: the features have the shape ({string.Join(", ", features.Shape)}); rows of at least one value were expected.");
        }

        int rows = features.Shape[0];
        int targetSize = targets?.Shape.Count == 2 ? targets.Shape[1] : 1;
        if (targets is not null && (targets.Shape.Count is not (1 or 2) || targets.Shape[0] != rows || targetSize == 0))
        {
            throw new DataFormatException($"{source}: the targets have the shape ({string.Join(", ", targets.Shape)}); ({rows}) or ({rows}, N) was expected, to fit the features.");
        }

        return new NumericRows(source, features.ToSingles(), features.Count / rows, targets?.ToDoubles(), targetSize, Row);
    }

    /// <summary>A matrix of which one column is the targets.</summary>
    private static NumericRows Cut(NpyArray matrix, string source, NumpyOptions options, int? inputSize, bool needsTargets)
    {
        if (matrix.Shape.Count != 2 || matrix.Count == 0)
        {
            throw new DataFormatException($"{source}: the shape is ({string.Join(", ", matrix.Shape)}); a matrix of rows was expected.");
        }

        int columns = matrix.Shape[1];
        if (!needsTargets && columns == inputSize)
        {
            return JoinRows(matrix, null, source);
        }

        if (columns < 2)
        {
            throw new DataFormatException($"{source}: there is one column; at least one feature and a target were expected.");
        }

        int target = columns - 1;
        if (options.Target is not null && (!int.TryParse(options.Target, NumberStyles.None, CultureInfo.InvariantCulture, out target) || target >= columns))
        {
            throw new DataFormatException($"{source}: there is no column '{CsvRows.Shown(options.Target)}'; columns are counted from 0 to {columns - 1}.");
        }

        double[] values = matrix.ToDoubles();
        int rows = matrix.Shape[0];
        float[] features = new float[rows * (columns - 1)];
        double[] targets = new double[rows];
        for (int row = 0, filled = 0; row < rows; row++)
        {
            for (int c = 0; c < columns; c++)
            {
                double value = values[(row * columns) + c];
                if (c == target)
                {
                    targets[row] = value;
                }
                else
                {
                    features[filled++] = (float)value;
                }
            }
        }

        return new NumericRows(source, features, columns - 1, targets, 1, Row);
    }

    private static string Row(int row) => FormattableString.Invariant($"row {row}");
}
