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

    /// <summary>The sum of squared differences over rows and outputs; targets are dense, each for so many outputs.</summary>
    public static double SquaredError(MatrixView outputs, float* targets, int outputsPerTarget)
    {
        double sum = 0;
        nint size = outputs.Columns / outputsPerTarget;
        for (nint row = 0; row < outputs.Rows; row++)
        {
            for (nint j = 0; j < outputs.Columns; j++)
            {
                double difference = (double)outputs.Pointer[(row * outputs.Stride) + j] - targets[(row * size) + (j / outputsPerTarget)];
                sum += difference * difference;
            }
        }

        return sum;
    }

    /// <summary>The sum of absolute differences over rows and outputs; targets are dense, each for so many outputs.</summary>
    public static double AbsoluteError(MatrixView outputs, float* targets, int outputsPerTarget)
    {
        double sum = 0;
        nint size = outputs.Columns / outputsPerTarget;
        for (nint row = 0; row < outputs.Rows; row++)
        {
            for (nint j = 0; j < outputs.Columns; j++)
            {
                sum += Math.Abs((double)outputs.Pointer[(row * outputs.Stride) + j] - targets[(row * size) + (j / outputsPerTarget)]);
            }
        }

        return sum;
    }

    /// <summary>Rows of which every output is on its target's side of 1/2; targets are dense.</summary>
    public static long RightRows(MatrixView outputs, float* targets)
    {
        long right = 0;
        for (nint row = 0; row < outputs.Rows; row++)
        {
            right += RightLabels(outputs.Slice(row, 1), targets + (row * outputs.Columns)) == outputs.Columns ? 1 : 0;
        }

        return right;
    }

    /// <summary>Outputs on their target's side of 1/2, over rows and outputs; targets are dense.</summary>
    public static long RightLabels(MatrixView outputs, float* targets)
    {
        long right = 0;
        for (nint row = 0; row < outputs.Rows; row++)
        {
            for (nint j = 0; j < outputs.Columns; j++)
            {
                right += outputs.Pointer[(row * outputs.Stride) + j] > 0.5f == targets[(row * outputs.Columns) + j] > 0.5f ? 1 : 0;
            }
        }

        return right;
    }
}
