namespace FastMlp.Metrics;

/// <summary>How far a network's answers lie from values. Streams: rows come in any number of parts, nothing is kept, all sums are in double precision.</summary>
public sealed class RegressionMetrics
{
    /// <summary>What a target of 0 counts as in a relative error: the spacing of doubles at 1, as in scikit-learn.</summary>
    private const double LeastMagnitude = 2.220446049250313e-16;

    private readonly Sums[] outputs;

    /// <param name="size">Outputs in a row, at least 1.</param>
    public RegressionMetrics(int size = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        outputs = new Sums[size];
    }

    /// <summary>Outputs in a row.</summary>
    public int Size => outputs.Length;

    /// <summary>Rows so far.</summary>
    public long Rows => outputs[0].Count;

    /// <summary>
    /// The figures over rows and outputs: one root of the mean of all squares, the largest error of all; R2 is the plain mean of the outputs' R2.
    /// NaN without rows.
    /// </summary>
    public RegressionFigures All
    {
        get
        {
            RegressionFigures[] each = [.. PerOutput];
            return new RegressionFigures(
                Math.Sqrt(each.Average(one => one.Rmse * one.Rmse)),
                each.Average(one => one.Mae),
                each.Average(one => one.R2),
                each.Average(one => one.Mape),
                each.Max(one => one.MaximumError));
        }
    }

    /// <summary>The figures of each output, in order.</summary>
    public IReadOnlyList<RegressionFigures> PerOutput => Array.ConvertAll(outputs, sums => sums.Figures);

    /// <summary>The metrics of a network on a data set of values, in the unit of its answers.</summary>
    /// <exception cref="ArgumentException">The targets are class labels, or the data do not fit the network.</exception>
    public static RegressionMetrics Of(Network network, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Of(data, network.OutputSize, network.Predict);
    }

    /// <summary>The same of a frozen network.</summary>
    /// <exception cref="ArgumentException">The targets are class labels, or the data do not fit the network.</exception>
    public static RegressionMetrics Of(Predictor predictor, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return Of(data, predictor.OutputSize, predictor.Predict);
    }

    /// <summary>Adds rows.</summary>
    /// <param name="answers">a, [rows, size].</param>
    /// <param name="targets">y, [rows, size].</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a value is NaN or infinite.</exception>
    public void Add(ReadOnlySpan<float> answers, ReadOnlySpan<float> targets)
    {
        RowBlocks.Count(answers.Length, targets.Length, Size);
        for (int i = 0; i < answers.Length; i++)
        {
            if (!float.IsFinite(answers[i]) || !float.IsFinite(targets[i]))
            {
                throw new ArgumentException($"Row {i / Size} has the answer {answers[i]} to the value {targets[i]}; both must be finite numbers.", nameof(answers));
            }
        }

        for (int i = 0; i < answers.Length; i++)
        {
            outputs[i % Size].Add(answers[i], targets[i]);
        }
    }

    private static RegressionMetrics Of(Dataset data, int outputSize, RowBlocks.Prediction predict)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.IsClassification)
        {
            throw new ArgumentException("These targets are class labels; ClassificationMetrics measures them.", nameof(data));
        }

        if (outputSize != data.TargetSize)
        {
            throw new ArgumentException($"The data have {data.TargetSize} targets; the network has {outputSize} outputs.", nameof(data));
        }

        RegressionMetrics metrics = new(outputSize);
        RowBlocks.Run(data, outputSize, predict, (outputs, rows) => metrics.Add(outputs, rows.Targets));
        return metrics;
    }

    /// <summary>What the rows of one output add up to.</summary>
    private struct Sums
    {
        private double squares;
        private double magnitudes;
        private double shares;
        private double largest;
        private double mean;
        private double total;

        public long Count { get; private set; }

        public readonly RegressionFigures Figures => new(
            Math.Sqrt(squares / Count),
            magnitudes / Count,
            Count == 0 ? double.NaN : total > 0 ? 1 - (squares / total) : squares == 0 ? 1 : 0,
            shares / Count,
            Count == 0 ? double.NaN : largest);

        public void Add(double answer, double target)
        {
            double error = Math.Abs(answer - target);
            squares += error * error;
            magnitudes += error;
            shares += error / Math.Max(Math.Abs(target), LeastMagnitude);
            largest = Math.Max(largest, error);

            // Welford's update (1962): the sum of squares about a mean that is not yet known. Equal targets leave it exactly 0.
            double difference = target - mean;
            mean += difference / ++Count;
            total += difference * (target - mean);
        }
    }
}
