using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Scores a network on a data set, block by block of rows, each block on all threads.</summary>
internal sealed unsafe class Scorer : IDisposable
{
    /// <summary>Rows that go forward together: enough for every thread to have some of its own row blocks.</summary>
    private const int BlockRows = 4096;

    private readonly LayerStack stack;
    private readonly Dataset data;
    private readonly Loss loss;
    private readonly bool fromLogits;
    private readonly int threads;
    private readonly int blockRows;
    private readonly AlignedBuffer outputs;
    private readonly AlignedBuffer workspace;

    public Scorer(LayerStack stack, Loss loss, Dataset data, int threads)
    {
        Shapes.Check(stack, data, nameof(data));
        if (data.Rows == 0)
        {
            throw new ArgumentException("There are no rows to score.", nameof(data));
        }

        this.stack = stack;
        this.data = data;
        this.loss = loss;
        fromLogits = LossFunction.TakesLogits(loss, stack.Output.Spec.Activation);
        this.threads = threads == 0 ? Environment.ProcessorCount : threads;
        blockRows = Math.Min(data.Rows, BlockRows);
        outputs = new AlignedBuffer((nint)blockRows * stack.OutputSize);
        workspace = new AlignedBuffer(this.threads * stack.WorkspaceLength(blockRows));
    }

    /// <summary>Loss and metrics; the confusion matrix only where it is asked for.</summary>
    public Evaluation Run(float* parameters, bool withConfusion = false)
    {
        int n = stack.OutputSize;
        int classes = data.TargetSize;
        int[,]? confusion = withConfusion && data.IsClassification ? new int[classes, classes] : null;
        double lossSum = 0;
        long right = 0;
        double[] squares = new double[data.IsClassification ? 0 : n];
        fixed (float* features = data.Features, values = data.Targets)
        {
            fixed (int* labels = data.Labels)
            {
                for (int first = 0; first < data.Rows; first += blockRows)
                {
                    int rows = Math.Min(blockRows, data.Rows - first);
                    MatrixView x = MatrixView.Dense(features + ((nint)first * stack.InputSize), rows, stack.InputSize);
                    stack.Forward(parameters, x, MatrixView.Dense(outputs.Pointer, rows, n), workspace.Pointer, threads, fromLogits);
                    for (int i = 0; i < rows; i++)
                    {
                        float* a = outputs.Pointer + ((nint)i * n);
                        int row = first + i;
                        if (data.IsClassification)
                        {
                            int predicted = Scores.Predicted(a, n, threshold: fromLogits ? 0 : 0.5f);
                            right += predicted == labels[row] ? 1 : 0;
                            lossSum += Scores.RowLoss(loss, fromLogits, a, n, null, labels[row]);
                            if (confusion is not null && predicted < classes)
                            {
                                confusion[labels[row], predicted]++;
                            }
                        }
                        else
                        {
                            float* y = values + ((nint)row * n);
                            lossSum += Scores.RowLoss(loss, fromLogits, a, n, y, 0);
                            if (fromLogits)
                            {
                                Scores.Activate(loss, a, n);
                            }

                            for (int j = 0; j < n; j++)
                            {
                                double difference = (double)a[j] - y[j];
                                squares[j] += difference * difference;
                            }
                        }
                    }
                }
            }
        }

        float meanLoss = (float)(lossSum / data.Rows);
        if (data.IsClassification)
        {
            return new Evaluation(data.Rows, meanLoss, (float)((double)right / data.Rows), float.NaN, float.NaN, confusion);
        }

        float rmse = (float)Math.Sqrt(squares.Sum() / ((double)data.Rows * n));
        return new Evaluation(data.Rows, meanLoss, float.NaN, rmse, R2(squares), null);
    }

    public void Dispose()
    {
        outputs.Dispose();
        workspace.Dispose();
    }

    /// <summary>1 - residual / total sum of squares, averaged over outputs; an output that never varies counts 1 if it is exact, else 0.</summary>
    private float R2(double[] residual)
    {
        int n = residual.Length;
        ReadOnlySpan<float> targets = data.Targets;
        double sum = 0;
        for (int j = 0; j < n; j++)
        {
            double mean = 0;
            for (int row = 0; row < data.Rows; row++)
            {
                mean += targets[(row * n) + j];
            }

            mean /= data.Rows;
            double total = 0;
            for (int row = 0; row < data.Rows; row++)
            {
                double difference = targets[(row * n) + j] - mean;
                total += difference * difference;
            }

            sum += total > 0 ? 1 - (residual[j] / total) : residual[j] == 0 ? 1 : 0;
        }

        return (float)(sum / n);
    }
}
