namespace FastMlp.Metrics;

/// <summary>Rows of true class i that were given class j, at [i, j]; and the figures that these counts decide. Streams: rows come in any number of parts.</summary>
public sealed class ConfusionMatrix
{
    private readonly long[,] counts;

    /// <param name="classes">Classes, at least 1.</param>
    public ConfusionMatrix(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        counts = new long[classes, classes];
    }

    /// <summary>From counts that are there, such as <see cref="Evaluation.Confusion"/>.</summary>
    /// <exception cref="ArgumentException">The matrix is not square, or a count is negative.</exception>
    public ConfusionMatrix(int[,] counts)
        : this(Checked(counts).GetLength(0))
    {
        for (int truth = 0; truth < Classes; truth++)
        {
            for (int given = 0; given < Classes; given++)
            {
                this.counts[truth, given] = counts[truth, given];
                Rows += counts[truth, given];
            }
        }
    }

    /// <summary>Classes.</summary>
    public int Classes => counts.GetLength(0);

    /// <summary>Rows counted so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows of class <paramref name="truth"/> that were given <paramref name="predicted"/>.</summary>
    public long this[int truth, int predicted] => counts[Class(truth, nameof(truth)), Class(predicted, nameof(predicted))];

    /// <summary>The counts of each class, in order.</summary>
    public IReadOnlyList<LabelCounts> PerClass => Counts();

    /// <summary>The share of rows whose class is right; NaN without rows.</summary>
    public double Accuracy
    {
        get
        {
            long right = 0;
            for (int c = 0; c < Classes; c++)
            {
                right += counts[c, c];
            }

            return (double)right / Rows;
        }
    }

    /// <summary>The mean recall of the classes that have rows; NaN without rows.</summary>
    public double BalancedAccuracy
    {
        get
        {
            LabelCounts[] present = [.. Counts().Where(one => one.Support > 0)];
            return present.Length == 0 ? double.NaN : present.Average(one => one.Recall);
        }
    }

    /// <summary>Counts one row.</summary>
    public void Add(int truth, int predicted)
    {
        counts[Class(truth, nameof(truth)), Class(predicted, nameof(predicted))]++;
        Rows++;
    }

    /// <summary>Counts rows, one truth and one given class each.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or a class is not from 0 to <see cref="Classes"/> - 1.</exception>
    public void Add(ReadOnlySpan<int> truths, ReadOnlySpan<int> predicted)
    {
        if (truths.Length != predicted.Length)
        {
            throw new ArgumentException($"{truths.Length} true classes and {predicted.Length} given ones are not of the same rows.", nameof(predicted));
        }

        for (int i = 0; i < truths.Length; i++)
        {
            Add(truths[i], predicted[i]);
        }
    }

    /// <summary>TP / (TP + FP) over the classes; NaN without rows.</summary>
    public double Precision(Averaging averaging) => LabelCounts.Average(Counts(), averaging, one => one.Precision);

    /// <summary>TP / (TP + FN) over the classes; NaN without rows.</summary>
    public double Recall(Averaging averaging) => LabelCounts.Average(Counts(), averaging, one => one.Recall);

    /// <summary>2 TP / (2 TP + FP + FN) over the classes; NaN without rows. The macro average is the mean of the classes' F1, not F1 of the means.</summary>
    public double F1(Averaging averaging) => LabelCounts.Average(Counts(), averaging, one => one.F1);

    private static int[,] Checked(int[,] counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.GetLength(0) != counts.GetLength(1))
        {
            throw new ArgumentException($"A confusion matrix is square, not [{counts.GetLength(0)}, {counts.GetLength(1)}].", nameof(counts));
        }

        foreach (int count in counts)
        {
            if (count < 0)
            {
                throw new ArgumentException($"{count} is no number of rows.", nameof(counts));
            }
        }

        return counts;
    }

    private LabelCounts[] Counts()
    {
        LabelCounts[] all = new LabelCounts[Classes];
        for (int c = 0; c < Classes; c++)
        {
            long named = 0;
            long support = 0;
            for (int other = 0; other < Classes; other++)
            {
                named += counts[other, c];
                support += counts[c, other];
            }

            all[c] = new LabelCounts(counts[c, c], named - counts[c, c], support - counts[c, c]);
        }

        return all;
    }

    private int Class(int index, string name) => (uint)index < (uint)Classes
        ? index
        : throw new ArgumentOutOfRangeException(name, index, $"Classes run from 0 to {Classes - 1}.");
}
