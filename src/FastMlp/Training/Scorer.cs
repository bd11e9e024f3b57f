using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Threading;

namespace FastMlp.Training;

/// <summary>Scores a network on a data set, block by block of rows, each block on all threads.</summary>
internal sealed unsafe class Scorer : IDisposable
{
    /// <summary>Rows that go forward together: enough for every thread to have some of its own row blocks.</summary>
    private const int BlockRows = 4096;

    private readonly LayerStack stack;
    private readonly Dataset data;
    private readonly LossFunction loss;
    private readonly int threads;
    private readonly int blockRows;
    private readonly AlignedBuffer outputs;
    private readonly AlignedBuffer deltas;
    private readonly AlignedBuffer values;
    private readonly AlignedBuffer rowLoss;
    private readonly AlignedBuffer rowWeights;
    private readonly AlignedBuffer labelsOfBlock;
    private readonly AlignedBuffer workspace;
    private readonly WatchedMetric watched;

    /// <param name="stack">The network.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="data">The rows.</param>
    /// <param name="threads">Threads; 0 is all.</param>
    /// <param name="name">The argument that errors name.</param>
    /// <param name="metric">What <see cref="Watched"/> is; null is the loss.</param>
    /// <exception cref="ArgumentException">The data do not fit the network, or have no such metric.</exception>
    public Scorer(LayerStack stack, Loss loss, Dataset data, int threads, string name, Metric? metric = null)
    {
        this.loss = new LossFunction(loss, stack);
        Shapes.Check(stack, this.loss, data, name);
        if (data.Rows == 0)
        {
            throw new ArgumentException("There are no rows to score.", name);
        }

        watched = new WatchedMetric(metric ?? Metric.Loss, data, this.loss);
        this.stack = stack;
        this.data = data;
        this.threads = Math.Min(threads == 0 ? Environment.ProcessorCount : threads, Shares.MostParts);
        blockRows = Math.Min(data.Rows, BlockRows);
        outputs = new AlignedBuffer((nint)blockRows * stack.OutputSize);
        deltas = new AlignedBuffer(outputs.Length);
        values = new AlignedBuffer(outputs.Length);
        rowLoss = new AlignedBuffer(blockRows);
        rowWeights = new AlignedBuffer(blockRows);
        labelsOfBlock = new AlignedBuffer(blockRows);
        workspace = new AlignedBuffer(this.threads * stack.WorkspaceLength(blockRows));
    }

    /// <summary>The watched metric of the last run.</summary>
    public float Watched { get; private set; }

    /// <summary>Loss and metrics; the confusion matrix only where it is asked for.</summary>
    public Evaluation Run(float* parameters, bool withConfusion = false)
    {
        int n = stack.OutputSize;
        int classes = data.TargetSize;
        int[,]? confusion = (withConfusion || watched.NeedsConfusion) && data.IsClassification ? new int[classes, classes] : null;
        LossScratch scratch = new(values.Pointer, rowLoss.Pointer, rowWeights.Pointer, labelsOfBlock.Pointer);
        double lossSum = 0;
        double weight = 0;
        long right = 0;
        watched.Begin();
        double[] squares = new double[data.IsClassification ? 0 : n];
        fixed (float* features = data.Features, targets = data.Targets, weights = data.Weights)
        {
            fixed (int* labels = data.Labels)
            {
                for (int first = 0; first < data.Rows; first += blockRows)
                {
                    int rows = Math.Min(blockRows, data.Rows - first);
                    MatrixView x = MatrixView.Dense(features + ((nint)first * stack.InputSize), rows, stack.InputSize);
                    MatrixView a = MatrixView.Dense(outputs.Pointer, rows, n);
                    float* y = targets + ((nint)first * classes);
                    stack.Forward(parameters, x, a, workspace.Pointer, threads, loss.TakesLogits);
                    if (data.IsClassification)
                    {
                        // Before z becomes a, where near values may have rounded to one.
                        right += CountRight(a, labels + first, confusion);
                    }

                    Targets block = new(data.IsClassification ? null : y, data.IsClassification ? labels + first : null, weights == null ? null : weights + first);
                    lossSum += loss.Evaluate(a, MatrixView.Dense(deltas.Pointer, rows, n), block, scratch) * loss.Weight;
                    weight += loss.Weight;
                    watched.Add(a, block);
                    if (!data.IsClassification)
                    {
                        right += loss.ComparesLabels ? Scores.RightLabels(a, y) : 0;
                        AddSquares(a, y, squares);
                    }
                }
            }
        }

        float meanLoss = weight > 0 ? (float)(lossSum / weight) : 0;
        Evaluation all = data.IsClassification
            ? new Evaluation(data.Rows, meanLoss, (float)((double)right / data.Rows), float.NaN, float.NaN, confusion)
            : OfValues(meanLoss, right, squares);
        Watched = watched.Value(all);
        return all;
    }

    public void Dispose()
    {
        outputs.Dispose();
        deltas.Dispose();
        values.Dispose();
        rowLoss.Dispose();
        rowWeights.Dispose();
        labelsOfBlock.Dispose();
        workspace.Dispose();
    }

    private Evaluation OfValues(float meanLoss, long right, double[] squares)
    {
        double values = (double)data.Rows * squares.Length;
        float accuracy = loss.ComparesLabels ? (float)(right / values) : float.NaN;
        return new Evaluation(data.Rows, meanLoss, accuracy, (float)Math.Sqrt(squares.Sum() / values), R2(squares), null);
    }

    private long CountRight(MatrixView a, int* labels, int[,]? confusion)
    {
        long right = 0;
        for (nint row = 0; row < a.Rows; row++)
        {
            int predicted = Scores.Predicted(a.Pointer + (row * a.Stride), a.Columns, threshold: loss.TakesLogits ? 0 : 0.5f);
            int label = labels[row];
            right += predicted == label ? 1 : 0;

            // A label that another thread has changed is the loss's to report.
            if (confusion is not null && (uint)label < (uint)confusion.GetLength(0) && predicted < confusion.GetLength(1))
            {
                confusion[label, predicted]++;
            }
        }

        return right;
    }

    private void AddSquares(MatrixView a, float* targets, double[] squares)
    {
        for (nint row = 0; row < a.Rows; row++)
        {
            for (int j = 0; j < squares.Length; j++)
            {
                double difference = (double)a.Pointer[(row * a.Stride) + j] - targets[(row * data.TargetSize) + (j / loss.OutputsPerTarget)];
                squares[j] += difference * difference;
            }
        }
    }

    /// <summary>1 - residual / total sum of squares, averaged over outputs; an output that never varies counts 1 if it is exact, else 0.</summary>
    private float R2(double[] residual)
    {
        int n = residual.Length;
        double sum = 0;
        for (int j = 0; j < n; j++)
        {
            double mean = 0;
            for (int row = 0; row < data.Rows; row++)
            {
                mean += Target(row, j);
            }

            mean /= data.Rows;
            double total = 0;
            for (int row = 0; row < data.Rows; row++)
            {
                double difference = Target(row, j) - mean;
                total += difference * difference;
            }

            sum += total > 0 ? 1 - (residual[j] / total) : residual[j] == 0 ? 1 : 0;
        }

        return (float)(sum / n);

        float Target(int row, int j) => data.Targets[(row * data.TargetSize) + (j / loss.OutputsPerTarget)];
    }
}
