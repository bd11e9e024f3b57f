namespace FastMlp;

/// <summary>A figure of the validation rows that training can watch: <see cref="FitOptions.Watch"/>.</summary>
/// <remarks>All but <see cref="Loss"/> count every row alike, whatever its weight. Averages over classes are plain means of the classes' figures.</remarks>
public sealed class Metric
{
    private Metric(MetricKind kind, string name, bool isHigherBetter, MetricTargets targets)
    {
        Kind = kind;
        Name = name;
        IsHigherBetter = isHigherBetter;
        Targets = targets;
    }

    /// <summary>The mean loss that training makes small.</summary>
    public static Metric Loss { get; } = new(MetricKind.Loss, "loss", false, MetricTargets.Any);

    /// <summary>The share of rows whose class is right; of labels of 0 and 1 the share of outputs on the right side of 1/2.</summary>
    public static Metric Accuracy { get; } = new(MetricKind.Accuracy, "accuracy", true, MetricTargets.Classes | MetricTargets.Labels);

    /// <summary>The mean recall of the classes that have rows.</summary>
    public static Metric BalancedAccuracy { get; } = new(MetricKind.BalancedAccuracy, "balanced-accuracy", true, MetricTargets.Classes);

    /// <summary>2 TP / (2 TP + FP + FN), the mean over all classes.</summary>
    public static Metric F1 { get; } = new(MetricKind.F1, "f1", true, MetricTargets.Classes);

    /// <summary>The area under the ROC curve: of two classes that of class 1, of more the mean of each against the rest.</summary>
    public static Metric RocAuc { get; } = new(MetricKind.RocAuc, "roc-auc", true, MetricTargets.Classes);

    /// <summary>The share of rows of which every label of 0 or 1 is right.</summary>
    public static Metric ExactMatch { get; } = new(MetricKind.ExactMatch, "exact-match", true, MetricTargets.Labels);

    /// <summary>Root mean squared error over rows and outputs.</summary>
    public static Metric Rmse { get; } = new(MetricKind.Rmse, "rmse", false, MetricTargets.Values | MetricTargets.Labels);

    /// <summary>Mean absolute error over rows and outputs.</summary>
    public static Metric Mae { get; } = new(MetricKind.Mae, "mae", false, MetricTargets.Values | MetricTargets.Labels);

    /// <summary>1 - residual / total sum of squares, the mean over outputs.</summary>
    public static Metric R2 { get; } = new(MetricKind.R2, "r2", true, MetricTargets.Values | MetricTargets.Labels);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Metric> All { get; } = [Loss, Accuracy, BalancedAccuracy, F1, RocAuc, ExactMatch, Rmse, Mae, R2];

    /// <summary>As on the command line: <c>balanced-accuracy</c>.</summary>
    public string Name { get; }

    /// <summary>Whether more is better.</summary>
    public bool IsHigherBetter { get; }

    internal MetricKind Kind { get; }

    /// <summary>What it can be taken of.</summary>
    internal MetricTargets Targets { get; }

    /// <summary>The metric of a name; null where there is none.</summary>
    public static Metric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}

internal enum MetricKind
{
    Loss,
    Accuracy,
    BalancedAccuracy,
    F1,
    RocAuc,
    ExactMatch,
    Rmse,
    Mae,
    R2,
}

/// <summary>Kinds of targets.</summary>
[Flags]
internal enum MetricTargets
{
    /// <summary>One class a row.</summary>
    Classes = 1,

    /// <summary>0 or 1 for each output.</summary>
    Labels = 2,

    /// <summary>Other values.</summary>
    Values = 4,

    Any = Classes | Labels | Values,
}
