using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace FastMlp.Data;

/// <summary>
/// A CSV file that need not fit in memory, read again for each epoch. A first pass gathers what the columns and the classes are and decides the plan from the
/// training rows; dates, medians and the validation rows take further passes. Then batches of training rows come through a buffer that shuffles them. Memory is
/// bounded by the shuffle buffer, the validation rows, the texts of categories and one batch.
/// </summary>
/// <remarks>Which part a row belongs to is told by its number in the file and the seed alone, so every pass parts them alike. The file must stay as it is.</remarks>
public sealed class CsvBatches
{
    private readonly string path;
    private readonly CsvBatchOptions options;
    private readonly double validationShare;
    private readonly ColumnPlan plan;

    private CsvBatches(string path, CsvBatchOptions options, Preprocessing preprocessing, double validationShare, long[] rows, string fingerprint)
    {
        Fingerprint = fingerprint;
        this.path = path;
        this.options = options;
        this.validationShare = validationShare;
        plan = preprocessing.Plan;
        Preprocessing = preprocessing;
        TrainRows = rows[(int)RowPart.Train];
        TestRows = rows[(int)RowPart.Test];
        Validation = rows[(int)RowPart.Validation] > 0 ? Read(RowPart.Validation, (int)rows[(int)RowPart.Validation]).FirstOrDefault() : null;
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

    /// <summary>16 hexadecimal digits that name what the first pass read: every value, and what was made of the columns.</summary>
    public string Fingerprint { get; }

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
        FirstPass pass = new(path, options, cancellationToken);
        if (pass.Run() is { } otherMark)
        {
            pass = new(path, options with { Csv = options.Csv with { Decimal = otherMark == ',' ? DecimalMark.Comma : DecimalMark.Point } }, cancellationToken);
            pass.Run();
        }

        return pass.Finish();
    }

    /// <summary>
    /// The training rows of an epoch, transformed, in batches: the last may be short. The order depends on the seed and the epoch. Each
    /// batch is a set of its own, so it may be kept.
    /// </summary>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="epoch">From 1; another epoch is another order.</param>
    /// <exception cref="DataFormatException">The file has changed since it was opened.</exception>
    public IEnumerable<Dataset> Batches(int batchSize, int epoch) => Batches(batchSize, epoch, shuffle: true, skip: 0);

    /// <summary>The training rows as <see cref="Network.Fit(StreamedDataset, FitOptions, CancellationToken)"/> takes them; rows and batches were counted in the first pass.</summary>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="shuffle">Whether they come through the shuffle buffer, or in the order of the file.</param>
    public StreamedDataset Stream(int batchSize, bool shuffle = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return new Epochs(this, (int)Math.Min(batchSize, TrainRows), shuffle);
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

    private IEnumerable<Dataset> Batches(int batchSize, int epoch, bool shuffle, int skip)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Batched(Without(shuffle ? Shuffled(epoch) : ReadRows(RowPart.Train), (long)skip * batchSize), batchSize);
    }

