using CsvHelper;

namespace FastMlp.Data;

/// <summary>
/// A CSV file that need not fit in memory, read again for each epoch. A first pass finds the kinds of the columns and the classes and
/// fits the plan and the scaling to the training rows (a second one for a median); then batches of training rows come
/// through a buffer that shuffles them. Memory is bounded by the shuffle buffer, the validation rows, the texts of categories and one batch.
/// </summary>
/// <remarks>Which part a row belongs to is told by its number in the file and the seed alone, so every pass parts them alike. The file must stay as it is.</remarks>
public sealed class CsvBatches
{
    private readonly string path;
    private readonly CsvBatchOptions options;
    private readonly double validationShare;
    private readonly ColumnPlan plan;

    private CsvBatches(string path, CsvBatchOptions options, Preprocessing preprocessing, Dataset? validation, double validationShare, long[] rows)
    {
        this.path = path;
        this.options = options;
        this.validationShare = validationShare;
        plan = preprocessing.Plan;
        Preprocessing = preprocessing;
        Validation = validation;
        TrainRows = rows[(int)RowPart.Train];
        TestRows = rows[(int)RowPart.Test];
    }

    /// <summary>Fitted to training rows only.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>The validation rows, transformed and held in memory; null where there are none.</summary>
    public Dataset? Validation { get; }

    /// <summary>Rows in all.</summary>
    public long Rows => TrainRows + TestRows + (Validation?.Rows ?? 0);

    /// <summary>Rows that are trained on.</summary>
    public long TrainRows { get; }

    /// <summary>Rows that are held out for the end.</summary>
    public long TestRows { get; }

