namespace FastMlp;

/// <summary>How a network does on a data set.</summary>
/// <param name="Rows">Rows scored.</param>
/// <param name="Loss">The mean loss; rows count by their weights where the data have some.</param>
/// <param name="Accuracy">The share of rows whose class is right; of rows and outputs on the right side of 1/2 where float targets meet <see cref="Loss.BinaryCrossEntropy"/>; NaN for other values.</param>
/// <param name="Rmse">Root mean squared error over rows and outputs; NaN where the targets are class labels.</param>
/// <param name="R2">1 - residual / total sum of squares, averaged over outputs; NaN where the targets are class labels.</param>
/// <param name="Confusion">Rows of true class i given class j at [i, j]; null where the targets are values.</param>
public sealed record Evaluation(int Rows, float Loss, float Accuracy, float Rmse, float R2, int[,]? Confusion);
