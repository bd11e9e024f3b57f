using System.Globalization;
using CommunityToolkit.HighPerformance;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>
/// Threads that use the same few networks, trainers, arrays and data sets at random, while others dispose them, exchange them and write
/// nonsense into their labels. Every answer is the right one, bit for bit where nothing trains, or one of the documented exceptions.
/// </summary>
/// <remarks>
/// Two seconds by default; FASTMLP_STRESS_SECONDS makes it longer, FASTMLP_STRESS_SEED takes other actions. Under glibc
/// MALLOC_PERTURB_=165 overwrites what is freed, so that a use after it is seen at once.
/// </remarks>
[Collection(nameof(Alone))]
public class MemoryStressTests(ITestOutputHelper output)
{
    private const int Threads = 6;

    private static readonly Func<int, NetworkBuilder>[] shapes =
    [
        inputs => Network.Input(inputs).Dense(16, Activation.Relu).Dense(3, Activation.Softmax),
        inputs => Network.Input(inputs).Dense(32, Activation.Tanh).Dense(32, Activation.Tanh).Dense(3, Activation.Softmax),
        inputs => Network.Input(inputs).Dense(130, Activation.Relu).Dense(70, Activation.Relu).Dense(3),
        inputs => Network.Input(inputs).Dense(40).BatchNorm().Activate(Activation.Relu).Dense(3, Activation.Softmax),
        inputs => Network.Input(inputs).Residual(body => body.Dense(24, Activation.Gelu)).Dropout(0.2f).LayerNorm().Dense(3, Activation.Softmax),
        inputs => Network.Input(inputs).Dense(8, Activation.Silu).Dense(3, Activation.Sigmoid),
    ];

    private static readonly int[] rowCounts = [1, 2, 3, 8, 33, 250];

