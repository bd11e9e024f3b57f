using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>The figures of several sets as those of one.</summary>
internal sealed class ScoreSum(Preprocessing preprocessing)
{
    private readonly double targetScale = Training.Score.TargetScale(preprocessing);
    private readonly bool classifies = preprocessing.Task == DataTask.Classification;
    private long rows;
    private double loss;
    private double right;
    private double squares;
    private double mean;
    private double total;
    private int[,]? confusion;

    /// <summary>R2 is 1 - residual / total sum of squares, and for targets that never vary 1 if they are met exactly, else 0.</summary>
    public Score Score => new(rows, classifies, loss / rows, right / rows, Math.Sqrt(squares / rows),
        total > 0 ? 1 - (squares * targetScale * targetScale / total) : squares == 0 ? 1 : 0, confusion);

    public void Add(Score score, Dataset scaled)
    {
        foreach (float target in scaled.Targets)
        {
            // Welford's update; a batch of values has one target in a row.
            double difference = target - mean;
            mean += difference / ++rows;
            total += difference * (target - mean);
        }

        rows += classifies ? score.Rows : 0;
        loss += score.Loss * score.Rows;
        right += score.Accuracy * score.Rows;
        squares += score.Rmse * score.Rmse * score.Rows;
        if (score.Confusion is { } more)
        {
            confusion ??= new int[more.GetLength(0), more.GetLength(1)];
            for (int i = 0; i < more.GetLength(0); i++)
            {
                for (int j = 0; j < more.GetLength(1); j++)
                {
                    confusion[i, j] += more[i, j];
                }
            }
        }
    }
}
