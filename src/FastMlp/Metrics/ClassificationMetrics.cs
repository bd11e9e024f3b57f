namespace FastMlp.Metrics;

/// <summary>
/// How well probabilities name one class in each row. Rows come in any number of parts; all sums are in double precision. Only the
/// figures of curves (<see cref="RocAuc"/>, <see cref="RocCurveOf"/>, <see cref="CalibrationOf"/>) need the outputs kept.
/// </summary>
public sealed class ClassificationMetrics
{
    /// <summary>The least probability that <see cref="LogLoss"/> takes for one: the spacing of float32 at 1, as in scikit-learn.</summary>
    private const double LeastProbability = 1.1920929e-7;

    private readonly long[] ranks;
    private readonly KeptScores? kept;
    private readonly List<int> keptLabels = [];
    private readonly float[] pair = new float[2];
    private double logLoss;
    private double squares;

    /// <param name="classes">Classes, at least 2.</param>
    /// <param name="keepScores">Whether outputs are kept (4 bytes a row and class) for the figures of curves.</param>
    /// <param name="calibrationBins">Bins of <see cref="Calibration"/>.</param>
    public ClassificationMetrics(int classes, bool keepScores = true, int calibrationBins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ranks = new long[classes];
        kept = keepScores ? new KeptScores(classes) : null;
        Confusion = new ConfusionMatrix(classes);
        Calibration = new Calibration(calibrationBins);
    }

    /// <summary>Classes.</summary>
    public int Classes => ranks.Length;

    /// <summary>Rows so far.</summary>
    public long Rows => Confusion.Rows;

    /// <summary>Counts, and with them precision, recall and F1. The class given to a row is that of its largest output, the first of equals; of one output, 1 above 1/2.</summary>
    public ConfusionMatrix Confusion { get; }

    /// <summary>The calibration of the probability that was given to the class that was named.</summary>
    public Calibration Calibration { get; }

    /// <summary>The share of rows whose class is right; NaN without rows.</summary>
    public double Accuracy => TopK(1);

    /// <summary>
    /// -1/m sum of ln p, p the probability of the true class, at least 2^-23 so that one row cannot make it infinite; NaN without rows.
    /// </summary>
    public double LogLoss => logLoss / Rows;

    /// <summary>
    /// The Brier score: the mean over rows of sum over classes of (p - y)^2, y 1 for the true class, else 0; of two classes half of that, (p - y)^2 of
    /// class 1, as scikit-learn has it. 0 is perfect; NaN without rows. (Brier 1950.)
    /// </summary>
    public double BrierScore => squares / Rows / (Classes == 2 ? 2 : 1);

    /// <summary>
    /// The mean over classes of the area under each one's <see cref="RocCurveOf"/> (one against the rest); of two classes, that of class 1.
    /// Classes of no row, or of all, are left out; NaN where that leaves none.
    /// </summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public double RocAuc
    {
        get
        {
            if (Classes == 2)
            {
                return AreaOf(1) ?? double.NaN;
            }

            double[] areas = [.. Enumerable.Range(0, Classes).Select(AreaOf).OfType<double>()];
            return areas.Length == 0 ? double.NaN : areas.Average();
        }
    }

    /// <summary>The metrics of a network on a data set of classes.</summary>
    /// <exception cref="ArgumentException">The targets are not class labels, or the data do not fit the network.</exception>
    public static ClassificationMetrics Of(Network network, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Of(data, network.OutputSize, network.Predict);
    }

    /// <summary>The same of a frozen network.</summary>
    /// <exception cref="ArgumentException">The targets are not class labels, or the data do not fit the network.</exception>
    public static ClassificationMetrics Of(Predictor predictor, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return Of(data, predictor.OutputSize, predictor.Predict);
    }

    /// <summary>Adds rows.</summary>
    /// <param name="outputs">Probabilities [rows, classes]; for two classes also [rows], the probability of class 1.</param>
    /// <param name="labels">The true classes [rows].</param>
    /// <exception cref="ArgumentException">The lengths do not fit, an output is not from 0 to 1, or a label is no class.</exception>
    public void Add(ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
    {
        bool isOne = Classes == 2 && outputs.Length == labels.Length;
        if (!isOne && outputs.Length != (long)labels.Length * Classes)
        {
            throw new ArgumentException($"{labels.Length} rows of {Classes} probabilities are {(long)labels.Length * Classes} values, not {outputs.Length}.", nameof(outputs));
        }

        int bad = labels.IndexOfAnyExceptInRange(0, Classes - 1);
        if (bad >= 0)
        {
            throw new ArgumentException($"The label of row {bad} is {labels[bad]}; classes run from 0 to {Classes - 1}.", nameof(labels));
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"Output {i % (outputs.Length / labels.Length)} of row {i * (long)labels.Length / outputs.Length} is {outputs[i]}; a probability is from 0 to 1.", nameof(outputs));
            }
        }

