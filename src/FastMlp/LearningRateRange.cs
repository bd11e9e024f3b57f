using FastMlp.Training.Batches;

namespace FastMlp;

/// <summary>
/// The learning rate range test (Smith, 2017): a copy of a network is trained for a few steps at rates that grow by the same factor,
/// until the loss breaks away.
/// </summary>
/// <param name="Points">The steps in order; the last one where the loss broke away, or at the highest rate.</param>
/// <param name="Suggested">The rate at which the smoothed loss fell fastest: a first choice for a constant rate, and for the peak of a cycle a little low.</param>
public sealed record LearningRateRange(IReadOnlyList<LearningRatePoint> Points, float Suggested)
{
    /// <summary>How much of the smoothed loss the next one leaves: a mean over some ten steps.</summary>
    private const double Memory = 0.9;

    /// <summary>Steps until the mean is one over as many as <see cref="Memory"/> allows: 1 / (1 - Memory).</summary>
    private const int SmoothFrom = 10;

    /// <summary>The test ends where the smoothed loss is this many times its lowest value.</summary>
    private const double BreakAway = 4;

    /// <summary>Runs the test. The network itself is not changed.</summary>
    /// <param name="network">The network as training would find it.</param>
    /// <param name="train">Rows to train on.</param>
    /// <param name="options">Loss, optimizer, limits, batch size, seed and threads are taken from here; the rest plays no part.</param>
    /// <param name="from">The lowest rate.</param>
    /// <param name="to">The highest rate.</param>
    /// <param name="steps">Steps from one to the other, at least 10.</param>
    /// <exception cref="ArgumentException">The rates are not in order, or the optimizer does not live by its rate.</exception>
    public static LearningRateRange Run(Network network, Dataset train, FitOptions options, float from = 1e-6f, float to = 1, int steps = 100)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        if (!(from > 0) || !(to > from) || !float.IsFinite(to))
        {
            throw new ArgumentException($"Rates grow from above 0 to a higher one, not from {from} to {to}.", nameof(from));
        }

        if (options.Optimizer is Lbfgs or IRprop)
        {
            throw new ArgumentException($"{options.Optimizer.GetType().Name} finds its own steps: no rate is better than another.", nameof(options));
        }

        if (train.Rows == 0)
        {
            throw new ArgumentException("There are no rows to train on.", nameof(train));
        }

        using Network copy = network.Clone();
        using Trainer trainer = new(copy, options.ForTrainer());
        List<LearningRatePoint> points = [];
        Batches batches = new(train.Rows, Math.Min(options.BatchSize, train.Rows), options.Seed);
        double mean = 0;
        double lowest = double.PositiveInfinity;
        for (int step = 0; step < steps; step++)
        {
            float rate = (float)(from * Math.Pow((double)to / from, (double)step / (steps - 1)));
            trainer.LearningRate = rate;
            if (!TryStep(trainer, train, batches.Next(), out float loss))
            {
                break;
            }

            mean = (Memory * mean) + ((1 - Memory) * loss);
            double smoothed = mean / (1 - Math.Pow(Memory, step + 1));
            points.Add(new(rate, loss, (float)smoothed));
            lowest = Math.Min(lowest, smoothed);
            if (smoothed > BreakAway * lowest && lowest > 0)
            {
                break;
            }
        }

        return new LearningRateRange(points, Steepest(points, from));
    }

    private static bool TryStep(Trainer trainer, Dataset train, ReadOnlySpan<int> rows, out float loss)
    {
        try
        {
            loss = trainer.Step(train, rows);
            return true;
        }
        catch (TrainingDivergedException)
        {
            // Where the test is meant to end.
            loss = float.NaN;
            return false;
        }
    }

    /// <summary>
    /// The rate in the middle of the steepest fall; steps are equally far apart in ln rate. The first ten do not count, over which the mean is not smooth
    /// yet, nor do those behind the lowest loss, where it jumps up and falls back.
    /// </summary>
    private static float Steepest(List<LearningRatePoint> points, float from)
    {
        int lowest = 0;
        for (int i = 1; i < points.Count; i++)
        {
            lowest = points[i].SmoothedLoss < points[lowest].SmoothedLoss ? i : lowest;
        }

        float best = from;
        float steepest = 0;
        for (int i = SmoothFrom; i < lowest; i++)
        {
            float fall = points[i - 1].SmoothedLoss - points[i + 1].SmoothedLoss;
            if (fall > steepest)
            {
                steepest = fall;
                best = points[i].LearningRate;
            }
        }

        return best;
    }

    /// <summary>Mini-batches without end, each epoch in a new order.</summary>
    private sealed class Batches(int rows, int size, int seed)
    {
        private readonly EpochOrder order = new(rows, seed);
        private int epoch;
        private int next;

        public ReadOnlySpan<int> Next()
        {
            if (next == 0)
            {
                order.Shuffle(++epoch);
            }

            ReadOnlySpan<int> batch = order.Rows.Slice(next, Math.Min(size, rows - next));
            next = next + size < rows ? next + size : 0;
            return batch;
        }
    }
}
