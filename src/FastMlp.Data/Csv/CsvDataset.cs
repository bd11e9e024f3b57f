namespace FastMlp.Data;

/// <summary>
/// CSV text to rows: one row a line, fields quoted where they need it (RFC 4180), UTF-8 unless said otherwise, gzip or not (told by content).
/// What cannot be used is a <see cref="DataFormatException"/> that names the file, line, column and value. Empty lines are skipped.
/// </summary>
public static class CsvDataset
{
    /// <summary>A target of whole numbers with at most this many distinct values is taken for classes.</summary>
    public const int MaxDetectedClasses = 20;

    /// <summary>Rows that there is room for at first; doubled as rows arrive.</summary>
    private const int FirstRows = 256;

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
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        using Stream content = Compression.Open(stream);
        return ReadTable(Decoded(content, source, options), source, options);
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    public static RawTable LoadTable(TextReader reader, CsvOptions? options = null, string source = "CSV")
    {
        ArgumentNullException.ThrowIfNull(reader);
        return ReadTable(new BorrowedText(reader), source, options);
    }

    /// <summary>
    /// Reads a file as a trained model needs it, for evaluation: its features, its target, and its classes under the model's numbers.
    /// Columns are found by name where the file and the model have names, in any order, and others are passed over; without names they
    /// are taken in order, the target by <see cref="TableOptions.Target"/> or last.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset Load(string path, Preprocessing preprocessing, CsvOptions? options = null, ReadingTally? tally = null)
    {
        return Evaluate(OfFile(path, options), preprocessing, options, int.MaxValue, tally).First();
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    public static Dataset Load(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV", ReadingTally? tally = null)
    {
        return Evaluate(OfText(reader, source, options), preprocessing, options, int.MaxValue, tally).First();
    }

    /// <summary>
    /// As <see cref="Load(string, Preprocessing, CsvOptions?, ReadingTally?)"/>, so many rows at a time and fewer at the end: for files larger than
    /// memory. The file is read as the batches are asked for, and a fault in it is found when its row comes.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<Dataset> LoadBatches(string path, Preprocessing preprocessing, int batchRows, CsvOptions? options = null, ReadingTally? tally = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Evaluate(OfFile(path, options), preprocessing, options, batchRows, tally);
    }

    /// <summary>As the overload for a file; the stream stays open, and <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, a column is missing, or a class is unknown to the model.</exception>
    public static IEnumerable<Dataset> LoadBatches(Stream stream, Preprocessing preprocessing, int batchRows, CsvOptions? options = null, string source = "CSV", ReadingTally? tally = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Evaluate(OfStream(stream, source, options), preprocessing, options, batchRows, tally);
    }

    /// <summary>
    /// Reads only the features that a trained model needs, for prediction: by name where the file and the model have names, in any
    /// order, and other columns are passed over; without names in order. A target column may be there or not.
    /// </summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FeatureTable LoadFeatures(string path, Preprocessing preprocessing, CsvOptions? options = null, ReadingTally? tally = null)
    {
        return Predict(OfFile(path, options), preprocessing, options, int.MaxValue, tally).First();
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    public static FeatureTable LoadFeatures(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV", ReadingTally? tally = null)
    {
        return Predict(OfText(reader, source, options), preprocessing, options, int.MaxValue, tally).First();
    }

    /// <summary>As <see cref="LoadFeatures(string, Preprocessing, CsvOptions?, ReadingTally?)"/>, so many rows at a time and fewer at the end: for files larger than memory.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<FeatureTable> LoadFeatureBatches(string path, Preprocessing preprocessing, int batchRows, CsvOptions? options = null, ReadingTally? tally = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Predict(OfFile(path, options), preprocessing, options, batchRows, tally);
    }

    /// <summary>As the overload for a file; <paramref name="source"/> names the text in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    public static IEnumerable<FeatureTable> LoadFeatureBatches(TextReader reader, Preprocessing preprocessing, int batchRows, CsvOptions? options = null, string source = "CSV", ReadingTally? tally = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Predict(OfText(reader, source, options), preprocessing, options, batchRows, tally);
    }

    /// <summary>As the overload for a file; the stream stays open, and <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="DataFormatException">The text cannot be used, or a column is missing; the message names it.</exception>
    public static IEnumerable<FeatureTable> LoadFeatureBatches(Stream stream, Preprocessing preprocessing, int batchRows, CsvOptions? options = null, string source = "CSV", ReadingTally? tally = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Predict(OfStream(stream, source, options), preprocessing, options, batchRows, tally);
    }

    private static CsvOptions NumbersOnly(CsvOptions? options)
    {
        options ??= new CsvOptions();
        return options.Missing.Kind == MissingKind.Error && options.MissingIn.Count + options.Categorical.Count + options.Kinds.Count == 0
            ? options with { MissingTokens = [] }
            : throw new ArgumentException("A set of plain numbers has no categories and nothing that fills gaps, for both are learnt from training rows; load a table and fit a preprocessing to it.", nameof(options));
    }

    private static Dataset Numbers(RawTable table) => ColumnPlan.Plain([.. table.Columns.Where(column => column.Rule.Kind != ColumnKind.Id).Select(column => column.Name)]).Encode(table);

    /// <summary>Opens the rows of a file whose columns a model knows.</summary>
    private static Func<ColumnPlan, CsvRows> OfFile(string path, CsvOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return plan => OpenRows(path, options ?? new CsvOptions(), plan);
    }

    private static Func<ColumnPlan, CsvRows> OfStream(Stream stream, string source, CsvOptions? options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        return plan =>
        {
            Stream content = Compression.Open(stream);
            return new CsvRows(Decoded(content, source, options), source, options ?? new CsvOptions(), [.. plan.Columns.Select(column => column.Name)], plan.Mark, [content]);
        };
    }

    private static Func<ColumnPlan, CsvRows> OfText(TextReader reader, string source, CsvOptions? options)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return plan => new CsvRows(new BorrowedText(reader), source, options ?? new CsvOptions(), [.. plan.Columns.Select(column => column.Name)], plan.Mark);
    }

