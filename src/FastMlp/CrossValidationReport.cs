namespace FastMlp;

/// <summary>What <see cref="CrossValidation.Run"/> found.</summary>
/// <param name="Folds">One for each fold, in order.</param>
public sealed record CrossValidationReport(IReadOnlyList<FoldReport> Folds)
{
    /// <summary>The mean of each score over the folds; NaN where the targets have no such score.</summary>
    public FoldScores Mean => new(MeanOf(e => e.Loss), MeanOf(e => e.Accuracy), MeanOf(e => e.Rmse), MeanOf(e => e.R2));

    /// <summary>The standard deviation of each score from fold to fold, sqrt(sum of (s - mean)^2 / (k - 1)).</summary>
    public FoldScores StandardDeviation => new(SpreadOf(e => e.Loss), SpreadOf(e => e.Accuracy), SpreadOf(e => e.Rmse), SpreadOf(e => e.R2));

    private double MeanOf(Func<Evaluation, double> score) => Folds.Average(fold => score(fold.Evaluation));

    private double SpreadOf(Func<Evaluation, double> score)
    {
        double mean = MeanOf(score);
        return Math.Sqrt(Folds.Sum(fold => Math.Pow(score(fold.Evaluation) - mean, 2)) / (Folds.Count - 1));
    }
}

/// <summary>One fold.</summary>
/// <param name="Fold">From 0.</param>
/// <param name="Fit">How the network was trained on the rows of all other folds.</param>
/// <param name="Evaluation">Its scores on the rows of this one.</param>
public sealed record FoldReport(int Fold, FitReport Fit, Evaluation Evaluation);

/// <summary>Scores as numbers, as <see cref="Evaluation"/> has them.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Accuracy">The share of rows that are right; NaN for values.</param>
/// <param name="Rmse">Root mean squared error; NaN for class labels.</param>
/// <param name="R2">1 - residual / total sum of squares; NaN for class labels.</param>
public sealed record FoldScores(double Loss, double Accuracy, double Rmse, double R2);
