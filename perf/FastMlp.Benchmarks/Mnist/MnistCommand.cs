using System.Diagnostics;
using System.Globalization;
using FastMlp.Benchmarks.Peers;

namespace FastMlp.Benchmarks.Mnist;

/// <summary>
/// How long a recipe takes to a test accuracy on MNIST: from the first training step to the end of the epoch part
/// that reached it. Scoring the test images in between is not counted, being no part of training.
/// </summary>
internal sealed class MnistCommand(Dataset train, Dataset test, Recipe recipe)
{
    private static readonly double[] targets = [0.97, 0.98, 0.985];

    /// <summary>Test scores in an epoch: the resolution of the times.</summary>
    private const int ScoresPerEpoch = 4;

    private readonly float[] batch = new float[recipe.Batch * train.InputSize];
    private readonly int[] labels = new int[recipe.Batch];

    public static int Run(string folder, Recipe recipe, int seeds)
    {
        try
        {
            Measure(Digits.Load(folder), recipe, seeds);
            return 0;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>Prints a line for each seed, then one for each accuracy, and returns the latter.</summary>
    public static Learning Measure(Digits digits, Recipe recipe, int seeds)
    {
        MnistCommand command = new(digits.TrainingSet, digits.Test, recipe);
        Console.WriteLine($"recipe: {recipe}");
        List<double?[]> all = [];
        for (int seed = 1; seed <= seeds; seed++)
        {
            all.Add(command.One(seed));
        }

        List<LearningTime> times = [];
        for (int i = 0; i < targets.Length; i++)
        {
            double[] reached = [.. all.Select(times => times[i] ?? double.PositiveInfinity).Order()];
            double median = (reached[(seeds - 1) / 2] + reached[seeds / 2]) / 2;
            LearningTime time = new(targets[i], double.IsFinite(median) ? Math.Round(median, 4) : null, reached.Count(double.IsFinite), seeds);
            Console.WriteLine(time);
            times.Add(time);
        }

        return new Learning(recipe.ToString(), times);
    }

    /// <summary>The seconds of training until each target was first met, null where it was not.</summary>
    private double?[] One(int seed)
    {
        using Network network = recipe.Build(train, seed);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.CrossEntropy, Optimizer = new Adam(recipe.Rate), Threads = recipe.Threads });
        int[] order = [.. Enumerable.Range(0, train.Rows)];
        Random random = new(seed);
        int stepsPerEpoch = train.Rows / recipe.Batch;
        int totalSteps = stepsPerEpoch * recipe.Epochs;
        double?[] times = new double?[targets.Length];
        double best = 0, accuracy = 0;
        Stopwatch clock = new();
        for (int step = 0; step < totalSteps; step++)
        {
            clock.Start();
            if (step % stepsPerEpoch == 0)
            {
                random.Shuffle(order);
            }

            Gather(order, step % stepsPerEpoch * recipe.Batch);
            trainer.LearningRate = recipe.RateAt((double)step / totalSteps);
            trainer.Step(batch, labels);
            clock.Stop();
            bool last = step == totalSteps - 1;
            if (last || (step + 1) % (stepsPerEpoch / ScoresPerEpoch) == 0)
            {
                accuracy = network.Evaluate(test, Loss.CrossEntropy).Accuracy;
                best = Math.Max(best, accuracy);
                for (int i = 0; i < targets.Length; i++)
                {
                    if (accuracy >= targets[i])
                    {
                        times[i] ??= clock.Elapsed.TotalSeconds;
                    }
                }
            }
        }

        Console.WriteLine(Invariant($"seed {seed}: {Times(times)}; at the end {LearningTime.Percent(accuracy)} after {clock.Elapsed.TotalSeconds:0.00} s, best {LearningTime.Percent(best)}"));
        return times;
    }

    private void Gather(int[] order, int start)
    {
        ReadOnlySpan<float> features = train.Features;
        ReadOnlySpan<int> classes = train.Labels;
        int size = train.InputSize;
        for (int i = 0; i < recipe.Batch; i++)
        {
            int row = order[start + i];
            features.Slice(row * size, size).CopyTo(batch.AsSpan(i * size));
            labels[i] = classes[row];
        }
    }

    private static string Times(double?[] times) => string.Join(
        ", ",
        targets.Select((target, i) => times[i] is { } time ? Invariant($"{LearningTime.Percent(target)} in {time:0.00} s") : $"{LearningTime.Percent(target)} not reached"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a run over several seeds found.</summary>
internal sealed record Learning(string Recipe, IReadOnlyList<LearningTime> Times);

/// <param name="Accuracy">On the test images, from 0 to 1.</param>
/// <param name="Seconds">The median over seeds; null if fewer than half got there.</param>
/// <param name="Reached">Seeds that got there.</param>
/// <param name="Seeds">All seeds.</param>
internal sealed record LearningTime(double Accuracy, double? Seconds, int Reached, int Seeds)
{
    public override string ToString() => Seconds is { } seconds
        ? string.Create(CultureInfo.InvariantCulture, $"time to {Percent(Accuracy)}: {seconds:0.00} s (median of {Seeds} seeds{(Reached < Seeds ? $", {Reached} of them got there" : "")})")
        : $"time to {Percent(Accuracy)}: not reached by half of {Seeds} seeds ({Reached} got there)";

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.##} %");
}
