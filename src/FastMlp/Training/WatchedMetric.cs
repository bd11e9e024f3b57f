using FastMlp.Memory;
using FastMlp.Metrics;

namespace FastMlp.Training;

/// <summary>The one metric of the validation rows that training watches, taken from the same forward pass as their loss.</summary>
internal sealed unsafe class WatchedMetric
{
    private readonly Metric metric;
    private readonly Dataset data;
    private readonly int outputsPerTarget;
    private readonly float[][] scores;
    private int rows;
    private double magnitudes;
    private long exact;

    /// <param name="metric">Which.</param>
    /// <param name="data">The validation rows.</param>
    /// <param name="loss">The loss, which tells labels of 0 and 1 from other values.</param>
    /// <exception cref="ArgumentException">The metric is not defined of these rows.</exception>
    public WatchedMetric(Metric metric, Dataset data, LossFunction loss)
    {
        this.metric = metric;
        this.data = data;
        outputsPerTarget = loss.OutputsPerTarget;
        MetricTargets kind = data.IsClassification ? MetricTargets.Classes : loss.ComparesLabels ? MetricTargets.Labels : MetricTargets.Values;
        if (!metric.Targets.HasFlag(kind))
        {
            string what = kind switch { MetricTargets.Classes => "classes", MetricTargets.Labels => "labels of 0 and 1", _ => "values" };
            throw new ArgumentException($"The validation rows have {what} to learn, which have no {metric}: watch one of {string.Join(", ", Metric.All.Where(one => one.Targets.HasFlag(kind)))}.", nameof(metric));
        }

        if (metric.Kind == MetricKind.RocAuc && data.Labels.IndexOfAnyExcept(data.Labels[0]) < 0)
        {
            throw new ArgumentException($"All {data.Rows} validation rows are of class {data.Labels[0]}: {metric} needs rows of others too.", nameof(metric));
        }

        if (metric.Kind == MetricKind.R2 && !Enumerable.Range(0, data.TargetSize).Any(Varies))
        {
            throw new ArgumentException($"The {data.Rows} validation rows all have the same value to learn: {metric} is not defined of them. Watch rmse, or hold out more rows.", nameof(metric));
        }

        // One score a row tells two classes apart.
        scores = metric.Kind == MetricKind.RocAuc ? [.. Enumerable.Range(0, data.TargetSize <= 2 ? 1 : data.TargetSize).Select(_ => new float[data.Rows])] : [];
    }

    /// <summary>Whether <see cref="Value"/> needs the counts of classes.</summary>
    public bool NeedsConfusion => metric.Kind is MetricKind.BalancedAccuracy or MetricKind.F1;

    public void Begin() => (rows, magnitudes, exact) = (0, 0, 0);

    /// <summary>Adds the next rows.</summary>
    public void Add(MatrixView outputs, Targets targets)
    {
        if (metric.Kind == MetricKind.RocAuc)
        {
            for (nint row = 0; row < outputs.Rows; row++)
            {
                float* a = outputs.Pointer + (row * outputs.Stride);
                for (int c = 0; c < scores.Length; c++)
                {
                    scores[c][rows + row] = scores.Length == 1 ? a[outputs.Columns - 1] : a[c];
                }
            }
        }
        else if (metric.Kind == MetricKind.Mae)
        {
            magnitudes += Scores.AbsoluteError(outputs, targets.Values, outputsPerTarget);
        }
        else if (metric.Kind == MetricKind.ExactMatch)
        {
            exact += Scores.RightRows(outputs, targets.Values);
        }

        rows += (int)outputs.Rows;
    }

    /// <summary>The figure, all rows being added.</summary>
    public float Value(Evaluation all) => metric.Kind switch
    {
        MetricKind.Loss => all.Loss,
        MetricKind.Accuracy => all.Accuracy,
        MetricKind.BalancedAccuracy => (float)new ConfusionMatrix(all.Confusion!).BalancedAccuracy,
        MetricKind.F1 => (float)new ConfusionMatrix(all.Confusion!).F1(Averaging.Macro),
        MetricKind.RocAuc => (float)Area(),
        MetricKind.ExactMatch => (float)((double)exact / rows),
        MetricKind.Rmse => all.Rmse,
        MetricKind.Mae => (float)(magnitudes / ((double)rows * data.TargetSize * outputsPerTarget)),
        MetricKind.R2 => all.R2,
        _ => throw new InvalidOperationException($"{metric} has no rule in WatchedMetric."),
    };

    private bool Varies(int target)
    {
        for (int row = 1; row < data.Rows; row++)
        {
            if (data.Targets[(row * data.TargetSize) + target] != data.Targets[target])
            {
                return true;
            }
        }

        return false;
    }

    private double Area()
    {
        double sum = 0;
        int defined = 0;
        for (int c = 0; c < scores.Length; c++)
        {
            int positive = scores.Length == 1 ? 1 : c;
            if (RocCurve.TryAreaOf([.. scores[c]], Array.ConvertAll(data.Labels.ToArray(), label => label == positive)) is { } area)
            {
                sum += area;
                defined++;
            }
        }

        return sum / defined;
    }
}
