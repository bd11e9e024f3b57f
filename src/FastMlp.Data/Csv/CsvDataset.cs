using CsvHelper;

namespace FastMlp.Data;

/// <summary>
/// CSV text to rows: one row a line, fields quoted where they need it (RFC 4180), UTF-8, gzip or not (told by content).
/// Numbers are finite, with a decimal point. What cannot be used is a <see cref="DataFormatException"/> that names the
/// file, line, column and value. Empty lines are skipped.
/// </summary>
public static class CsvDataset
{
    /// <summary>A target of whole numbers with at most this many distinct values is taken for classes.</summary>
    public const int MaxDetectedClasses = 20;

    // 8 KB of floats, enough for a small file; doubled as rows arrive.
    private const int FirstBuffer = 2048;

    /// <summary>
    /// Reads a file of numbers, without gaps, and its target column, which by default is the last one. For texts and gaps see
    /// <see cref="LoadTable(string, CsvOptions?)"/>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read; what is not given is detected.</param>
    /// <returns>Class names are sorted: by value if all are numbers, else in ordinal order.</returns>
    /// <exception cref="ArgumentException">The options treat gaps or name categories: only a table has them.</exception>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, CsvOptions? options = null) => Numbers(LoadTable(path, NumbersOnly(options)));

    /// <summary>Reads a stream with its target column; it stays open, and <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static Dataset Load(Stream stream, CsvOptions? options = null, string source = "CSV") => Numbers(LoadTable(stream, NumbersOnly(options), source));

    /// <summary>Reads text with its target column; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static Dataset Load(TextReader reader, CsvOptions? options = null, string source = "CSV") => Numbers(LoadTable(reader, NumbersOnly(options), source));

    /// <summary>
    /// Reads a file as it stands, numbers, texts and gaps, with its target column, which by default is the last one. Split the table,
    /// then fit <see cref="Preprocessing"/> to the training part.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RawTable LoadTable(string path, CsvOptions? options = null)
    {
        using FileStream file = Open(path);
        return LoadTable(file, options, path);
    }

