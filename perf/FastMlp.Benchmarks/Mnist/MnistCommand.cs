using System.Diagnostics;
using System.Globalization;
using FastMlp.Data;

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
        (Dataset train, Dataset? test) = IdxDataset.LoadFolder(folder);
        if (test is null)
        {
            Console.Error.WriteLine($"{folder} has no test images (t10k-images-idx3-ubyte); the times are to a test accuracy.");
            return 1;
        }

        Scaler scaler = Scaler.Pixels(train.InputSize);
        MnistCommand command = new(scaler.Transform(train), scaler.Transform(test), recipe);
        Console.WriteLine($"recipe: {recipe}");
        List<double?[]> all = [];
        for (int seed = 1; seed <= seeds; seed++)
        {
            all.Add(command.One(seed));
        }

        for (int i = 0; i < targets.Length; i++)
        {
            double[] reached = [.. all.Select(times => times[i] ?? double.PositiveInfinity).Order()];
            double median = (reached[(seeds - 1) / 2] + reached[seeds / 2]) / 2;
            int count = reached.Count(double.IsFinite);
            Console.WriteLine(double.IsFinite(median)
                ? Invariant($"time to {Percent(targets[i])}: {median:0.00} s (median of {seeds} seeds{(count < seeds ? $", {count} of them got there" : "")})")
                : Invariant($"time to {Percent(targets[i])}: not reached by half of {seeds} seeds ({count} got there)"));
        }

        return 0;
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

        Console.WriteLine(Invariant($"seed {seed}: {Times(times)}; at the end {Percent(accuracy)} after {clock.Elapsed.TotalSeconds:0.00} s, best {Percent(best)}"));
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
        ", ", targets.Select((target, i) => times[i] is { } time ? Invariant($"{Percent(target)} in {time:0.00} s") : $"{Percent(target)} not reached"));

    private static string Percent(double share) => Invariant($"{100 * share:0.##} %");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How the network is trained: Adam, the rate rising over the first tenth and falling in a line to nothing.</summary>
internal sealed record Recipe(int[] Hidden, int Batch, int Epochs, float Rate, int Threads)
{
    private const double RisingShare = 0.1;

    public Network Build(Dataset train, int seed)
    {
        NetworkBuilder builder = Network.Input(train.InputSize);
        foreach (int units in Hidden)
        {
            builder.Dense(units, Activation.Relu);
        }

        return builder.Dense(train.TargetSize, Activation.Softmax).Build(seed);
    }

    /// <param name="progress">From 0 to 1.</param>
    public float RateAt(double progress) =>
        (float)(Rate * Math.Min((progress + 0.001) / RisingShare, (1 - progress) / (1 - RisingShare)));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"784-{string.Join('-', Hidden)}-10, ReLU, softmax, Adam, {Batch} rows a step, {Epochs} epochs, rate {Rate} (rising for a tenth, then falling in a line), {Threads} threads; time is that of training alone");
}
