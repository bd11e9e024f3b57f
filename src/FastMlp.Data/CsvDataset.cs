using System.Globalization;
using CsvHelper;

namespace FastMlp.Data;

/// <summary>
/// CSV text to rows: one row a line, fields quoted where they need it (RFC 4180), UTF-8, gzip or not (told by content).
/// Feature columns hold finite numbers with a decimal point; anything else is a <see cref="DataFormatException"/> that names the
/// file, line, column and value. Empty lines are skipped.
/// </summary>
public static class CsvDataset
{
    /// <summary>A target of whole numbers with at most this many distinct values is taken for classes.</summary>
    public const int MaxDetectedClasses = 20;

    // 8 KB of floats, enough for a small file; doubled as rows arrive.
    private const int FirstBuffer = 2048;

    /// <summary>Reads a file with its target column, which by default is the last one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read; what is not given is detected.</param>
    /// <returns>Class names are sorted: by value if all are numbers, else in ordinal order.</returns>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, CsvOptions? options = null)
    {
        using FileStream file = Open(path);
        return Load(file, options, path);
    }

    /// <summary>Reads a stream with its target column; it stays open, and <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static Dataset Load(Stream stream, CsvOptions? options = null, string source = "CSV")
    {
        using Stream content = Unpack(stream, source);
        return Train(o => CsvReader.Create(content, o, leaveOpen: true), source, options);
    }