    /// <summary>Makes the first pass over the file.</summary>
    /// <exception cref="DataFormatException">The text cannot be used; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static CsvBatches Open(string path, CsvBatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new CsvBatchOptions();
        CheckFraction(options.TestFraction, nameof(options.TestFraction));
        CheckFraction(options.ValidationFraction, nameof(options.ValidationFraction));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ShuffleRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxValidationRows, 1);
        FirstPass pass = new(options);
        pass.Run(path, cancellationToken);
        return pass.Finish(path, cancellationToken);
    }

    /// <summary>
    /// The training rows of an epoch, transformed, in batches: the last may be short. The order depends on the seed and the epoch. Each
    /// batch is a set of its own, so it may be kept.
    /// </summary>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="epoch">From 1; another epoch is another order.</param>
    /// <exception cref="DataFormatException">The file has changed since it was opened.</exception>
    public IEnumerable<Dataset> Batches(int batchSize, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Batched(Shuffled(epoch), batchSize);
    }

    /// <summary>The rows of a part in the order of the file, transformed, in batches.</summary>
    /// <param name="part">Which rows.</param>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <exception cref="DataFormatException">The file has changed since it was opened.</exception>
    public IEnumerable<Dataset> Read(RowPart part, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Batched(ReadRows(part), batchSize);
    }

    private static void CheckFraction(double fraction, string name)
    {
        if (fraction is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(name, fraction, "A held-out share is at least 0 and below 1.");
        }
    }

    private static RowPart PartOf(CsvBatchOptions options, double validationShare, long row)
    {
        double u = SplitMix.Fraction(options.Seed, row);
        return u < options.TestFraction ? RowPart.Test
            : (u - options.TestFraction) / (1 - options.TestFraction) < validationShare ? RowPart.Validation
            : RowPart.Train;
    }

    /// <summary>Whether a row, counted from 0, is among the held-out ones of that share and seed.</summary>
    public static bool IsTestRow(long row, double testFraction, int seed) => SplitMix.Fraction(seed, row) < testFraction;

    private IEnumerable<Dataset> Batched(IEnumerable<float[]> rows, int batchSize)
    {
        int size = plan.Columns.Count;
        bool classes = Preprocessing.Task == DataTask.Classification;
        float[]?[] sameCodes = new float[size][];
        float[] features = [];
        List<float> targets = new(batchSize);
        foreach (float[] row in rows)
        {
            if (targets.Count == 0)
            {
                features = new float[batchSize * plan.FeatureCount];
            }

            plan.Encode(row.AsSpan(0, size), sameCodes, features.AsSpan(targets.Count * plan.FeatureCount, plan.FeatureCount));
            targets.Add(row[size]);
            if (targets.Count == batchSize)
            {
                yield return Batch();
                targets.Clear();
            }
        }

        if (targets.Count > 0)
        {
            yield return Batch();
        }

        Dataset Batch()
        {
            Memory<float> filled = features.AsMemory(0, targets.Count * plan.FeatureCount);
            Preprocessing.Features.Transform(filled.Span);
            float[] values = [.. targets];
            if (!classes)
            {
                Preprocessing.Targets?.Transform(values);
                return new Dataset(filled, plan.FeatureCount, values, 1) { FeatureNames = Preprocessing.FeatureNames, TargetNames = Preprocessing.TargetNames };
            }

            return new Dataset(filled, plan.FeatureCount, Array.ConvertAll(values, value => (int)value), Preprocessing.ClassNames.Count)
            {
                FeatureNames = Preprocessing.FeatureNames,
                ClassNames = Preprocessing.ClassNames,
                TargetNames = Preprocessing.TargetNames,
            };
        }
    }

    /// <summary>Each row changes places with one of those that wait; the array given is the caller's until the next.</summary>
    private IEnumerable<float[]> Shuffled(int epoch)
    {
        int capacity = (int)Math.Min(options.ShuffleRows, Math.Max(1, TrainRows));
        List<float[]> waiting = new(Math.Min(capacity, 1024));
        SplitMix random = new(((ulong)(uint)options.Seed << 32) | (uint)epoch);
        float[] free = [];
        foreach (float[] row in ReadRows(RowPart.Train))
        {
            if (waiting.Count < capacity)
            {
                waiting.Add([.. row]);
                continue;
            }

            if (free.Length == 0)
            {
                free = new float[row.Length];
            }

            int place = random.Next(capacity);
            row.CopyTo(free, 0);
            (free, waiting[place]) = (waiting[place], free);
            yield return free;
        }

        for (int left = waiting.Count; left > 0; left--)
        {
            int place = random.Next(left);
            yield return waiting[place];
            waiting[place] = waiting[left - 1];
        }
    }

    /// <summary>The raw rows of a part under the plan's codes, each with its target behind it, in one array that is used again.</summary>
    private IEnumerable<float[]> ReadRows(RowPart part)
    {
        using CsvRows rows = OpenRows(path, options.Csv, plan.Columns.Select(column => column.Name));
        (CsvColumn[] columns, int target) = CsvDataset.Match(rows, Preprocessing, plan, options.Csv);
        ClassLookup? lookup = Preprocessing.Task == DataTask.Classification ? new ClassLookup(Preprocessing.ClassNames) : null;
        float[] values = new float[columns.Length + 1];
        for (long row = 0; rows.Next(); row++)
        {
            if (PartOf(options, validationShare, row) == part)
            {
                for (int c = 0; c < columns.Length; c++)
                {
                    values[c] = columns[c].Read(rows);
                }

                values[^1] = lookup?.Read(rows, target) ?? rows.Number(target);
                yield return values;
            }
        }
    }

    internal static CsvRows OpenRows(string path, CsvOptions options, IEnumerable<string> knownNames)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            // The reader owns the streams below it.
            Stream content = Compression.Open(file);
            return new CsvRows(o => CsvReader.Create(content, o, leaveOpen: false), path, options, [.. knownNames], [content, file]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Everything that the first pass gathers.</summary>
    private sealed class FirstPass(CsvBatchOptions options)
    {
        /// <summary>How often cancellation is looked at.</summary>
        private const int RowsBetweenChecks = 4096;

        private readonly List<(double Place, float[] Row, double Target)> validation = [];
        private readonly long[] counts = new long[3];
        private CsvColumn[] columns = [];
        private TableFitter fitter = null!;
        private TargetColumn targets = null!;
        private string targetName = "";
        private Moments targetMoments;
        private double validationShare = options.ValidationFraction;
        private long dropped;

        public void Run(string path, CancellationToken cancellationToken)
        {
            using CsvRows rows = OpenRows(path, options.Csv, []);
            (columns, int target) = CsvDataset.Discover(rows, options.Csv);
            targetName = rows.Names[target];
            targets = new TargetColumn(target, options.Csv.Task);
            fitter = new TableFitter(columns.Select(column => column.Found));
            float[] values = new float[columns.Length];
            ColumnKind[] kinds = new ColumnKind[columns.Length];
            for (long row = 0; rows.Next(); row++)
            {
                if (row % RowsBetweenChecks == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                Read(rows, values, kinds);
                Take(row, values, kinds, targets.Read(rows));
            }

            if (counts[(int)RowPart.Train] == 0)
            {
                throw rows.About(counts.Sum() == 0 ? "there are no rows of data after the header." : "every row is held out; none is left to train on.");
            }

            targets.Finish();
        }

        public CsvBatches Finish(string path, CancellationToken cancellationToken)
        {
            fitter.EndFirstPass();
            RawColumn[] found = [.. columns.Select(column => column.Found)];
            if (fitter.NeedsSecondPass)
            {
                Refine(path, cancellationToken);
            }

            (ColumnPlan plan, Moments[] features) = fitter.Finish(found, options.Csv.MissingTokens, path);
            bool classes = targets.IsClassification;
            Preprocessing preprocessing = new()
            {
                Task = classes ? DataTask.Classification : DataTask.Regression,
                Columns = plan.IsPlain ? null : plan,
                Features = Scaler.Of(options.Scaling, features),
                Targets = classes || !options.ScaleTargets ? null : Scaler.Standard([targetMoments]),
                FeatureNames = plan.FeatureNames,
                ClassNames = targets.ClassNames,
                TargetNames = [targetName],
            };

            // What fell out of the validation rows is trained on, though the plan was fitted without it.
            counts[(int)RowPart.Train] += dropped;
            return new CsvBatches(path, options, preprocessing, Validation(preprocessing, found), validationShare, counts);
        }

        private Dataset? Validation(Preprocessing preprocessing, RawColumn[] found)
        {
            if (validation.Count == 0)
            {
                return null;
            }

            float[] values = new float[validation.Count * columns.Length];
            for (int i = 0; i < validation.Count; i++)
            {
                validation[i].Row.CopyTo(values, i * columns.Length);
            }

            float[] none = new float[validation.Count];
            Dataset answers = targets.IsClassification
                ? new Dataset(none, 1, validation.ConvertAll(row => targets.LabelOf(row.Target)).ToArray(), targets.ClassNames.Length) { ClassNames = targets.ClassNames, TargetNames = [targetName] }
                : new Dataset(none, 1, validation.ConvertAll(row => (float)row.Target).ToArray(), 1) { TargetNames = [targetName] };
            return preprocessing.Transform(RawTable.Of(values, found, answers, options.Csv.MissingTokens));
        }

        private void Refine(string path, CancellationToken cancellationToken)
        {
            using CsvRows rows = OpenRows(path, options.Csv, []);
            float[] values = new float[columns.Length];
            ColumnKind[] kinds = new ColumnKind[columns.Length];
            for (long row = 0; rows.Next(); row++)
            {
                if (row % RowsBetweenChecks == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (PartOf(options, options.ValidationFraction, row) == RowPart.Train)
                {
                    Read(rows, values, kinds);
                    fitter.Refine(values);
                }
            }
        }

        private void Read(CsvRows rows, float[] values, ColumnKind[] kinds)
        {
            for (int c = 0; c < values.Length; c++)
            {
                values[c] = columns[c].Read(rows);
                kinds[c] = columns[c].Kind;
            }
        }

        private void Take(long row, float[] values, ColumnKind[] kinds, double target)
        {
            RowPart part = PartOf(options, options.ValidationFraction, row);
            if (part != RowPart.Validation)
            {
                counts[(int)part]++;
                if (part == RowPart.Train)
                {
                    fitter.Add(values, kinds);
                    targetMoments.Add((float)target);
                }

                return;
            }

            double place = (SplitMix.Fraction(options.Seed, row) - options.TestFraction) / (1 - options.TestFraction);
            if (place >= validationShare)
            {
                dropped++;
                return;
            }

            validation.Add((place, [.. values], target));
            while (validation.Count > options.MaxValidationRows)
            {
                validationShare /= 2;
                dropped += validation.RemoveAll(waiting => waiting.Place >= validationShare);
            }
        }
    }
}