    /// <summary>As the overload for a file; the stream stays open, and <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static RawTable LoadTable(Stream stream, CsvOptions? options = null, string source = "CSV")
    {
        using Stream content = Unpack(stream, source);
        return ReadTable(o => CsvReader.Create(content, o, leaveOpen: true), source, options);
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static RawTable LoadTable(TextReader reader, CsvOptions? options = null, string source = "CSV")
    {
        ArgumentNullException.ThrowIfNull(reader);
        return ReadTable(o => CsvReader.Create(reader, o, leaveOpen: true), source, options);
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
        return Evaluate(OfFile(path, options), preprocessing, options, int.MaxValue).First();
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    public static Dataset Load(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV")
    {
        return Evaluate(OfText(reader, source, options), preprocessing, options, int.MaxValue).First();
    }

    /// <summary>
    /// As <see cref="Load(string, Preprocessing, CsvOptions?)"/>, so many rows at a time and fewer at the end: for files larger than
    /// memory. The file is read as the batches are asked for, and a fault in it is found when its row comes.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<Dataset> LoadBatches(string path, Preprocessing preprocessing, int batchRows, CsvOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Evaluate(OfFile(path, options), preprocessing, options, batchRows);
    }

    /// <summary>
    /// Reads only the features that a trained model needs, for prediction: by name where the file and the model have names, in any
    /// order, and other columns are passed over; without names in order. A target column may be there or not.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FeatureTable LoadFeatures(string path, Preprocessing preprocessing, CsvOptions? options = null)
    {
        return Predict(OfFile(path, options), preprocessing, options, int.MaxValue).First();
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    public static FeatureTable LoadFeatures(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV")
    {
        return Predict(OfText(reader, source, options), preprocessing, options, int.MaxValue).First();
    }

    /// <summary>As <see cref="LoadFeatures(string, Preprocessing, CsvOptions?)"/>, so many rows at a time and fewer at the end: for files larger than memory.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<FeatureTable> LoadFeatureBatches(string path, Preprocessing preprocessing, int batchRows, CsvOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Predict(OfFile(path, options), preprocessing, options, batchRows);
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    public static IEnumerable<FeatureTable> LoadFeatureBatches(TextReader reader, Preprocessing preprocessing, int batchRows, CsvOptions? options = null, string source = "CSV")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Predict(OfText(reader, source, options), preprocessing, options, batchRows);
    }

    private static CsvOptions NumbersOnly(CsvOptions? options)
    {
        options ??= new CsvOptions();
        return options.Missing.Kind == MissingKind.Error && options.MissingIn.Count == 0 && options.Categorical.Count == 0
            ? options with { NumbersOnly = true }
            : throw new ArgumentException("A set of plain numbers has no categories and nothing that fills gaps, for both are learnt from training rows; load a table and fit a preprocessing to it.", nameof(options));
    }

    private static Dataset Numbers(RawTable table) => table.With(table.Memory, table.Columns.Count, [.. table.Columns.Select(column => column.Name)]);

    /// <summary>Opens the rows of a file whose columns a model knows.</summary>
    private static Func<IReadOnlyList<string>, CsvRows> OfFile(string path, CsvOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return knownNames => CsvBatches.OpenRows(path, options ?? new CsvOptions(), knownNames);
    }

    private static Func<IReadOnlyList<string>, CsvRows> OfText(TextReader reader, string source, CsvOptions? options)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return knownNames => new CsvRows(o => CsvReader.Create(reader, o, leaveOpen: true), source, options ?? new CsvOptions(), knownNames);
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

    private static RawTable ReadTable(Func<CsvReaderOptions, CsvReader> open, string source, CsvOptions? options)
    {
        options ??= new CsvOptions();
        using CsvRows rows = new(open, source, options, []);
        (CsvColumn[] columns, int target) = Discover(rows, options);
        TargetColumn targets = new(target, options.Task);
        List<double> read = [];
        ReadOnlyMemory<float> values = ReadValues(rows, columns, () => read.Add(targets.Read(rows)), int.MaxValue);
        targets.Finish();
        float[] none = new float[read.Count];
        Dataset answers = targets.IsClassification
            ? new Dataset(none, 1, read.ConvertAll(targets.LabelOf).ToArray(), targets.ClassNames.Length) { ClassNames = targets.ClassNames, TargetNames = [rows.Names[target]] }
            : new Dataset(none, 1, read.ConvertAll(value => (float)value).ToArray(), 1) { TargetNames = [rows.Names[target]] };
        return RawTable.Of(values, [.. columns.Select(column => column.Found)], answers, options.MissingTokens);
    }

    /// <summary>The columns of the features, of which nothing is known yet, and the target's.</summary>
    internal static (CsvColumn[] Columns, int Target) Discover(CsvRows rows, CsvOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCategories, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RareBelow, 1);
        foreach (string name in options.Categorical.Concat(options.Ignore).Concat(options.MissingIn.Keys))
        {
            if (rows.FindName(name) < 0)
            {
                throw rows.About($"there is no column '{CsvRows.Shown(name)}'; the columns are {CsvRows.List(rows.Names)}.");
            }
        }

        int target = options.Target is null ? rows.Names.Count - 1 : FindTarget(rows, options.Target);
        MissingTokens tokens = new(options.MissingTokens);
        CsvColumn[] columns = [.. AllBut(rows, target).Where(c => !options.Ignore.Contains(rows.Names[c])).Select(c => new CsvColumn(c, rows.Names[c], options, tokens))];
        return columns.Length > 0
            ? (columns, target)
            : throw rows.About(rows.Names.Count < 2
                ? "there is one column; at least one feature and a target were expected, separated by comma, semicolon or tab."
                : "no column is left to learn from.");
    }

    private static IEnumerable<Dataset> Evaluate(Func<IReadOnlyList<string>, CsvRows> open, Preprocessing preprocessing, CsvOptions? options, int batchRows)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        bool classes = preprocessing.Task == DataTask.Classification;
        if (classes ? preprocessing.ClassNames.Count == 0 : preprocessing.Targets is { Size: > 1 } || preprocessing.TargetNames.Count > 1)
        {
            throw new ArgumentException(classes ? "The model does not name its classes." : "The model has several targets; a CSV file gives one.", nameof(preprocessing));
        }

        return classes ? EvaluateClasses(open, preprocessing, options ?? new CsvOptions(), batchRows) : EvaluateValues(open, preprocessing, options ?? new CsvOptions(), batchRows);
    }

    private static IEnumerable<Dataset> EvaluateClasses(Func<IReadOnlyList<string>, CsvRows> open, Preprocessing preprocessing, CsvOptions options, int batchRows)
    {
        ClassLookup lookup = new(preprocessing.ClassNames);
        foreach ((ReadOnlyMemory<float> features, int[] labels) in ReadBatches(open, preprocessing, options, batchRows, lookup.Read))
        {
            yield return new Dataset(features, preprocessing.Features.Size, labels, preprocessing.ClassNames.Count)
            {
                FeatureNames = preprocessing.FeatureNames,
                ClassNames = preprocessing.ClassNames,
                TargetNames = preprocessing.TargetNames,
            };
        }
    }

    private static IEnumerable<Dataset> EvaluateValues(Func<IReadOnlyList<string>, CsvRows> open, Preprocessing preprocessing, CsvOptions options, int batchRows)
    {
        foreach ((ReadOnlyMemory<float> features, float[] targets) in ReadBatches(open, preprocessing, options, batchRows, (rows, column) => rows.Number(column)))
        {
            yield return new Dataset(features, preprocessing.Features.Size, targets, 1)
            {
                FeatureNames = preprocessing.FeatureNames,
                TargetNames = preprocessing.TargetNames,
            };
        }
    }

    private static IEnumerable<FeatureTable> Predict(Func<IReadOnlyList<string>, CsvRows> open, Preprocessing preprocessing, CsvOptions? options, int batchRows)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return ReadBatches<byte>(open, preprocessing, options ?? new CsvOptions(), batchRows, null)
            .Select(batch => new FeatureTable(batch.Features, preprocessing.Features.Size, preprocessing.FeatureNames));
    }

