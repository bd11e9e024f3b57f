using FastMlp.Data;
using FastMlp.Metrics;

namespace FastMlp.Cli.Training;

/// <summary>How a model does on rows it was not trained on, in the unit of the data.</summary>
internal sealed record Score(long Rows, bool Classifies, double Loss, double Accuracy, double Rmse, double R2, int[,]? Confusion)
{
    /// <summary>The other figures by their names in text and in JSON.</summary>
    public IReadOnlyList<(string Name, string Key, double Value)> Figures { get; init; } = [];

    /// <summary>What the same rows give without a network; empty where no baseline is known.</summary>
    public IReadOnlyList<BaselineScore> Baselines { get; init; } = [];

    /// <summary>Classes of less than 5 % of the rows, which an accuracy hides.</summary>
    public IReadOnlyList<RareClass> RareClasses { get; init; } = [];

    /// <summary>The figures of rows that are at hand.</summary>
    /// <param name="network">What is scored.</param>
    /// <param name="preprocessing">Of its data.</param>
    /// <param name="baseline">What it is compared with, if that is known.</param>
    /// <param name="parts">The rows, scaled.</param>
    public static Score Of(Network network, Preprocessing preprocessing, Baseline? baseline, IEnumerable<Dataset> parts)
    {
        Scoring scoring = new(network, preprocessing, baseline);
        foreach (Dataset part in parts)
        {
            scoring.Add(part);
        }

        return scoring.Score;
    }

    /// <param name="scaled">The rows, scaled by <paramref name="preprocessing"/>.</param>
    public static Score Of(Network network, Preprocessing preprocessing, Dataset scaled)
    {
        FastMlp.Loss loss = !scaled.IsClassification ? FastMlp.Loss.Quadratic
            : network.OutputSize == 1 ? FastMlp.Loss.BinaryCrossEntropy
            : FastMlp.Loss.CrossEntropy;
        Evaluation evaluation = network.Evaluate(scaled, loss);
        if (!scaled.IsClassification)
        {
            RegressionMetrics errors = new(scaled.TargetSize);
            errors.Add(network.Predict(scaled.Features), scaled.Targets);
            RegressionFigures all = errors.All;
            return new Score(evaluation.Rows, false, all.Rmse * all.Rmse * scaled.TargetSize / 2, double.NaN, all.Rmse / TargetScale(preprocessing), all.R2, null);
        }

        return new Score(evaluation.Rows, true, evaluation.Loss, ShareRight(evaluation.Confusion!, evaluation.Rows), double.NaN, double.NaN, evaluation.Confusion);
    }

    private static double ShareRight(int[,] confusion, int rows) => Enumerable.Range(0, confusion.GetLength(0)).Sum(i => (double)confusion[i, i]) / rows;

    /// <summary>What one unit of the data is in the unit of the network's answers. Data sets of the command have one target column.</summary>
    public static double TargetScale(Preprocessing preprocessing) => preprocessing.Targets is { Size: 1 } scaler ? scaler.Scales[0] : 1;
}