    /// <summary>The rows of a file, which they close.</summary>
    internal static CsvRows OpenRows(string path, CsvOptions options, ColumnPlan? plan)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            Stream content = Compression.Open(file);
            return new CsvRows(Decoded(content, path, options), path, options, plan is null ? [] : [.. plan.Columns.Select(column => column.Name)], plan?.Mark, [content, file]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.OpenRead(path);
    }

    private static EncodedText Decoded(Stream content, string source, CsvOptions? options)
    {
        try
        {
            return new EncodedText(content, options?.Encoding);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException($"{source}: the gzip data is damaged or cut short; CSV text, gzip or not, was expected.", e);
        }
    }

    private static RawTable ReadTable(TextReader reader, string source, CsvOptions? options)
    {
        options ??= new CsvOptions();
        using CsvRows rows = new(reader, source, options, []);
        (CellReader[] readers, int[] indices, int target) = Discover(rows, options, int.MaxValue);
        CellReader[] all = [.. readers, new CellReader(rows.Names[target], ColumnRule.Default, rows.Mark, new MissingTokens([]))];
        int[] places = [.. indices, target];
        double[][] cells = [.. all.Select(_ => new double[FirstRows])];
        long[] lines = new long[FirstRows];
        int count = 0;
        for (; rows.Next(); count++)
        {
            if (count == lines.Length)
            {
                int room = (int)Math.Min(Array.MaxLength, 2L * count);
                if (room == count)
                {
                    throw rows.About($"there are more than {count} rows; fewer were expected.");
                }

                Array.Resize(ref lines, room);
                for (int c = 0; c < cells.Length; c++)
                {
                    Array.Resize(ref cells[c], room);
                }
            }

            lines[count] = rows.Line;
            for (int c = 0; c < all.Length; c++)
            {
                cells[c][count] = all[c].Read(rows[places[c]], rows.Line, out _);
            }
        }

        if (count == 0)
        {
            throw rows.About("there are no rows of data after the header.");
        }

        char mark = Mark(all, rows, options);
        RawColumn[] columns = new RawColumn[all.Length];
        for (int c = 0; c < all.Length; c++)
        {
            Array.Resize(ref cells[c], count);
            columns[c] = RawColumn.Read(all[c], mark == rows.Mark ? cells[c] : Array.ConvertAll(cells[c], CellReader.WithOtherMark));
        }

        Array.Resize(ref lines, count);
        return RawTable.Of(columns[..^1], columns[^1], target, lines, hasLines: true, mark, RawTable.Passed(rows.Names, options), options, rows.Source, rows.Notes);
    }

    /// <summary>The decimal mark of a file all of whose rows were read.</summary>
    internal static char Mark(IReadOnlyList<CellReader> readers, CsvRows rows, CsvOptions options) => options.Decimal != DecimalMark.Detect
        ? rows.Mark
        : CellReader.MarkOf(readers, rows.Mark, rows.OpenMark)
            ?? throw rows.About("some numbers have a decimal point and others a decimal comma; say which it is (Decimal, --decimal point or comma).");

    /// <summary>Readers of the features' columns, of which nothing is known yet, where they stand, and where the target does.</summary>
    internal static (CellReader[] Readers, int[] Indices, int Target) Discover(CsvRows rows, CsvOptions options, int mostTexts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCategories, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RareBelow, 1);
        foreach (string name in options.NamesSaid)
        {
            if (rows.FindName(name) < 0)
            {
                throw rows.About($"there is no column '{CsvRows.Shown(name)}'; the columns are {CsvRows.List(rows.Names)}.");
            }
        }

