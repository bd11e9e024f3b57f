using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Counts and sums over the outputs of a batch.</summary>
internal static unsafe class Scores
{
    /// <summary>The class that a row of outputs names: the largest, the first of equals; with one output, 1 if it is above <paramref name="threshold"/>.</summary>
    public static int Predicted(float* row, nint outputs, float threshold = 0.5f)
    {
        if (outputs == 1)
        {
            return row[0] > threshold ? 1 : 0;
        }

        int best = 0;
        for (int j = 1; j < outputs; j++)
        {
            if (row[j] > row[best])
            {
                best = j;
            }
        }

        return best;
    }

    /// <summary>Rows whose class is right.</summary>
    public static long Right(MatrixView outputs, int* labels)
    {
        long right = 0;
        for (nint row = 0; row < outputs.Rows; row++)
        {
            if (Predicted(outputs.Pointer + (row * outputs.Stride), outputs.Columns) == labels[row])
            {
                right++;
            }
        }

        return right;
    }

    /// <summary>The sum of squared differences over rows and outputs; targets are dense.</summary>
    public static double SquaredError(MatrixView outputs, float* targets)
    {
        double sum = 0;
        for (nint row = 0; row < outputs.Rows; row++)
        {
            for (nint j = 0; j < outputs.Columns; j++)
            {
                double difference = (double)outputs.Pointer[(row * outputs.Stride) + j] - targets[(row * outputs.Columns) + j];
                sum += difference * difference;
            }
        }

        return sum;
    }

    /// <summary>
    /// The loss of one row in double, from its outputs a, or from z where <paramref name="fromLogits"/>; y is the one-hot row of a
    /// label where there are no values.
    /// </summary>
    public static double RowLoss(Loss loss, bool fromLogits, float* row, int n, float* values, int label)
    {
        double logSum = fromLogits && loss.Kind == LossKind.CrossEntropy ? LogSumExp(row, n) : 0;
        double sum = 0;
        for (int j = 0; j < n; j++)
        {
            double y = values != null ? values[j] : n == 1 ? label : label == j ? 1 : 0;
            double a = row[j];
            sum += loss.Kind switch
            {
                LossKind.CrossEntropy when fromLogits => y * (logSum - a),
                LossKind.CrossEntropy => y == 0 ? 0 : -y * Math.Log(Math.Max(a, SmallestProbability)),
                LossKind.BinaryCrossEntropy when fromLogits => Math.Max(a, 0) - (a * y) + LogOnePlus(Math.Exp(-Math.Abs(a))),
                LossKind.BinaryCrossEntropy => -(y * Math.Log(Math.Max(a, SmallestProbability)))
                    - ((1 - y) * Math.Log(Math.Max(1 - a, SmallestProbability))),
                LossKind.MeanSquaredError => (a - y) * (a - y) / n,
                _ => (a - y) * (a - y) / 2,
            };
        }

        return sum;
    }

    /// <summary>a &lt;- g(z) in place for one row of logits: softmax or sigmoid, as the loss goes with.</summary>
    public static void Activate(Loss loss, float* row, int n)
    {
        double logSum = loss.Kind == LossKind.CrossEntropy ? LogSumExp(row, n) : 0;
        for (int j = 0; j < n; j++)
        {
            row[j] = (float)(loss.Kind == LossKind.CrossEntropy ? Math.Exp(row[j] - logSum) : 1 / (1 + Math.Exp(-row[j])));
        }
    }

    /// <summary>ln of the sum of e^z, from the largest z on.</summary>
    private static double LogSumExp(float* z, int n)
    {
        double max = z[0];
        for (int j = 1; j < n; j++)
        {
            max = Math.Max(max, z[j]);
        }

        double sum = 0;
        for (int j = 0; j < n; j++)
        {
            sum += Math.Exp(z[j] - max);
        }

        return max + Math.Log(sum);
    }

    /// <summary>ln(1 + u) for u from 0 to 1; below 1e-8 the sum would round u away and u itself is exact.</summary>
    private static double LogOnePlus(double u) => u < 1e-8 ? u : Math.Log(1 + u);

    /// <summary>The smallest normal float: a probability that came out as 0 counts as this much.</summary>
    private const double SmallestProbability = 1.17549435e-38;
}
