using System.Diagnostics;
using System.Globalization;
using FastMlp.Benchmarks.Peers;

namespace FastMlp.Benchmarks.Mnist;

/// <summary>
/// How long a recipe takes to a test accuracy on MNIST: from its first training step to its last, if the network then has it.
/// The test images are scored once, after the last step: nothing is picked from scores on the way.
/// </summary>
internal sealed class MnistCommand(Dataset train, Dataset test, Recipe recipe)
{
    private const int Side = 28;
    private readonly float[] batch = new float[recipe.Batch * train.InputSize];
    private readonly int[] labels = new int[recipe.Batch];

    public static int Run(string folder, Recipe[] recipes, int seeds)
    {
        try
        {
            Measure(Digits.Load(folder), recipes, seeds);
            return 0;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>Prints a line for each seed, then one for each accuracy, and returns the latter.</summary>
    public static LearningTime[] Measure(Digits digits, Recipe[] recipes, int seeds)
    {
        // The JIT compiles each kernel's fast form after some calls: that is the process's first second, not training's.
        new MnistCommand(digits.TrainingSet, digits.Test, recipes[0] with { Epochs = 0.5 }).One(0);
        LearningTime[] times = new LearningTime[recipes.Length];
        for (int i = 0; i < recipes.Length; i++)
        {
            Recipe recipe = recipes[i];
            Console.WriteLine($"recipe for {LearningTime.Percent(recipe.Accuracy)}: {recipe}");
            MnistCommand command = new(digits.TrainingSet, digits.Test, recipe);
            List<double> seconds = [];
            for (int seed = 1; seed <= seeds; seed++)
            {
                (double time, double accuracy) = command.One(seed);
                seconds.Add(accuracy >= recipe.Accuracy ? time : double.PositiveInfinity);
                Console.WriteLine(Invariant($"seed {seed}: {LearningTime.Percent(accuracy)} after {time:0.00} s"));
            }

            seconds.Sort();
            double median = (seconds[(seeds - 1) / 2] + seconds[seeds / 2]) / 2;
            times[i] = new(recipe.Accuracy, double.IsFinite(median) ? Math.Round(median, 4) : null, seconds.Count(double.IsFinite), seeds, recipe.ToString());
        }

        foreach (LearningTime time in times)
        {
            Console.WriteLine(time);
        }

        return times;
    }

    /// <summary>Seconds of training, and the accuracy on the test images after them.</summary>
    private (double Seconds, double Accuracy) One(int seed)
    {
        using Network network = recipe.Build(train, seed);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.CrossEntropy, Optimizer = new Adam(recipe.Rate), Threads = recipe.Threads });
        int[] order = [.. Enumerable.Range(0, train.Rows)];
        Random random = new(seed);
        int stepsPerEpoch = train.Rows / recipe.Batch;
        int steps = (int)(stepsPerEpoch * recipe.Epochs);
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
        {
            if (step % stepsPerEpoch == 0)
            {
                random.Shuffle(order);
            }

            trainer.LearningRate = recipe.RateAt((double)step / steps);
            ReadOnlySpan<int> rows = order.AsSpan(step % stepsPerEpoch * recipe.Batch, recipe.Batch);
            if (recipe.Shifts)
            {
                GatherShifted(rows, random);
                trainer.Step(batch, labels);
            }
            else
            {
                trainer.Step(train, rows);
            }
        }

        return (Stopwatch.GetElapsedTime(start).TotalSeconds, network.Evaluate(test, Loss.CrossEntropy).Accuracy);
    }

    private void GatherShifted(ReadOnlySpan<int> rows, Random random)
    {
        ReadOnlySpan<float> features = train.Features;
        int size = train.InputSize;
        for (int i = 0; i < rows.Length; i++)
        {
            Shift(features.Slice(rows[i] * size, size), random.Next(-1, 2), random.Next(-1, 2), batch.AsSpan(i * size, size));
            labels[i] = train.Labels[rows[i]];
        }
    }

    /// <summary>The image moved to the right and down, with zeros where nothing comes from.</summary>
    private static void Shift(ReadOnlySpan<float> image, int right, int down, Span<float> place)
    {
        place.Clear();
        int columns = Side - Math.Abs(right);
        for (int row = Math.Max(0, down); row < Math.Min(Side, Side + down); row++)
        {
            image.Slice(((row - down) * Side) + Math.Max(0, -right), columns).CopyTo(place[((row * Side) + Math.Max(0, right))..]);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What the runs over several seeds found.</summary>
/// <param name="Accuracy">On the test images, from 0 to 1.</param>
/// <param name="Seconds">The median over seeds; null if fewer than half got there.</param>
/// <param name="Reached">Seeds that got there.</param>
/// <param name="Seeds">All seeds.</param>
/// <param name="Recipe">How.</param>
internal sealed record LearningTime(double Accuracy, double? Seconds, int Reached, int Seeds, string Recipe)
{
    public override string ToString() => Seconds is { } seconds
        ? string.Create(CultureInfo.InvariantCulture, $"time to {Percent(Accuracy)}: {seconds:0.00} s (median of {Seeds} seeds{(Reached < Seeds ? $", {Reached} of them got there" : "")})")
        : $"time to {Percent(Accuracy)}: not reached by half of {Seeds} seeds ({Reached} got there)";

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.##} %");
}