    /// <summary>Reads text with its target column; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static Dataset Load(TextReader reader, CsvOptions? options = null, string source = "CSV")
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Train(o => CsvReader.Create(reader, o, leaveOpen: true), source, options);
    }

    /// <summary>
    /// Reads a file as a trained model needs it, for evaluation: its features, its target, and its classes under the model's numbers.
    /// Columns are found by name where the file and the model have names, in any order, and others are passed over; without names they
    /// are taken in order, the target by <see cref="CsvOptions.Target"/> or last.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, Preprocessing preprocessing, CsvOptions? options = null)
    {
        using FileStream file = Open(path);
        using Stream content = Unpack(file, path);
        return Evaluate(o => CsvReader.Create(content, o, leaveOpen: true), path, preprocessing, options);
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    public static Dataset Load(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV")
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Evaluate(o => CsvReader.Create(reader, o, leaveOpen: true), source, preprocessing, options);
    }

    /// <summary>
    /// Reads only the features that a trained model needs, for prediction: by name where the file and the model have names, in any
    /// order, and other columns are passed over; without names in order. A target column may be there or not.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FeatureTable LoadFeatures(string path, Preprocessing preprocessing, CsvOptions? options = null)
    {
        using FileStream file = Open(path);
        using Stream content = Unpack(file, path);
        return Predict(o => CsvReader.Create(content, o, leaveOpen: true), path, preprocessing, options);
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    public static FeatureTable LoadFeatures(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV")
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Predict(o => CsvReader.Create(reader, o, leaveOpen: true), source, preprocessing, options);
    }

    private static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.OpenRead(path);
    }

    private static Stream Unpack(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        return Compression.Open(stream);
    }

    private static Dataset Train(Func<CsvReaderOptions, CsvReader> open, string source, CsvOptions? options)
    {
        options ??= new CsvOptions();
        using CsvRows rows = new(open, source, options, []);
        if (rows.Names.Count < 2)
        {
            throw rows.About("there is one column; at least one feature and a target were expected, separated by comma, semicolon or tab.");
        }

        int target = options.Target is null ? rows.Names.Count - 1 : FindTarget(rows, options.Target);
        int[] columns = AllBut(rows, target);
        TargetColumn targets = new(target, options.Task);
        ReadOnlyMemory<float> features = ReadFeatures(rows, columns, () => targets.Add(rows));
        return targets.Finish(features, columns.Length, [.. columns.Select(c => rows.Names[c])], rows.Names[target]);
    }

    private static Dataset Evaluate(Func<CsvReaderOptions, CsvReader> open, string source, Preprocessing preprocessing, CsvOptions? options)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        options ??= new CsvOptions();
        bool classes = preprocessing.Task == DataTask.Classification;
        if (classes ? preprocessing.ClassNames.Count == 0 : preprocessing.Targets is { Size: > 1 } || preprocessing.TargetNames.Count > 1)
        {
            throw new ArgumentException(classes ? "The model does not name its classes." : "The model has several targets; a CSV file gives one.", nameof(preprocessing));
        }

        using CsvRows rows = new(open, source, options, preprocessing.FeatureNames);
        (int[] columns, int target) = Match(rows, preprocessing, options);
        if (target < 0)
        {
            string name = options.Target ?? (preprocessing.TargetNames is [var first, ..] ? first : "target");
            throw rows.About($"the target column '{CsvRows.Shown(name)}' is missing; the columns are {CsvRows.List(rows.Names)}.");
        }

        List<float> numbers = [];
        List<int> labels = [];
        ReadOnlyMemory<float> features = ReadFeatures(rows, columns, () =>
        {
            if (classes)
            {
                labels.Add(ClassOf(rows, target, preprocessing.ClassNames));
            }
            else
            {
                numbers.Add(rows.Number(target));
            }
        });
        return classes
            ? new Dataset(features, columns.Length, labels.ToArray(), preprocessing.ClassNames.Count)
            {
                FeatureNames = preprocessing.FeatureNames,
                ClassNames = preprocessing.ClassNames,
                TargetNames = preprocessing.TargetNames,
            }
            : new Dataset(features, columns.Length, numbers.ToArray(), 1)
            {
                FeatureNames = preprocessing.FeatureNames,
                TargetNames = preprocessing.TargetNames,
            };
    }

    private static FeatureTable Predict(Func<CsvReaderOptions, CsvReader> open, string source, Preprocessing preprocessing, CsvOptions? options)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        options ??= new CsvOptions();
        using CsvRows rows = new(open, source, options, preprocessing.FeatureNames);
        (int[] columns, _) = Match(rows, preprocessing, options);
        return new FeatureTable(ReadFeatures(rows, columns, null), columns.Length, preprocessing.FeatureNames);
    }

    /// <summary>The columns of the model's features in the model's order, and the target's column or -1.</summary>
    private static (int[] Columns, int Target) Match(CsvRows rows, Preprocessing preprocessing, CsvOptions options)
    {
        int size = preprocessing.Features.Size;
        if (rows.HasHeader && preprocessing.FeatureNames.Count > 0 && !preprocessing.FeatureNames.All(IsMadeName))
        {
            int[] named = new int[size];
            for (int c = 0; c < size; c++)
            {
                named[c] = rows.FindName(preprocessing.FeatureNames[c]);
                if (named[c] < 0)
                {
                    throw rows.About($"the column '{CsvRows.Shown(preprocessing.FeatureNames[c])}', which the model needs, is missing; the columns are {CsvRows.List(rows.Names)}.");
                }
            }

            return (named, options.Target is not null ? FindTarget(rows, options.Target) : preprocessing.TargetNames is [var only] ? rows.FindName(only) : -1);
        }

        int count = rows.Names.Count;
        if (count == size)
        {
            return ([.. Enumerable.Range(0, size)], -1);
        }

        if (count != size + 1)
        {
            throw rows.About($"there are {count} columns and no names to choose by; the model takes {size} features, with or without a target column beside them.");
        }

        int target = options.Target is not null ? FindTarget(rows, options.Target)
            : preprocessing.TargetNames is [var name] && rows.FindName(name) is >= 0 and int found ? found
            : count - 1;
        return (AllBut(rows, target), target);
    }

    /// <summary>Whether the name was made for a column of a file without a header.</summary>
    private static bool IsMadeName(string name) =>
        name.StartsWith("column", StringComparison.Ordinal) && int.TryParse(name.AsSpan("column".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static int FindTarget(CsvRows rows, string target)
    {
        int column = rows.Find(target);
        return column >= 0
            ? column
            : throw rows.About($"there is no column '{CsvRows.Shown(target)}'; the columns are {CsvRows.List(rows.Names)}.");
    }

    private static int[] AllBut(CsvRows rows, int target) => [.. Enumerable.Range(0, rows.Names.Count).Where(c => c != target)];

    /// <summary>The class of that name or, where both are numbers, of that value.</summary>
    private static int ClassOf(CsvRows rows, int column, IReadOnlyList<string> classNames)
    {
        string text = System.Text.Encoding.UTF8.GetString(rows[column]);
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        for (int c = 0; c < classNames.Count; c++)
        {
            if (classNames[c] == text
                || (isNumber && double.TryParse(classNames[c], NumberStyles.Float, CultureInfo.InvariantCulture, out double named) && named == value))
            {
                return c;
            }
        }

        throw rows.At(column, $"'{CsvRows.Shown(text)}' is no class of the model; its classes are {CsvRows.List(classNames)}.");
    }

    private static ReadOnlyMemory<float> ReadFeatures(CsvRows rows, int[] columns, Action? readTarget)
    {
        float[] values = new float[Math.Max(FirstBuffer, columns.Length)];
        int filled = 0;
        while (rows.Next())
        {
            if (values.Length - filled < columns.Length)
            {
                if (filled > Array.MaxLength - columns.Length)
                {
                    throw rows.About($"there are more than {Array.MaxLength} values; fewer were expected.");
                }

                Array.Resize(ref values, (int)Math.Min(Array.MaxLength, Math.Max(2L * values.Length, (long)filled + columns.Length)));
            }

            foreach (int column in columns)
            {
                values[filled++] = rows.Number(column);
            }

            readTarget?.Invoke();
        }

        return filled > 0
            ? values.AsMemory(0, filled)
            : throw rows.About("there are no rows of data after the header.");
    }
}