    /// <summary>The features of so many rows at a time, and their targets if they are wanted; at least one batch.</summary>
    private static IEnumerable<(ReadOnlyMemory<float> Features, TTarget[] Targets)> ReadBatches<TTarget>(
        Func<IReadOnlyList<string>, CsvRows> open, Preprocessing preprocessing, CsvOptions options, int batchRows, Func<CsvRows, int, TTarget>? readTarget)
    {
        ColumnPlan plan = preprocessing.Plan;
        using CsvRows rows = open([.. plan.Columns.Select(column => column.Name)]);
        (CsvColumn[] columns, int target) = Match(rows, preprocessing, plan, options);
        if (readTarget is not null && target < 0)
        {
            string name = options.Target ?? (preprocessing.TargetNames is [var first, ..] ? first : "target");
            throw rows.About($"the target column '{CsvRows.Shown(name)}' is missing; the columns are {CsvRows.List(rows.Names)}.");
        }

        for (bool isFirst = true; ; isFirst = false)
        {
            List<TTarget> targets = [];
            ReadOnlyMemory<float> values = ReadValues(rows, columns, readTarget is null ? null : () => targets.Add(readTarget(rows, target)), batchRows, mayBeEmpty: !isFirst);
            if (values.IsEmpty)
            {
                yield break;
            }

            yield return (Encoded(rows, plan, values), [.. targets]);
        }
    }

    private static ReadOnlyMemory<float> Encoded(CsvRows rows, ColumnPlan plan, ReadOnlyMemory<float> values)
    {
        long features = (long)(values.Length / plan.Columns.Count) * plan.FeatureCount;
        return features <= Array.MaxLength
            ? plan.Encode(values)
            : throw rows.About($"the rows become {features} features; one array holds {Array.MaxLength}.");
    }

    /// <summary>The columns that the model takes, in its order, and the target's column or -1.</summary>
    internal static (CsvColumn[] Columns, int Target) Match(CsvRows rows, Preprocessing preprocessing, ColumnPlan plan, CsvOptions options)
    {
        (int[] indices, int target) = MatchIndices(rows, preprocessing, plan, options);
        MissingTokens tokens = new(plan.MissingTokens);
        return ([.. indices.Select((index, c) => new CsvColumn(index, plan.Columns[c], plan.CodesOf(c), tokens))], target);
    }

    private static (int[] Columns, int Target) MatchIndices(CsvRows rows, Preprocessing preprocessing, ColumnPlan plan, CsvOptions options)
    {
        int size = plan.Columns.Count;
        if (rows.HasHeader && !plan.Columns.All(column => ColumnPlan.IsMadeName(column.Name)))
        {
            int[] named = new int[size];
            for (int c = 0; c < size; c++)
            {
                named[c] = rows.FindName(plan.Columns[c].Name);
                if (named[c] < 0)
                {
                    throw rows.About($"the column '{CsvRows.Shown(plan.Columns[c].Name)}', which the model needs, is missing; the columns are {CsvRows.List(rows.Names)}.");
                }
            }

            return (named, options.Target is not null ? FindTarget(rows, options.Target) : preprocessing.TargetNames is [var only] ? rows.FindName(only) : -1);
        }

        // Of files without names, a model that left columns out knows the places of its own.
        int[] places = [.. plan.Columns.Select(column => rows.FindName(column.Name))];
        if (!rows.HasHeader && options.Target is null && Array.TrueForAll(places, place => place >= 0))
        {
            return (places, preprocessing.TargetNames is [var made] ? rows.FindName(made) : -1);
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

    private static int FindTarget(CsvRows rows, string target)
    {
        int column = rows.Find(target);
        return column >= 0
            ? column
            : throw rows.About($"there is no column '{CsvRows.Shown(target)}'; the columns are {CsvRows.List(rows.Names)}.");
    }

    private static int[] AllBut(CsvRows rows, int target) => [.. Enumerable.Range(0, rows.Names.Count).Where(c => c != target)];

    /// <summary>The fields of at most so many rows.</summary>
    private static ReadOnlyMemory<float> ReadValues(CsvRows rows, CsvColumn[] columns, Action? readTarget, int mostRows, bool mayBeEmpty = false)
    {
        float[] values = new float[Math.Max(FirstBuffer, columns.Length)];
        int filled = 0;
        for (int row = 0; row < mostRows && rows.Next(); row++)
        {
            if (values.Length - filled < columns.Length)
            {
                if (filled > Array.MaxLength - columns.Length)
                {
                    throw rows.About($"there are more than {Array.MaxLength} values; fewer were expected.");
                }

                Array.Resize(ref values, (int)Math.Min(Array.MaxLength, Math.Max(2L * values.Length, (long)filled + columns.Length)));
            }

            foreach (CsvColumn column in columns)
            {
                values[filled++] = column.Read(rows);
            }

            readTarget?.Invoke();
        }

        return filled > 0 || mayBeEmpty
            ? values.AsMemory(0, filled)
            : throw rows.About("there are no rows of data after the header.");
    }
}
