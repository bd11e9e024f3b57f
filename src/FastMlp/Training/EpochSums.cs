using FastMlp.Training.Batches;

namespace FastMlp.Training;

/// <summary>What an epoch adds up, batch by batch.</summary>
internal struct EpochSums(LossFunction function, bool isClassification, EpochTotals totals)
{
    private double loss = totals.Loss;
    private double weight = totals.Weight;
    private long right = totals.Right;
    private double squares = totals.Squares;

    public long Rows { get; private set; } = totals.Rows;

    public readonly EpochTotals Totals => new(loss, weight, right, squares, Rows);

    public readonly float MeanLoss => weight > 0 ? (float)(loss / weight) : 0;

    /// <summary>Accuracy for classes, over rows and outputs for labels of 0 and 1; root mean squared error for other values.</summary>
    public readonly float Metric => isClassification ? (float)((double)right / Rows)
        : function.ComparesLabels ? (float)(right / ((double)Rows * function.TargetSize))
        : (float)Math.Sqrt(squares / ((double)Rows * function.TargetSize * function.OutputsPerTarget));

    /// <summary>Adds what others have added up.</summary>
    public void Add(in EpochTotals others)
    {
        loss += others.Loss;
        weight += others.Weight;
        right += others.Right;
        squares += others.Squares;
        Rows += others.Rows;
    }

    /// <summary>Adds a batch that has gone forward.</summary>
    public void Add(float batchLoss, in Batch batch, Memory.MatrixView outputs)
    {
        double batchWeight = function.Weight;
        loss += batchLoss * batchWeight;
        weight += batchWeight;
        Rows += batch.Rows;
        unsafe
        {
            if (isClassification)
            {
                right += Scores.Right(outputs, batch.Targets.Labels);
            }
            else if (function.ComparesLabels)
            {
                right += Scores.RightLabels(outputs, batch.Targets.Values);
            }
            else
            {
                squares += Scores.SquaredError(outputs, batch.Targets.Values, function.OutputsPerTarget);
            }
        }
    }
}
