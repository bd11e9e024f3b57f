using FastMlp.Memory;

namespace FastMlp.Training;

/// <summary>Counts and sums over the outputs of a batch.</summary>
internal static unsafe class Scores
{
    /// <summary>The class that a row of outputs names: the largest, the first of equals; with one output, 1 if it is above one half.</summary>
    public static int Predicted(float* row, nint outputs)
    {
        if (outputs == 1)
        {
            return row[0] > 0.5f ? 1 : 0;
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

    /// <summary>The loss of one row from its outputs, in double; y is the one-hot row of a label where there are no values.</summary>
    public static double RowLoss(Loss loss, float* a, int n, float* values, int label)
    {
        double sum = 0;
        for (int j = 0; j < n; j++)
        {
            double y = values != null ? values[j] : n == 1 ? label : label == j ? 1 : 0;
            double output = a[j];
            sum += loss.Kind switch
            {
                LossKind.CrossEntropy => y == 0 ? 0 : -y * Math.Log(Math.Max(output, SmallestProbability)),
                LossKind.BinaryCrossEntropy => -(y * Math.Log(Math.Max(output, SmallestProbability)))
                    - ((1 - y) * Math.Log(Math.Max(1 - output, SmallestProbability))),
                LossKind.MeanSquaredError => (output - y) * (output - y) / n,
                _ => (output - y) * (output - y) / 2,
            };
        }

        return sum;
    }

    /// <summary>The smallest normal float: a probability that came out as 0 counts as this much.</summary>
    private const double SmallestProbability = 1.17549435e-38;
}