        if (rows.Names.Count < 2)
        {
            throw rows.About("there is one column; at least one feature and a target were expected, separated by comma, semicolon, tab or bar.");
        }

        int target = options.Target is not null ? FindTarget(rows, options.Target) : rows.Names.Count - (rows.EndsEmpty ? 2 : 1);
        MissingTokens tokens = new(options.MissingTokens);
        int[] indices = [.. AllBut(rows, target).Where(c => !options.Ignore.Contains(rows.Names[c]))];
        return indices.Length > 0
            ? ([.. indices.Select(c => new CellReader(rows.Names[c], options.RuleOf(rows.Names[c], c, rows.Nameless.Contains(c)), rows.Mark, tokens, mostTexts))], indices, target)
            : throw rows.About("no column is left to learn from.");
    }

    private static IEnumerable<Dataset> Evaluate(Func<ColumnPlan, CsvRows> open, Preprocessing preprocessing, CsvOptions? options, int batchRows, ReadingTally? tally)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        bool classes = preprocessing.Task == DataTask.Classification;
        if (classes ? preprocessing.ClassNames.Count == 0 : preprocessing.Targets is { Size: > 1 } || preprocessing.TargetNames.Count > 1)
        {
            throw new ArgumentException(classes ? "The model does not name its classes." : "The model has several targets; a CSV file gives one.", nameof(preprocessing));
        }

        return ReadBatches(open, preprocessing, options ?? new CsvOptions(), batchRows, tally, withTargets: true)
            .Select(batch => preprocessing.SetOf(batch.Features, [.. batch.Targets]));
    }

    private static IEnumerable<FeatureTable> Predict(Func<ColumnPlan, CsvRows> open, Preprocessing preprocessing, CsvOptions? options, int batchRows, ReadingTally? tally)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return ReadBatches(open, preprocessing, options ?? new CsvOptions(), batchRows, tally, withTargets: false)
            .Select(batch => new FeatureTable(batch.Features, preprocessing.Features.Size, preprocessing.FeatureNames, batch.Kept));
    }

    /// <summary>The features of so many rows at a time, and either their targets or the texts to keep; at least one batch.</summary>
    private static IEnumerable<(float[] Features, List<double> Targets, List<string>[] Kept)> ReadBatches(
        Func<ColumnPlan, CsvRows> open, Preprocessing preprocessing, CsvOptions options, int batchRows, ReadingTally? tally, bool withTargets)
    {
        ColumnPlan plan = preprocessing.Plan;
        using CsvRows rows = open(plan);
        PlannedRows planned = new(rows, preprocessing, options, tally, withTargets);
        int[] keep = withTargets ? [] : [.. options.Keep.Select(name => rows.FindName(name) is >= 0 and int place
            ? place
            : throw rows.About($"there is no column '{CsvRows.Shown(name)}' to keep; the columns are {CsvRows.List(rows.Names)}."))];
        bool any = false;
        while (true)
        {
            double[] raw = new double[plan.Columns.Count * Math.Min(batchRows, FirstRows)];
            int filled = 0;
            List<double> targets = [];
            List<string>[] kept = [.. keep.Select(_ => new List<string>())];
            for (int row = 0; row < batchRows && rows.Next(); row++)
            {
                if (filled == raw.Length)
                {
                    long room = Math.Min(Array.MaxLength, 2L * raw.Length);
                    Array.Resize(ref raw, room >= (long)filled + plan.Columns.Count ? (int)room : throw rows.About($"there are more than {Array.MaxLength} values; fewer were expected."));
                }

                planned.Read(raw.AsSpan(filled, plan.Columns.Count));
                filled += plan.Columns.Count;
                if (withTargets)
                {
                    targets.Add(planned.ReadTarget());
                }

                for (int k = 0; k < keep.Length; k++)
                {
                    kept[k].Add(rows.Written(keep[k]).ToString());
                }
            }

            if (filled == 0)
            {
                if (!any)
                {
                    throw rows.About("there are no rows of data after the header.");
                }

                yield break;
            }

            any = true;
            yield return (plan.Encode(raw.AsSpan(0, filled)), targets, kept);
        }
    }

    /// <summary>Where the columns that a model takes stand, in its order, and the target or -1.</summary>
    internal static (int[] Columns, int Target) Match(CsvRows rows, Preprocessing preprocessing, ColumnPlan plan, CsvOptions options)
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

        // Without names on one side, the columns of the training file are taken in their order.
        int count = rows.Names.Count;
        int[] order = plan.Target is { } read && plan.WhatWasRead.Count == count
            ? [.. plan.Columns.Select(column => column.Summary!.Position)]
            : [];
        if (order.Length > 0 && options.Target is null)
        {
            return (order, plan.Target!.Position);
        }

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
}
