namespace FastMlp.Metrics;

/// <summary>
/// How well probabilities tell which of several labels each row has: any number of them, none too. Targets are 0 or 1 (above 1/2 is 1).
/// Rows come in any number of parts; all sums are in double precision.
/// </summary>
public sealed class MultiLabelMetrics
{
    /// <summary>The least probability that <see cref="LogLoss"/> takes for one: the spacing of float32 at 1, as in scikit-learn.</summary>
    private const double LeastProbability = 1.1920929e-7;

    private readonly LabelCounts[] counts;
    private readonly KeptScores? scores;
    private readonly KeptScores? truths;
    private readonly float threshold;
    private long exact;
    private long right;
    private double logLoss;

    /// <param name="labels">Labels, at least 1.</param>
    /// <param name="threshold">A label is given where its output is above this.</param>
    /// <param name="keepScores">Whether outputs and targets are kept (8 bytes a row and label) for the figures of curves.</param>
    public MultiLabelMetrics(int labels, float threshold = 0.5f, bool keepScores = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 1);
        if (threshold is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A threshold is at least 0 and below 1.");
        }

        counts = new LabelCounts[labels];
        this.threshold = threshold;
        scores = keepScores ? new KeptScores(labels) : null;
        truths = keepScores ? new KeptScores(labels) : null;
    }

    /// <summary>Labels that a row may have.</summary>
    public int Labels => counts.Length;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The counts of each label, in order.</summary>
    public IReadOnlyList<LabelCounts> PerLabel => [.. counts];

    /// <summary>The share of rows of which every label is right; NaN without rows.</summary>
    public double ExactMatch => (double)exact / Rows;

    /// <summary>The share of rows and labels that are right, 1 - Hamming loss; NaN without rows.</summary>
    public double Accuracy => right / ((double)Rows * Labels);

    /// <summary>
    /// -1/(m n) sum over rows and labels of y ln p + (1 - y) ln(1 - p), with neither p nor 1 - p below 2^-23; NaN without rows.
    /// <see cref="Loss.BinaryCrossEntropy"/> is n times as much: it sums over the outputs.
    /// </summary>
    public double LogLoss => logLoss / ((double)Rows * Labels);

    /// <summary>The mean over labels of the area under their <see cref="RocCurveOf"/>; those of no row, or of all, are left out; NaN where that leaves none.</summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public double RocAuc
    {
        get
        {
            double[] areas = [.. Enumerable.Range(0, Labels).Select(AreaOf).OfType<double>()];
            return areas.Length == 0 ? double.NaN : areas.Average();
        }
    }

    /// <summary>The metrics of a network on a data set with float targets of 0 and 1.</summary>
    /// <exception cref="ArgumentException">The targets are class labels, or the data do not fit the network.</exception>
    public static MultiLabelMetrics Of(Network network, Dataset data, float threshold = 0.5f)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Of(data, network.OutputSize, network.Predict, threshold);
    }

    /// <summary>The same of a frozen network.</summary>
    /// <exception cref="ArgumentException">The targets are class labels, or the data do not fit the network.</exception>
    public static MultiLabelMetrics Of(Predictor predictor, Dataset data, float threshold = 0.5f)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return Of(data, predictor.OutputSize, predictor.Predict, threshold);
    }

    /// <summary>Adds rows.</summary>
    /// <param name="outputs">Probabilities [rows, labels].</param>
    /// <param name="targets">Which labels the rows have [rows, labels]: above 1/2 they do.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or an output is not from 0 to 1.</exception>
    public void Add(ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets)
    {
        int rows = RowBlocks.Count(outputs.Length, targets.Length, Labels);
        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"Output {i % Labels} of row {i / Labels} is {outputs[i]}; a probability is from 0 to 1.", nameof(outputs));
            }
        }

        for (int row = 0; row < rows; row++)
        {
            AddRow(outputs.Slice(row * Labels, Labels), targets.Slice(row * Labels, Labels));
        }

        Rows += rows;
        scores?.Add(outputs);
        truths?.Add(targets);
    }

    /// <summary>TP / (TP + FP) over the labels; NaN where no label was ever there or given.</summary>
    public double Precision(Averaging averaging) => LabelCounts.Average(counts, averaging, one => one.Precision);

    /// <summary>TP / (TP + FN) over the labels; NaN where no label was ever there or given.</summary>
    public double Recall(Averaging averaging) => LabelCounts.Average(counts, averaging, one => one.Recall);

    /// <summary>2 TP / (2 TP + FP + FN) over the labels; NaN where no label was ever there or given.</summary>
    public double F1(Averaging averaging) => LabelCounts.Average(counts, averaging, one => one.F1);

    /// <summary>The curve of one label; null where no row has it, or all do.</summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public RocCurve? RocCurveOf(int label)
    {
        (float[] values, bool[] isPositive) = OneLabel(label);
        return RocCurve.TryOf(values, isPositive);
    }

    /// <summary>The calibration of the probabilities of one label.</summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public Calibration CalibrationOf(int label, int bins = 10)
    {
        (float[] values, bool[] isPositive) = OneLabel(label);
        Calibration calibration = new(bins);
        for (int row = 0; row < values.Length; row++)
        {
            calibration.Add(values[row], isPositive[row]);
        }

        return calibration;
    }

    private static MultiLabelMetrics Of(Dataset data, int outputSize, RowBlocks.Prediction predict, float threshold)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.IsClassification)
        {
            throw new ArgumentException("These targets are class labels, one a row; ClassificationMetrics measures them.", nameof(data));
        }

        if (outputSize != data.TargetSize)
        {
            throw new ArgumentException($"The data have {data.TargetSize} labels; the network has {outputSize} outputs.", nameof(data));
        }

        MultiLabelMetrics metrics = new(outputSize, threshold);
        RowBlocks.Run(data, outputSize, predict, (outputs, rows) => metrics.Add(outputs, rows.Targets));
        return metrics;
    }

    private void AddRow(ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets)
    {
        int rightHere = 0;
        for (int j = 0; j < outputs.Length; j++)
        {
            bool given = outputs[j] > threshold;
            bool there = targets[j] > 0.5f;
            LabelCounts so = counts[j];
            counts[j] = new LabelCounts(
                so.TruePositives + (given && there ? 1 : 0),
                so.FalsePositives + (given && !there ? 1 : 0),
                so.FalseNegatives + (!given && there ? 1 : 0));
            rightHere += given == there ? 1 : 0;
            logLoss -= Math.Log(Math.Max(there ? outputs[j] : 1.0 - outputs[j], LeastProbability));
        }

        right += rightHere;
        exact += rightHere == outputs.Length ? 1 : 0;
    }

    private double? AreaOf(int label)
    {
        (float[] values, bool[] isPositive) = OneLabel(label);
        return RocCurve.TryAreaOf(values, isPositive);
    }

    private (float[] Scores, bool[] IsPositive) OneLabel(int label)
    {
        if ((uint)label >= (uint)Labels)
        {
            throw new ArgumentOutOfRangeException(nameof(label), label, $"Labels run from 0 to {Labels - 1}.");
        }

        return scores is null || truths is null
            ? throw new InvalidOperationException("A curve needs the outputs of all rows: make the metrics with keepScores.")
            : (scores.Column(label), Array.ConvertAll(truths.Column(label), target => target > 0.5f));
    }
}