    [Fact]
    public void NoCallTouchesMemoryThatIsNotItsOwn()
    {
        int seconds = Setting("FASTMLP_STRESS_SECONDS", 2);
        int seed = Setting("FASTMLP_STRESS_SEED", 1);
        using World world = new(seed);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(own => new Thread(() => world.Run(own)))];
        Array.ForEach(threads, thread => thread.Start());
        TestContext.Current.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(seconds));
        world.IsOver = true;
        Array.ForEach(threads, thread => thread.Join());

        output.WriteLine($"{seconds} s, seed {seed}: {world}");
        Assert.True(world.Faults.IsEmpty, string.Join("\n", world.Faults.Take(5)));
        Assert.True(world.Answers > 0 && world.Refusals > 0, world.ToString());
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    /// <summary>A network whose parameters never change, frozen too, with a batch and its outputs.</summary>
    private sealed class Fixed
    {
        public Fixed(int seed)
        {
            Random random = new(seed);
            int inputs = random.Next(1, 40);
            Network = shapes[random.Next(shapes.Length)](inputs).Build(seed);
            Predictor = Network.Freeze();
            X = Numbers.Sparse(seed, rowCounts[^1] * inputs, random.Next(3) / 3f);
            Outputs = Network.Predict(X);
            FrozenOutputs = new float[Outputs.Length];
            Predictor.Predict(X, FrozenOutputs);
        }

        public Network Network { get; }

        public Predictor Predictor { get; }

        public float[] X { get; }

        public float[] Outputs { get; }

        public float[] FrozenOutputs { get; }
    }

    /// <summary>A network that any thread trains, predicts with and disposes at any time, on data whose labels anybody changes.</summary>
    private sealed class Moving
    {
        public Moving(int seed)
        {
            Random random = new(seed);
            int inputs = random.Next(1, 20);
            Network = shapes[random.Next(shapes.Length)](inputs).Build(seed);
            X = Numbers.Uniform(seed, rowCounts[^1] * inputs);
            Labels = Numbers.Labels(seed, rowCounts[^1], 3);
            Data = new Dataset(X, inputs, Labels, 3);
            Loss = Network.Predict(X.AsSpan(0, inputs)).Sum() is > 0.99f and < 1.01f ? Loss.CrossEntropy : Loss.Quadratic;
            Trainer = new Trainer(Network, new TrainerOptions { Loss = Loss, Optimizer = new Sgd(0.01f), Threads = 2 });
        }

        public Network Network { get; }

        public Trainer Trainer { get; }

        public Dataset Data { get; }

        public Loss Loss { get; }

        public float[] X { get; }

        public int[] Labels { get; }
    }

    private sealed class World : IDisposable
    {
        private readonly int seed;
        private readonly Fixed[] still = new Fixed[4];
        private readonly Moving[] moving = new Moving[4];
        private readonly Action<Random>[] actions;
        private int made;
        private long answers;
        private long refusals;

        public World(int seed)
        {
            this.seed = made = 1_000_000 * seed;
            for (int i = 0; i < still.Length; i++)
            {
                still[i] = new Fixed(++made);
                moving[i] = new Moving(++made);
            }

            actions =
            [
                Predict, Predict, Predict, PredictFrozen, PredictFrozen, PredictWindow, PredictInto, PredictOver, FreezeAgain, CloneAgain, SaveAndLoad, Exchange, ExchangeMoving,
                PredictMoving, Step, StepOfTargets, StepOfRows, Weighted, PartialFit, Fit, FitAndDispose, Evaluate, SpoilLabel, SpoilLabel, MendLabels, DisposeTrainer, Collect,
            ];
        }

        public System.Collections.Concurrent.ConcurrentQueue<string> Faults { get; } = [];

        public volatile bool IsOver;

        public long Answers => answers;

        public long Refusals => refusals;

        public override string ToString() => $"{answers} answers checked or finished, {refusals} refused by a documented exception, {made - seed} networks made, {Faults.Count} faults";

        public void Run(int own)
        {
            Random random = new(seed + own);
            while (!IsOver && Faults.IsEmpty)
            {
                Action<Random> action = actions[random.Next(actions.Length)];
                try
                {
                    action(random);
                    Interlocked.Increment(ref answers);
                }
                catch (Exception e) when (e is ObjectDisposedException or ArgumentException or InvalidOperationException or TrainingDivergedException)
                {
                    Interlocked.Increment(ref refusals);
                }
                catch (Exception e)
                {
                    Faults.Enqueue($"{action.Method.Name}: {e}");
                }
            }
        }

        public void Dispose()
        {
            Array.ForEach(still, one => one.Network.Dispose());
            Array.ForEach(still, one => one.Predictor.Dispose());
            Array.ForEach(moving, one => one.Network.Dispose());
            Array.ForEach(moving, one => one.Trainer.Dispose());
        }

        private static T Any<T>(Random random, T[] from)
            where T : class => Volatile.Read(ref from[random.Next(from.Length)]);

        private void Expect(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
        {
            if (!Bits.AreEqual(expected, actual))
            {
                Faults.Enqueue($"{what}: other bits");
            }
        }

        private void Predict(Random random)
        {
            Fixed one = Any(random, still);
            int rows = rowCounts[random.Next(rowCounts.Length)];
            int first = random.Next(rowCounts[^1] - rows + 1);
            int n = one.Network.OutputSize;
            float[] y = new float[(rows * n) + 2];
            y[^1] = y[^2] = 7;
            one.Network.Predict(one.X.AsSpan(first * one.Network.InputSize, rows * one.Network.InputSize), y.AsSpan(0, rows * n));
            Expect(one.Outputs.AsSpan(first * n, rows * n), y.AsSpan(0, rows * n), "Predict");
            Expect([7, 7], y.AsSpan(rows * n), "behind the outputs");
        }

        private void PredictFrozen(Random random)
        {
            Fixed one = Any(random, still);
            int rows = rowCounts[random.Next(rowCounts.Length)];
            int n = one.Network.OutputSize;
            float[] y = new float[rows * n];
            one.Predictor.Predict(one.X.AsSpan(0, rows * one.Predictor.InputSize), y);
            Expect(one.FrozenOutputs.AsSpan(0, y.Length), y, "a frozen Predict");
        }

        private void PredictWindow(Random random)
        {
            Fixed one = Any(random, still);
            int k = one.Network.InputSize, n = one.Network.OutputSize, rows = random.Next(1, 20), left = random.Next(3), width = left + k + random.Next(3) + n + random.Next(3);
            float[] table = new float[rows * width];
            Array.Fill(table, 3);
            Span2D<float> all = new(table, rows, width);
            new ReadOnlySpan2D<float>(one.X, rows, k).CopyTo(all.Slice(0, left, rows, k));
            int to = width - n;
            float[] before = [.. table];
            one.Network.Predict(all.Slice(0, left, rows, k), all.Slice(0, to, rows, n));
            for (int row = 0; row < rows; row++)
            {
                Expect(before.AsSpan(row * width, to), table.AsSpan(row * width, to), "beside a window");
                Expect(one.Outputs.AsSpan(row * n, n), table.AsSpan((row * width) + to, n), "a window");
            }
        }

        /// <summary>Into memory that another thread reads and writes too: any values, but nothing beside it.</summary>
        private void PredictInto(Random random)
        {
            Fixed one = Any(random, still);
            Moving other = Any(random, moving);
            int rows = Math.Min(random.Next(1, 6), other.X.Length / one.Network.InputSize);
            one.Network.Predict(other.X.AsSpan(0, rows * one.Network.InputSize), new float[rows * one.Network.OutputSize]);
        }

        private void PredictOver(Random random)
        {
            Fixed one = Any(random, still);
            int k = one.Network.InputSize, n = one.Network.OutputSize, rows = random.Next(1, 40);
            float[] memory = new float[2 * rows * Math.Max(k, n)];
            one.X.AsSpan(0, Math.Min(memory.Length, one.X.Length)).CopyTo(memory);
            float[] before = [.. memory];
            int at = random.Next(memory.Length - (rows * n) + 1);
            bool overlaps = at < rows * k;
            try
            {
                one.Network.Predict(memory.AsSpan(0, rows * k), memory.AsSpan(at, rows * n));
                if (overlaps)
                {
                    Faults.Enqueue("an overlap was not refused");
                }
            }
            catch (ArgumentException) when (overlaps)
            {
                Expect(before, memory, "memory of a refused call");
            }
        }

        private void FreezeAgain(Random random)
        {
            Fixed one = Any(random, still);
            Predictor again = one.Network.Freeze(random.Next(2) == 0 ? WeightFormat.Float32 : WeightFormat.BFloat16);
            float[] y = new float[8 * one.Network.OutputSize];
            again.Predict(one.X.AsSpan(0, 8 * one.Network.InputSize), y);
            if (again.Weights == WeightFormat.Float32)
            {
                Expect(one.FrozenOutputs.AsSpan(0, y.Length), y, "a network frozen again");
            }

            // Some are left to the collector.
            if (random.Next(2) == 0)
            {
                again.Dispose();
            }
        }

        private void CloneAgain(Random random)
        {
            Fixed one = Any(random, still);
            Network copy = one.Network.Clone();
            Expect(one.Outputs.AsSpan(0, 8 * one.Network.OutputSize), copy.Predict(one.X.AsSpan(0, 8 * one.Network.InputSize)), "a copy");
        }

        private void SaveAndLoad(Random random)
        {
            Fixed one = Any(random, still);
            using MemoryStream file = new();
            one.Network.Save(file);
            file.Position = 0;
            using Network loaded = Network.Load(file);
            Expect(one.Outputs.AsSpan(0, 8 * one.Network.OutputSize), loaded.Predict(one.X.AsSpan(0, 8 * one.Network.InputSize)), "a loaded network");
        }

        /// <summary>Puts another network in place of one that other threads may be predicting with, and disposes that.</summary>
        private void Exchange(Random random)
        {
            int place = random.Next(still.Length);
            Fixed old = Interlocked.Exchange(ref still[place], new Fixed(Interlocked.Increment(ref made)));
            if (random.Next(4) > 0)
            {
                old.Network.Dispose();
                old.Predictor.Dispose();
            }
        }

        private void ExchangeMoving(Random random)
        {
            int place = random.Next(moving.Length);
            Moving old = Interlocked.Exchange(ref moving[place], new Moving(Interlocked.Increment(ref made)));
            switch (random.Next(4))
            {
                case 0:
                    old.Network.Dispose();
                    break;
                case 1:
                    old.Trainer.Dispose();
                    old.Network.Dispose();
                    break;
                case 2:
                    old.Trainer.Dispose();
                    break;
            }
        }

        private void PredictMoving(Random random)
        {
            Moving one = Any(random, moving);
            one.Network.Predict(one.X.AsSpan(0, one.Data.InputSize * rowCounts[random.Next(rowCounts.Length)]));
        }

        private void Step(Random random)
        {
            Moving one = Any(random, moving);
            int rows = rowCounts[random.Next(rowCounts.Length)];
            one.Trainer.Step(one.X.AsSpan(0, rows * one.Data.InputSize), one.Labels.AsSpan(0, rows));
        }

        private void StepOfTargets(Random random)
        {
            Moving one = Any(random, moving);
            int rows = rowCounts[random.Next(rowCounts.Length)];
            one.Trainer.AccumulateGradients(one.X.AsSpan(0, rows * one.Data.InputSize), new float[rows * 3]);
            one.Trainer.ApplyGradients();
        }

        private void StepOfRows(Random random)
        {
            Moving one = Any(random, moving);
            int[] rows = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(200) == 0 ? random.Next() : random.Next(one.Data.Rows))];
            one.Trainer.Step(one.Data, rows);
        }

        private void Weighted(Random random)
        {
            Moving one = Any(random, moving);
            int rows = random.Next(1, 20);
            float[] weights = Numbers.Uniform(random.Next(), random.Next(1, 20), 0.1f);
            one.Trainer.Step(one.X.AsSpan(0, rows * one.Data.InputSize), one.Labels.AsSpan(0, rows), weights);
            if (weights.Length != rows)
            {
                Faults.Enqueue($"{weights.Length} weights passed for {rows} rows");
            }
        }

        private void PartialFit(Random random)
        {
            Moving one = Any(random, moving);
            one.Trainer.PartialFit(one.Data, random.Next(1, 100));
        }

        private void Fit(Random random)
        {
            Moving one = Any(random, moving);
            one.Network.Fit(one.Data, Options(random, one));
        }

        private void FitAndDispose(Random random)
        {
            Moving one = Any(random, moving);
            one.Network.Fit(one.Data, Options(random, one) with { Callbacks = [new Disturbing(one, random)] });
        }

        private static FitOptions Options(Random random, Moving one) => new()
        {
            Loss = one.Loss,
            Epochs = 2,
            Optimizer = random.Next(2) == 0 ? new Adam(1e-3f) : new Sgd(1e-3f, momentum: 0.5f),
            BatchSize = random.Next(1, 300),
            Threads = random.Next(1, 4),
            Shuffle = random.Next(2) == 0,
            Validation = random.Next(2) == 0 ? one.Data : null,
            Seed = random.Next(),
        };

        private void Evaluate(Random random)
        {
            Moving one = Any(random, moving);
            one.Network.Evaluate(one.Data, one.Loss);
        }

        private void SpoilLabel(Random random)
        {
            int[] labels = Any(random, moving).Labels;
            Volatile.Write(ref labels[random.Next(labels.Length)], random.Next(2) == 0 ? random.Next() : -random.Next());
        }

        private void MendLabels(Random random)
        {
            int[] labels = Any(random, moving).Labels;
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = (int)((uint)labels[i] % 3);
            }
        }

        private void DisposeTrainer(Random random)
        {
            if (random.Next(20) == 0)
            {
                Any(random, moving).Trainer.Dispose();
            }
        }

        private void Collect(Random random)
        {
            if (random.Next(10) == 0)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
    }

    /// <summary>Disposes, predicts and writes labels in the middle of training.</summary>
    private sealed class Disturbing(Moving one, Random random) : TrainingCallback
    {
        public override void OnBatchBegin(TrainingProgress progress)
        {
            switch (random.Next(40))
            {
                case 0:
                    one.Network.Dispose();
                    break;
                case 1:
                    one.Labels[random.Next(one.Labels.Length)] = 1 << 30;
                    break;
                case 2:
                    progress.Network.Predict(one.X.AsSpan(0, one.Data.InputSize));
                    break;
                case 3:
                    one.Network.Fit(one.Data.Slice(0, 10), new FitOptions { Loss = one.Loss, Epochs = 1 });
                    break;
            }
        }
    }
}