        for (int row = 0; row < labels.Length; row++)
        {
            ReadOnlySpan<float> probabilities = isOne ? Pair(outputs[row]) : outputs.Slice(row * Classes, Classes);
            AddRow(probabilities, labels[row], isOne ? (outputs[row] > 0.5f ? 1 : 0) : Largest(probabilities));
        }
    }

    /// <summary>The share of rows whose true class has one of the k largest outputs (of equal outputs the first counts as larger); NaN without rows.</summary>
    /// <param name="k">From 1 to <see cref="Classes"/>.</param>
    public double TopK(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, Classes);
        long right = 0;
        foreach (long rows in ranks.AsSpan(0, k))
        {
            right += rows;
        }

        return (double)right / Rows;
    }

    /// <summary>The curve of one class against the rest; null where it has no row, or all.</summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public RocCurve? RocCurveOf(int @class)
    {
        (float[] scores, bool[] isPositive) = OneAgainstRest(@class);
        return RocCurve.TryOf(scores, isPositive);
    }

    /// <summary>
    /// The average precision of one class against the rest: sum of (recall_i - recall_(i-1)) precision_i over all thresholds from the highest down, the area
    /// under the curve of precision over recall without interpolation. A constant score has the share of the class. Null where the class has no row.
    /// </summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public double? AveragePrecisionOf(int @class)
    {
        (float[] scores, bool[] isPositive) = OneAgainstRest(@class);
        Array.Sort(scores, isPositive);
        long positives = isPositive.LongCount(one => one);
        long called = 0;
        long right = 0;
        double sum = 0;
        for (int i = scores.Length - 1; i >= 0;)
        {
            float score = scores[i];
            long rightBefore = right;
            for (; i >= 0 && scores[i] == score; i--)
            {
                called++;
                right += isPositive[i] ? 1 : 0;
            }

            sum += (double)(right - rightBefore) * right / called;
        }

        return positives == 0 ? null : sum / positives;
    }

    /// <summary>The calibration of the probabilities of one class, in every row: its reliability diagram.</summary>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public Calibration CalibrationOf(int @class, int bins = 10)
    {
        (float[] scores, bool[] isPositive) = OneAgainstRest(@class);
        Calibration calibration = new(bins);
        for (int row = 0; row < scores.Length; row++)
        {
            calibration.Add(scores[row], isPositive[row]);
        }

        return calibration;
    }

    private static ClassificationMetrics Of(Dataset data, int outputSize, RowBlocks.Prediction predict)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!data.IsClassification)
        {
            throw new ArgumentException("These targets are values; RegressionMetrics measures them, or MultiLabelMetrics if each is 0 or 1.", nameof(data));
        }

        if (outputSize != data.TargetSize && !(outputSize == 1 && data.TargetSize <= 2))
        {
            throw new ArgumentException($"The data have {data.TargetSize} classes; the network has {outputSize} outputs.", nameof(data));
        }

        ClassificationMetrics metrics = new(Math.Max(2, data.TargetSize));
        RowBlocks.Run(data, outputSize, predict, (outputs, rows) => metrics.Add(outputs, rows.Labels));
        return metrics;
    }

    private double? AreaOf(int @class)
    {
        (float[] scores, bool[] isPositive) = OneAgainstRest(@class);
        return RocCurve.TryAreaOf(scores, isPositive);
    }

    private static int Largest(ReadOnlySpan<float> probabilities)
    {
        int largest = 0;
        for (int c = 1; c < probabilities.Length; c++)
        {
            largest = probabilities[c] > probabilities[largest] ? c : largest;
        }

        return largest;
    }

    private ReadOnlySpan<float> Pair(float probability)
    {
        pair[0] = 1 - probability;
        pair[1] = probability;
        return pair;
    }

    private void AddRow(ReadOnlySpan<float> probabilities, int label, int named)
    {
        float own = probabilities[label];
        int rank = 0;
        for (int c = 0; c < probabilities.Length; c++)
        {
            rank += probabilities[c] > own || (probabilities[c] == own && c < label) ? 1 : 0;
            double miss = probabilities[c] - (c == label ? 1.0 : 0);
            squares += miss * miss;
        }

        ranks[rank]++;
        Confusion.Add(label, named);
        Calibration.Add(probabilities[named], named == label);
        logLoss -= Math.Log(Math.Max(own, LeastProbability));
        if (kept is not null)
        {
            kept.Add(probabilities);
            keptLabels.Add(label);
        }
    }

    private (float[] Scores, bool[] IsPositive) OneAgainstRest(int @class)
    {
        if ((uint)@class >= (uint)Classes)
        {
            throw new ArgumentOutOfRangeException(nameof(@class), @class, $"Classes run from 0 to {Classes - 1}.");
        }

        if (kept is null)
        {
            throw new InvalidOperationException("A curve needs the outputs of all rows: make the metrics with keepScores.");
        }

        return (kept.Column(@class), [.. keptLabels.Select(label => label == @class)]);
    }
}
