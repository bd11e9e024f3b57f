// The program of tools/check-aot.sh: says which instruction set it runs on, how fast, and what it computes to the last bit.
using System.Diagnostics;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using FastMlp;

Activation[] kinds = [Activation.Relu, Activation.Tanh, Activation.Sigmoid, Activation.Gelu, Activation.Mish, Activation.Elu(), Activation.LeakyRelu()];
XxHash64 bits = new();
foreach ((int[] sizes, int rows) in (ReadOnlySpan<(int[], int)>)[([4, 16, 3], 1), ([8, 32, 32, 1], 33), ([64, 64, 64, 10], 7), ([784, 128, 10], 65), ([30, 200, 5], 129)])
{
    foreach (Activation hidden in kinds)
    {
        NetworkBuilder builder = Network.Input(sizes[0]);
        for (int i = 1; i < sizes.Length; i++)
        {
            builder.Dense(sizes[i], i < sizes.Length - 1 ? hidden : sizes[i] > 1 ? Activation.Softmax : Activation.Identity);
        }

        using Network network = builder.Build(seed: 7);
        float[] x = Numbers(rows * sizes[0]), y = new float[rows * sizes[^1]];
        network.Predict(x, y);
        bits.Append(MemoryMarshal.AsBytes(y.AsSpan()));
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Adam(), Threads = 1 });
        float[] targets = new float[y.Length];
        for (int row = 0; row < rows; row++)
        {
            targets[row * sizes[^1]] = 1;
        }

        for (int step = 0; step < 5; step++)
        {
            trainer.Step(x, targets);
        }

        using Predictor predictor = network.Freeze();
        predictor.Predict(x, y);
        bits.Append(MemoryMarshal.AsBytes(y.AsSpan()));
    }
}

Console.WriteLine($"set {InstructionSet.Name.Replace(' ', '-')}");
Console.WriteLine($"bits {bits.GetCurrentHashAsUInt64():x16}");

using Network wide = Network.Input(784).Dense(512, Activation.Relu).Dense(512, Activation.Relu).Dense(10, Activation.Softmax).Build(1);
using Network small = Network.Input(8).Dense(32, Activation.Relu).Dense(32, Activation.Relu).Dense(1).Build(1);
using Predictor wideFrozen = wide.Freeze(), smallFrozen = small.Freeze();
using Trainer adam = new(wide, new TrainerOptions { Optimizer = new Adam(1e-7f), Threads = 1 });
float[] batch = Numbers(256 * 784), answers = new float[256 * 10], one = Numbers(8), answer = new float[1];
int[] labels = [.. Enumerable.Range(0, 256).Select(i => i % 10)];
Time("256-rows-of-784-512-512-10", 1, () => wideFrozen.Predict(batch, answers));
Time("Adam-step-of-784-512-512-10", 1, () => adam.Step(batch, labels));
Time("row-of-784-512-512-10", 100, () => wideFrozen.Predict(batch.AsSpan(0, 784), answers.AsSpan(0, 10)));
Time("row-of-8-32-32-1", 20_000, () => smallFrozen.Predict(one, answer));

static float[] Numbers(int count)
{
    float[] values = new float[count];
    uint state = 12345;
    for (int i = 0; i < count; i++)
    {
        state = (state * 1664525) + 1013904223;
        values[i] = (state >> 8) / (float)(1 << 23) - 1;
    }

    return values;
}

// The fastest of 15 turns, after a second in which the JIT may compile.
static void Time(string name, int calls, Action work)
{
    for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 1;)
    {
        work();
    }

    double best = double.MaxValue;
    for (int turn = 0; turn < 15; turn++)
    {
        long start = Stopwatch.GetTimestamp();
        for (int call = 0; call < calls; call++)
        {
            work();
        }

        best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls);
    }

    Console.WriteLine(FormattableString.Invariant($"time {name} {best:0.000}"));
}
