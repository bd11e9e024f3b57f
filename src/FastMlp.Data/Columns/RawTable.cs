namespace FastMlp.Data;

/// <summary>
/// Rows as they stand in a file: numbers, texts, gaps, and the target. Split it first, then fit a <see cref="Preprocessing"/> to the training part, which
/// decides what each column is, and transform every part by it, so that nothing of the held-out rows shapes the model.
/// </summary>
public sealed class RawTable
{
    private readonly ReadOnlyMemory<float> targets;
    private readonly ReadOnlyMemory<int> labels;
    private readonly ReadOnlyMemory<float> weights;

    // The line or row of the file that each row is; without lines, row 0 is the first.
    private readonly long[] places;

    private RawTable(IReadOnlyList<RawColumn> columns, long[] places, bool isClassification, int targetSize, ReadOnlyMemory<float> targets, ReadOnlyMemory<int> labels, ReadOnlyMemory<float> weights)
    {
        Columns = columns;
        IsClassification = isClassification;
        TargetSize = targetSize;
        this.places = places;
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

    /// <summary>What was done about the form of the file, one sentence each; such as columns of the same name.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The class labels, [rows]; empty for float targets.</summary>
    public ReadOnlySpan<int> Labels => labels.Span;

    /// <summary>The float targets, [rows, targetSize]; empty for class labels.</summary>
    public ReadOnlySpan<float> Targets => targets.Span;

    /// <summary>Numbers without gaps, [rows, columns], of a set that nothing is to be decided about; else empty.</summary>
    internal ReadOnlyMemory<float> Matrix { get; private init; }

    /// <summary>Whether the columns are numbers as they are.</summary>
    internal bool IsMatrix { get; private init; }

    /// <summary>Whether the names of the columns were known and not made.</summary>
    internal bool IsNamed { get; private init; } = true;

    /// <summary>The decimal mark of its texts.</summary>
    internal char Mark { get; private init; } = '.';

    /// <summary>The name in messages.</summary>
    internal string Source { get; private init; } = "the table";

    /// <summary>Columns that were passed over.</summary>
    internal IReadOnlyList<ColumnSummary> Ignored { get; private init; } = [];

    /// <summary>What was read of the target.</summary>
    internal ColumnSummary? TargetSummary { get; private init; }

    /// <summary>Whether a place is a line of a text, and not a row from 0.</summary>
    internal bool HasLines { get; private init; }

    /// <summary>The set as a table of numbers without gaps; the features are shared.</summary>
    public static RawTable Of(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        IReadOnlyList<string> names = dataset.FeatureNames.Count > 0 ? dataset.FeatureNames : ColumnPlan.MadeNames(dataset.InputSize);
        bool shared = dataset.FeatureMatrix.TryGetMemory(out ReadOnlyMemory<float> memory);
        return new RawTable([.. names.Select(RawColumn.Named)], [], dataset.IsClassification, dataset.TargetSize, dataset.Targets.ToArray(), dataset.Labels.ToArray(), dataset.Weights.ToArray())
        {
            Matrix = shared ? memory : dataset.Features.ToArray(),
            IsMatrix = true,
            IsNamed = dataset.FeatureNames.Count > 0,
            ClassNames = dataset.ClassNames,
            TargetNames = dataset.TargetNames,
        };
    }

    /// <summary>
    /// A table of columns that some reader filled, one of them the target: the way in for typed formats. Every column has as many rows.
    /// </summary>
    /// <param name="columns">The columns in the order of the file.</param>
    /// <param name="options">What the user says about them.</param>
    /// <param name="source">The name in messages.</param>
    /// <exception cref="DataFormatException">There is no such target, or its values are no targets.</exception>
    public static RawTable Of(IReadOnlyList<RawColumn> columns, TableOptions? options = null, string source = "the table")
    {
        ArgumentNullException.ThrowIfNull(columns);
        options ??= new TableOptions();
        if (columns.Count == 0 || columns.Any(column => column.Cells.Length != columns[0].Cells.Length))
        {
            throw new ArgumentException("A table has at least one column, and all have as many rows.", nameof(columns));
        }

        string[] names = [.. columns.Select(column => column.Name)];
        int target = options.Target is null ? names.Length - 1 : Array.IndexOf(names, options.Target);
        target = target < 0 && int.TryParse(options.Target, out int index) && index >= 0 && index < names.Length ? index : target;
        if (names.Distinct(StringComparer.Ordinal).Count() != names.Length)
        {
            throw new DataFormatException($"{source}: two columns have the same name; names must differ.");
        }

        if (options.NamesSaid.Append(options.Target ?? names[^1]).FirstOrDefault(said => !names.Contains(said) && target < 0) is { } unknown)
        {
            throw new DataFormatException($"{source}: there is no column '{CsvRows.Shown(unknown)}'; the columns are {CsvRows.List(names)}.");
        }

        RawColumn[] features = [.. columns.Select((column, c) => column.With(options.RuleOf(column.Name, c, isNameless: false))).Where((column, c) => c != target && !options.Ignore.Contains(column.Name))];
        return Of(features, columns[target], target, [.. Enumerable.Range(0, columns[0].Cells.Length).Select(row => (long)row)], hasLines: false, '.', Passed(names, options), options, source, []);
    }

    /// <summary>The features with the values of the target column, which is decided from all rows.</summary>
    internal static RawTable Of(IReadOnlyList<RawColumn> features, RawColumn target, int position, long[] places, bool hasLines, char mark, IReadOnlyList<ColumnSummary> ignored, TableOptions options, string source, IReadOnlyList<string> notes)
    {
        TargetColumn decision = new(target.Name, options.Task, mark);
        string Place(long place) => hasLines ? $"line {place}" : $"row {place}";
        DataFormatException At(long place, string fault) => new($"{source}, {Place(place)}, column '{CsvRows.Shown(target.Name)}': {fault}");
        for (int row = 0; row < places.Length; row++)
        {
            double cell = target.Cells[row];
            int code = double.IsNaN(cell) ? Cell.CodeOf(cell) : 0;
            if (code < 0)
            {
                bool numbersExpected = options.Task == DataTask.Regression || (options.Task is null && target.CodedTexts.Count == 0);
                throw At(places[row], $"the field is empty; {(numbersExpected ? "a finite number" : "a class or a number")} was expected.");
            }

            decision.Add(cell, double.IsNaN(cell) ? target.CodedTexts[code] : null, places[row]);
        }

        decision.Finish(target.CodedTexts, At);
        bool classes = decision.IsClassification;
        ColumnStatistics statistics = ColumnStatistics.Of(target, mark);
        ColumnSummary summary = SummaryOf(target, position, decision, statistics);
        return new RawTable(features, places, classes, classes ? decision.ClassNames.Length : 1,
            classes ? default : Array.ConvertAll(target.Cells, cell => (float)decision.ValueOf(cell, target.CodedTexts)),
            classes ? Array.ConvertAll(target.Cells, decision.LabelOf) : default, default)
        {
            ClassNames = decision.ClassNames,
            TargetNames = [target.Name],
            MissingTokens = options.MissingTokens,
            Mark = mark,
            Source = source,
            HasLines = hasLines,
            Ignored = ignored,
            TargetSummary = summary,
            Notes = notes,
        };
    }

    /// <summary>The columns that are passed over, as a summary names them.</summary>
    internal static ColumnSummary[] Passed(IReadOnlyList<string> names, TableOptions options) =>
        [.. Enumerable.Range(0, names.Count).Where(c => options.Ignore.Contains(names[c])).Select(c => new ColumnSummary { Name = names[c], Position = c, ReadAs = "ignored", Note = "as asked: left out" })];

    /// <summary>What was read of the target.</summary>
    internal static ColumnSummary SummaryOf(RawColumn target, int position, TargetColumn decision, ColumnStatistics statistics) =>
        SummaryOf(target.Name, position, decision, statistics, target.CodedTexts);

    internal static ColumnSummary SummaryOf(string name, int position, TargetColumn decision, ColumnStatistics statistics, IReadOnlyList<string> texts)
    {
        bool classes = decision.IsClassification;
        bool numbers = !classes && statistics.Numbers.Count > 0;
        return new ColumnSummary
        {
            Name = name,
            Position = position,
            ReadAs = classes ? "classes" : "values",
            Distinct = classes ? decision.ClassNames.Length : statistics.DistinctNumbers.Count + texts.Count,
            DistinctIsExact = classes || statistics.DistinctNumbers.IsExact,
            Example = classes ? decision.ClassNames.FirstOrDefault("") : texts.Count > 0 ? texts[0] : CategoryColumn.NameOf(statistics.Numbers.Max),
            Note = "the target",
            Min = numbers ? statistics.Numbers.Min : null,
            Max = numbers ? statistics.Numbers.Max : null,
            Mean = numbers ? statistics.Numbers.Mean : null,
            Deviation = numbers ? statistics.Numbers.Deviation : null,
        };
    }

    /// <summary>The rows at the given indices, in that order, copied.</summary>
    public RawTable Select(ReadOnlySpan<int> rows)
    {
        int[] picked = rows.ToArray();
        return new RawTable(IsMatrix ? Columns : [.. Columns.Select(column => column.With(Picked<double>(column.Cells, 1, picked)))],
            Picked<long>(places, places.Length == 0 ? 0 : 1, picked), IsClassification, TargetSize,
            IsClassification ? default : Picked(Targets, TargetSize, picked),
            IsClassification ? Picked(Labels, 1, picked) : default,
            weights.IsEmpty ? default : Picked(weights.Span, 1, picked))
        {
            Matrix = IsMatrix ? Picked(Matrix.Span, Columns.Count, picked) : default,
            IsMatrix = IsMatrix,
            IsNamed = IsNamed,
            ClassNames = ClassNames,
            TargetNames = TargetNames,
            MissingTokens = MissingTokens,
            Mark = Mark,
            Source = Source,
            HasLines = HasLines,
            Ignored = Ignored,
            TargetSummary = TargetSummary,
            Notes = Notes,
        };
    }

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

    /// <summary>The values of a column as a plan reads them, row by row; NaN where one is missing.</summary>
    /// <exception cref="DataFormatException">The plan cannot read a value; the message says where it stands.</exception>
    internal double[] Read(RawColumn column, PlannedColumn planned, ColumnTally? tally)
    {
        double[] values = new double[column.Cells.Length];
        (bool Known, bool Read, double Raw)[] meanings = new (bool, bool, double)[column.CodedTexts.Count];
        for (int row = 0; row < column.Cells.Length; row++)
        {
            double cell = column.Cells[row];
            bool read;
            double raw;
            if (!double.IsNaN(cell))
            {
                read = planned.TryRead(cell, out raw);
            }
            else if (Cell.CodeOf(cell) is int code && code < 0)
            {
                (read, raw) = (planned.Missing.Kind != MissingKind.Error, double.NaN);
            }
            else
            {
                if (!meanings[code].Known)
                {
                    bool understood = planned.TryRead(column.CodedTexts[code], Mark, out double meaning);
                    meanings[code] = (true, understood, meaning);
                }

                (_, read, raw) = meanings[code];
            }

            if (!read)
            {
                string text = column.TextOf(cell);
                throw new DataFormatException($"{Source}, {PlaceOf(row)}, column '{CsvRows.Shown(column.Name)}': {(text.Length == 0 ? "a value is missing" : planned.Kind == ColumnKind.Number ? ColumnDecision.NotANumber(text) : $"'{CsvRows.Shown(text)}' stands there")}; {planned.Wanted}.");
            }

            tally?.Add(planned, raw);
            values[row] = raw;
        }

        return values;
    }

    /// <summary>The beginning of a message about the first cell of a column with that code of a text.</summary>
    internal string PlaceOfText(string column, int code)
    {
        RawColumn found = Columns.First(candidate => candidate.Name == column);
        int row = Array.FindIndex(found.Cells, cell => double.IsNaN(cell) && Cell.CodeOf(cell) == code);
        return row < 0 ? $"{Source}, column '{CsvRows.Shown(column)}': " : $"{Source}, {PlaceOf(row)}, column '{CsvRows.Shown(column)}': ";
    }

    private string PlaceOf(int row) => places.Length == 0 ? $"row {row}" : HasLines ? $"line {places[row]}" : $"row {places[row]}";

    private static T[] Picked<T>(ReadOnlySpan<T> source, int size, ReadOnlySpan<int> rows)
    {
        T[] picked = new T[(long)rows.Length * size];
        for (int i = 0; i < rows.Length && size > 0; i++)
        {
            source.Slice(rows[i] * size, size).CopyTo(picked.AsSpan(i * size));
        }

        return picked;
    }
}