    /// <summary>Rows that are left out are read, but neither encoded nor scaled.</summary>
    private static IEnumerable<double[]> Without(IEnumerable<double[]> rows, long count)
    {
        foreach (double[] row in rows)
        {
            if (count-- <= 0)
            {
                yield return row;
            }
        }
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

    private IEnumerable<Dataset> Batched(IEnumerable<double[]> rows, int batchSize)
    {
        int size = plan.Columns.Count;
        float[] features = [];
        List<double> targets = new(Math.Min(batchSize, 1 << 16));
        foreach (double[] row in rows)
        {
            if (targets.Count == 0)
            {
                features = new float[batchSize * plan.FeatureCount];
            }

            plan.Encode(row.AsSpan(0, size), features.AsSpan(targets.Count * plan.FeatureCount, plan.FeatureCount));
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
            Dataset set = Preprocessing.SetOf(filled, [.. targets]);
            return Preprocessing.Targets?.TransformTargets(set) ?? set;
        }
    }

    /// <summary>Each row changes places with one of those that wait; the array given is the caller's until the next.</summary>
    private IEnumerable<double[]> Shuffled(int epoch)
    {
        int capacity = (int)Math.Min(options.ShuffleRows, Math.Max(1, TrainRows));
        List<double[]> waiting = new(Math.Min(capacity, 1024));
        SplitMix random = new(((ulong)(uint)options.Seed << 32) | (uint)epoch);
        double[] free = [];
        foreach (double[] row in ReadRows(RowPart.Train))
        {
            if (waiting.Count < capacity)
            {
                waiting.Add([.. row]);
                continue;
            }

            if (free.Length == 0)
            {
                free = new double[row.Length];
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

    /// <summary>The raw rows of a part, each with its target behind it, in one array that is used again.</summary>
    private IEnumerable<double[]> ReadRows(RowPart part)
    {
        CsvOptions csv = options.Csv with { Decimal = plan.Decimal };
        using CsvRows rows = CsvDataset.OpenRows(path, csv, plan);
        PlannedRows planned = new(rows, Preprocessing, csv, null, withTargets: true);
        double[] values = new double[plan.Columns.Count + 1];
        for (long row = 0; rows.Next(); row++)
        {
            if (PartOf(options, validationShare, row) == part)
            {
                planned.Read(values.AsSpan(0, values.Length - 1));
                values[^1] = planned.ReadTarget();
                yield return values;
            }
        }
    }

    /// <summary>The training rows, epoch after epoch.</summary>
    private sealed class Epochs(CsvBatches file, int batchSize, bool shuffle) : StreamedDataset
    {
        public override int? BatchesPerEpoch => checked((int)((file.TrainRows + batchSize - 1) / batchSize));

        public override long? RowsPerEpoch => file.TrainRows;

        public override string Fingerprint => string.Create(CultureInfo.InvariantCulture,
            $"{file.Fingerprint}, {(shuffle ? $"mixed by {file.options.ShuffleRows} rows with seed {file.options.Seed}" : "in the order of the file")}, batches of {batchSize}");

        public override IEnumerable<Dataset> Batches(int epoch) => Batches(epoch, 0);

        public override IEnumerable<Dataset> Batches(int epoch, int skip) => file.Batches(batchSize, epoch, shuffle, skip);
    }

    /// <summary>Everything that the first pass gathers.</summary>
    private sealed class FirstPass(string path, CsvBatchOptions options, CancellationToken cancellationToken)
    {
        /// <summary>How often cancellation is looked at.</summary>
        private const int RowsBetweenChecks = 4096;

        private readonly List<double> validationPlaces = [];
        private readonly long[] counts = new long[3];
        private readonly XxHash64 hash = new();
        private CellReader[] readers = [];
        private ColumnStatistics[] statistics = [];
        private ColumnSummary[] ignored = [];
        private CellReader targetReader = null!;
        private ColumnStatistics targetStatistics = null!;
        private TargetColumn targets = null!;
        private int targetIndex;
        private char mark;
        private Moments targetMoments;
        private double validationShare = options.ValidationFraction;
        private long dropped;

        /// <summary>Reads all rows; if their decimal mark is not the one that the first rows say, returns it: then all must be read anew.</summary>
        public char? Run()
        {
            using CsvRows rows = CsvDataset.OpenRows(path, options.Csv, null);
            (readers, int[] indices, targetIndex) = CsvDataset.Discover(rows, options.Csv, Math.Max(ColumnStatistics.MostTexts, options.Csv.MaxCategories));
            mark = rows.Mark;
            ignored = RawTable.Passed(rows.Names, options.Csv);
            statistics = [.. readers.Select(_ => new ColumnStatistics(mark))];
            targetReader = new CellReader(rows.Names[targetIndex], ColumnRule.Default, mark, new MissingTokens([]), TargetColumn.MaxClasses + 1);
            targetStatistics = new ColumnStatistics(mark);
            targets = new TargetColumn(rows.Names[targetIndex], options.Csv.Task, mark);
            double[] cells = new double[readers.Length + 1];
            for (long row = 0; rows.Next(); row++)
            {
                if (row % RowsBetweenChecks == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                bool train = Count(row);
                for (int c = 0; c < readers.Length; c++)
                {
                    ReadOnlySpan<char> field = rows[indices[c]];
                    double cell = cells[c] = readers[c].Read(field, rows.Line, out bool isBeyond);
                    if (isBeyond)
                    {
                        // More texts than are kept: the cell does not tell which it was.
                        hash.Append(MemoryMarshal.AsBytes(field));
                    }

                    if (train && isBeyond)
                    {
                        statistics[c].AddBeyond(field);
                    }
                    else if (train)
                    {
                        statistics[c].Add(cell);
                    }
                }

                cells[^1] = ReadTarget(rows, train);
                hash.Append(MemoryMarshal.AsBytes<double>(cells));
            }

            char whole = CsvDataset.Mark([.. readers, targetReader], rows, options.Csv);
            if (whole != mark)
            {
                return whole;
            }

            if (counts[(int)RowPart.Train] == 0)
            {
                throw rows.About(counts.Sum() == 0 ? "there are no rows of data after the header." : "every row is held out; none is left to train on.");
            }

            targets.Finish(targetReader.Texts.Texts, (line, fault) => new DataFormatException($"{path}, line {line}, column '{CsvRows.Shown(targetReader.Name)}': {fault}"));
            return null;
        }

        public CsvBatches Finish()
        {
            TableFitter fitter = new([.. readers.Select((reader, c) => (reader.Name, reader.Rule, statistics[c], reader.Texts.Texts))], mark, path, PlaceOfText);
            while (fitter.Unfinished.Any())
            {
                PassAgain([.. fitter.Unfinished]);
                fitter.EndPass();
            }

            ColumnSummary target = RawTable.SummaryOf(targetReader.Name, targetIndex, targets, targetStatistics, targetReader.Texts.Texts);
            (ColumnPlan plan, Moments[] features) = fitter.Finish(options.Csv.MissingTokens, mark, ignored, target);
            bool classes = targets.IsClassification;
            Preprocessing preprocessing = new()
            {
                Task = classes ? DataTask.Classification : DataTask.Regression,
                Columns = plan,
                Features = Scaler.Of(options.Scaling, features),
                Targets = classes || !options.ScaleTargets ? null : Scaler.Standard([targetMoments]),
                FeatureNames = plan.FeatureNames,
                ClassNames = targets.ClassNames,
                TargetNames = [targetReader.Name],
            };

            // What fell out of the validation rows is trained on, though the plan was fitted without it.
            counts[(int)RowPart.Train] += dropped;
            counts[(int)RowPart.Validation] = validationPlaces.Count;
            hash.Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{preprocessing.ToJson()} {options.TestFraction} {validationShare} {options.Seed}")));
            return new CsvBatches(path, options, preprocessing, validationShare, counts, hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture));
        }

        /// <summary>Reads the target of a row and returns its cell.</summary>
        private double ReadTarget(CsvRows rows, bool train)
        {
            ReadOnlySpan<char> field = rows[targetIndex];
            double cell = targetReader.Read(field, rows.Line, out bool isBeyond);
            bool isText = double.IsNaN(cell);
            double value = cell;
            if (isText && (field.IsEmpty || (isBeyond && !ValueText.TryNumber(field, mark, out cell, out _))))
            {
                throw rows.At(targetIndex, field.IsEmpty
                    ? $"the field is empty; {(options.Csv.Task == DataTask.Regression || (options.Csv.Task is null && targetReader.Texts.Texts.Count == 0) ? "a finite number" : "a class or a number")} was expected."
                    : $"'{CsvRows.Shown(field)}' is one class more than {TargetColumn.MaxClasses}; is this the target?");
            }

            targetStatistics.Add(cell);
            targets.Add(cell, double.IsNaN(cell) ? targetReader.Texts.Texts[Cell.CodeOf(cell)] : null, rows.Line);
            if (train)
            {
                targetMoments.Add((float)(isText && ValueText.TryNumber(field, mark, out value, out _) ? value : isText ? 0 : cell));
            }

            return cell;
        }

        private void PassAgain((int Column, ColumnFit Fit)[] fits)
        {
            CsvOptions csv = options.Csv with { Decimal = mark == ',' ? DecimalMark.Comma : DecimalMark.Point };
            using CsvRows rows = CsvDataset.OpenRows(path, csv, null);
            (_, int[] indices, _) = CsvDataset.Discover(rows, csv, 1);
            PlannedReader[] planned = [.. fits.Select(fit => new PlannedReader(fit.Fit.Reader, mark, csv.MissingTokens))];
            for (long row = 0; rows.Next(); row++)
            {
                if (row % RowsBetweenChecks == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (PartOf(options, options.ValidationFraction, row) != RowPart.Train)
                {
                    continue;
                }

                for (int i = 0; i < planned.Length; i++)
                {
                    int index = indices[fits[i].Column];
                    fits[i].Fit.Add(planned[i].TryRead(rows[index], out double raw, out string fault) ? raw : throw rows.At(index, fault));
                }
            }
        }

        private string PlaceOfText(string column, int code)
        {
            CellReader reader = Array.Find(readers, candidate => candidate.Name == column)!;
            long line = code >= 0 ? reader.Texts.Lines[code] : code == TextIndex.Missing ? reader.FirstMissingLine : 0;
            return line == 0 ? $"{path}, column '{CsvRows.Shown(column)}': " : $"{path}, line {line}, column '{CsvRows.Shown(column)}': ";
        }

        /// <summary>Counts a row in its part; whether the plan is fitted to it.</summary>
        private bool Count(long row)
        {
            RowPart part = PartOf(options, options.ValidationFraction, row);
            if (part != RowPart.Validation)
            {
                counts[(int)part]++;
                return part == RowPart.Train;
            }

            double place = (SplitMix.Fraction(options.Seed, row) - options.TestFraction) / (1 - options.TestFraction);
            if (place >= validationShare)
            {
                dropped++;
                return false;
            }

            validationPlaces.Add(place);
            while (validationPlaces.Count > options.MaxValidationRows)
            {
                validationShare /= 2;
                dropped += validationPlaces.RemoveAll(waiting => waiting >= validationShare);
            }

            return false;
        }
    }
}
