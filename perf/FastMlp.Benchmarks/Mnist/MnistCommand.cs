using System.Diagnostics;
using System.Globalization;
using FastMlp.Data;

namespace FastMlp.Benchmarks.Mnist;

/// <summary>
/// How long a recipe takes to a test accuracy on MNIST, from its first training step to its last. The test images are scored once, after
/// the last step: nothing is picked from scores on the way.
/// </summary>
internal sealed class MnistCommand(Dataset train, Dataset test, Recipe recipe)
{
    private const int Side = 28;
    private readonly float[] batch = new float[recipe.Batch * train.InputSize];
    private readonly int[] labels = new int[recipe.Batch];

    /// <summary>Prints a line for each seed, then one for each recipe, and returns the latter.</summary>
    public static string[] Measure(string folder, Recipe[] recipes, int seeds)
    {
        (Dataset train, Dataset? test) = IdxDataset.LoadFolder(folder);
        if (test is null)
        {
            throw new FileNotFoundException($"{folder} has no test images (t10k-images-idx3-ubyte).");
        }

        Scaler scaler = Scaler.Pixels(train.InputSize);
        (train, test) = (scaler.Transform(train), scaler.Transform(test));

        // The JIT compiles each kernel's fast form after some calls: that is the process's first second, not training's.
        new MnistCommand(train, test, recipes[0] with { Epochs = 0.5 }).One(0);
        string[] lines = [.. recipes.Select(recipe => new MnistCommand(train, test, recipe).Measure(seeds))];
        Array.ForEach(lines, Console.WriteLine);
        return lines;
    }

    private string Measure(int seeds)
    {
        List<double> seconds = [];
        for (int seed = 1; seed <= seeds; seed++)
        {
            (double time, double accuracy) = One(seed);
            seconds.Add(accuracy >= recipe.Accuracy ? time : double.PositiveInfinity);
            Console.WriteLine(Invariant($"{100 * recipe.Accuracy:0.##} %, seed {seed}: {100 * accuracy:0.00} % after {time:0.00} s"));
        }

        seconds.Sort();
        double median = (seconds[(seeds - 1) / 2] + seconds[seeds / 2]) / 2;
        int reached = seconds.Count(double.IsFinite);
        return double.IsFinite(median)
            ? Invariant($"{100 * recipe.Accuracy:0.##} % test accuracy in {median:0.00} s (median of {seeds} seeds, {reached} got there): {recipe}")
            : Invariant($"{100 * recipe.Accuracy:0.##} % test accuracy: not reached by half of {seeds} seeds ({reached} got there): {recipe}");
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
        int size = train.InputSize;
        for (int i = 0; i < rows.Length; i++)
        {
            Shift(train.Features.Slice(rows[i] * size, size), random.Next(-1, 2), random.Next(-1, 2), batch.AsSpan(i * size, size));
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
