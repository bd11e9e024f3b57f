using System.Buffers;
using CommunityToolkit.HighPerformance;
using FastMlp.Memory;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Safe code cannot make a call touch memory that is not its own: arrays that change under it, disposal under it, memory that it is given twice.</summary>
public class MemorySafetyTests
{
    private const int Classes = 4;

    private static readonly int[] NoClass = [Classes, -1, 4_000, int.MaxValue, int.MinValue];

    /// <summary>What trains or scores on a data set: each on its own way through the passes.</summary>
    public static TheoryData<string> Uses => [.. UsesByName.Keys];

    private static readonly Dictionary<string, Action<Network, Dataset>> UsesByName = new()
    {
        ["shuffled batches"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, BatchSize = 32, Threads = 2 }),
        ["batches in order"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, BatchSize = 32, Shuffle = false, Threads = 2 }),
        ["one large batch"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, BatchSize = FitOptions.FullBatch, Threads = 2 }),
        ["plain descent"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, Optimizer = new Sgd(0.1f), Shuffle = false }),
        ["L-BFGS"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, Optimizer = new Lbfgs(), BatchSize = FitOptions.FullBatch }),
        ["class weights"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, Loss = Loss.CrossEntropy.WithClassWeights(1, 2, 3, 4), Shuffle = false }),
        ["smoothed labels"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, Loss = Loss.CrossEntropy.WithLabelSmoothing(0.1f), Shuffle = false }),
        ["squares"] = (network, data) => network.Train(data, new FitOptions { Epochs = 1, Loss = Loss.Quadratic, Shuffle = false }),
        ["scoring"] = (network, data) => network.Evaluate(data),
        ["scoring a frozen network"] = (network, data) => Frozen(network, predictor => predictor.Evaluate(data)),
        ["validation rows"] = (network, data) => network.Train(Data(64, Numbers.Labels(9, 64, Classes)), new FitOptions { Epochs = 1, Validation = data }),
        ["PartialFit"] = (network, data) => Train(network, trainer => trainer.PartialFit(data)),
        ["chosen rows"] = (network, data) => Train(network, trainer => trainer.Step(data, [.. Enumerable.Range(0, data.Rows)])),
        ["a stratified split"] = (_, data) => data.Split(0.5, stratified: true),
    };

    [Theory]
    [MemberData(nameof(Uses))]
    public void ALabelThatIsChangedAfterTheCheckIsAnException(string use)
    {
        // 2,048 rows of narrow layers go on their side, in blocks.
        foreach (int rows in new[] { 96, 2048 })
        {
            foreach (int label in NoClass)
            {
                int[] labels = Numbers.Labels(1, rows, Classes);
                Dataset data = Data(rows, labels);
                labels[rows - 3] = label;
                using Network network = Build();
                float[] before = network.Predict(data.Features);

                Exception? refused = Record.Exception(() => UsesByName[use](network, data));

                Assert.True(refused is ArgumentException or InvalidOperationException, $"{use}, {rows} rows, label {label}: {refused}");
                Assert.Contains($"{label} and classes run from 0 to {Classes - 1}", refused.Message, StringComparison.Ordinal);
                Assert.All(network.Predict(data.Features), value => Assert.True(float.IsFinite(value)));
                if (use == "one large batch")
                {
                    Bits.Equal(before, network.Predict(data.Features), "outputs of a network whose only step was refused");
                }
            }
        }
    }

    [Fact]
    public void SoIsALabelOfTwoClassesAtOneOutput()
    {
        int[] labels = Numbers.Labels(1, 64, 2);
        Dataset data = new(Numbers.Uniform(2, 64 * 6), 6, labels, 2);
        labels[63] = 2;
        using Network network = Network.Input(6).Dense(8, Activation.Tanh).Dense(1, Activation.Sigmoid).Build(1);

        Refusal.Names(() => network.Train(data, new FitOptions { Epochs = 1 }), "label", "2", "0 to 1");
        Refusal.Names(() => network.Train(data, new FitOptions { Epochs = 1, Loss = Loss.BinaryCrossEntropy.WithClassWeights(1, 2) }), "label", "2", "0 to 1");
    }

    [Fact]
    public void LabelsThatChangeBetweenCheckAndUseAreExceptionsToo()
    {
        // The check of Step has passed when the pass begins: another thread changes a label back and forth meanwhile. Of 100 classes, a
        // label is an index (a few are compared).
        const int Rows = 512;
        int[] labels = Numbers.Labels(1, Rows, Classes);
        float[] x = Numbers.Uniform(2, Rows * 6);
        using Network network = Network.Input(6).Dense(8, Activation.Tanh).Dense(100, Activation.Softmax).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(1e-3f), Threads = 1 });
        bool done = false;
        Thread changer = new(() =>
        {
            for (int i = 0; !Volatile.Read(ref done); i++)
            {
                Volatile.Write(ref labels[Rows - 1], (i & 1) == 0 ? 1 << 28 : 0);
            }
        });
        changer.Start();
        int refused = 0;
        for (int i = 0; i < 2_000; i++)
        {
            try
            {
                Assert.True(float.IsFinite(trainer.Step(x, labels)));
            }
            catch (ArgumentException)
            {
                refused++;
            }
        }

        Volatile.Write(ref done, true);
        changer.Join();
        Assert.True(refused > 0);
    }

    [Fact]
    public void RowsThatChangeBetweenCheckAndUseAreTheRowsThatWereChecked()
    {
        using Network network = Build();
        using Network same = Build();
        float[] x = Numbers.Uniform(2, 64 * 6);
        int[] labels = Numbers.Labels(3, 64, Classes);
        int[] rows = [.. Enumerable.Range(0, 32)];
        bool armed = false;
        using Watched<float> features = new(x, () =>
        {
            if (armed)
            {
                Array.Fill(rows, 1 << 28);
            }
        });
        using Trainer trainer = new(network, new TrainerOptions());
        using Trainer reference = new(same, new TrainerOptions());
        Dataset data = new(features.Memory, 6, labels, Classes);
        armed = true;

        float loss = trainer.Step(data, rows);

        Assert.Equal(1 << 28, rows[0]);
        Assert.Equal(reference.Step(new Dataset(x, 6, labels, Classes), [.. Enumerable.Range(0, 32)]), loss);
        Refusal.Names(() => trainer.Step(data, rows), "no row", "268435456", "64");
        Refusal.Names(() => trainer.Step(data, [0, -1]), "no row -1", "64");
    }

    [Fact]
    public void ATrainerTakesOneCallAtATime()
    {
        using Network network = Build();
        using Trainer trainer = new(network, new TrainerOptions());
        Exception? inner = null;
        Action? meanwhile = null;
        using Watched<float> features = new(Numbers.Uniform(2, 64 * 6), () => meanwhile?.Invoke());
        Dataset data = new(features.Memory, 6, Numbers.Labels(3, 64, Classes), Classes);
        float[] x = Numbers.Uniform(4, 8 * 6);
        int[] labels = Numbers.Labels(5, 8, Classes);
        Action[] calls =
        [
            () => trainer.Step(x, labels),
            () => trainer.Step(x, new float[8 * Classes]),
            () => trainer.Step(data, [1]),
            () => trainer.ComputeGradients(x, labels),
            () => trainer.AccumulateGradients(x, labels),
            () => trainer.ApplyGradients(),
            () => trainer.PartialFit(data),
            () => trainer.Save(Path.GetTempPath()),
            () => trainer.Load(Path.GetTempPath()),
        ];
        foreach (Action call in calls)
        {
            inner = null;
            meanwhile = () => inner ??= Record.Exception(call);
            trainer.Step(data, [1, 2, 3]);
            Assert.Contains("one thread at a time", Assert.IsType<InvalidOperationException>(inner).Message, StringComparison.Ordinal);
        }

        meanwhile = null;
        Assert.True(float.IsFinite(trainer.Step(data, [1, 2, 3])));
        Refusal.Names(() => trainer.Step(x, new int[3]), "8 labels", "3");
        Assert.True(float.IsFinite(trainer.Step(x, labels)));
    }

    [Fact]
    public void ATrainerThatIsDisposedInAStepEndsTheStep()
    {
        using Network network = Build();
        Trainer trainer = new(network, new TrainerOptions());
        bool armed = false;
        using Watched<float> features = new(Numbers.Uniform(2, 64 * 6), () =>
        {
            if (armed)
            {
                trainer.Dispose();
            }
        });
        Dataset data = new(features.Memory, 6, Numbers.Labels(3, 64, Classes), Classes);
        trainer.Step(data, [1, 2, 3]);
        armed = true;

        Assert.True(float.IsFinite(trainer.Step(data, [1, 2, 3])));

        armed = false;
        Assert.Throws<ObjectDisposedException>(() => trainer.Step(data, [1]));
        trainer.Dispose();
    }

    [Theory]
    [InlineData("batch begin")]
    [InlineData("batch end")]
    [InlineData("epoch begin")]
    [InlineData("epoch end")]
    [InlineData("train begin")]
    [InlineData("progress")]
    public void ANetworkThatACallbackDisposesEndsTheTraining(string when)
    {
        // Batches of other sizes and validation rows: all of the loop's memory.
        Dataset data = Data(200, Numbers.Labels(1, 200, Classes));
        Network network = Build();
        FitOptions options = new()
        {
            Epochs = 3,
            Validation = data,
            RestoreBest = true,
            Callbacks = [new Disposing(network, when)],
            Progress = _ => Disposing.If(when == "progress", network),
        };

        Assert.Throws<ObjectDisposedException>(() => network.Train(data, options));
        Assert.Throws<ObjectDisposedException>(() => network.Predict(data.Features));
    }

    [Fact]
    public void DisposeUnderPredictionsEndsEachWithItsAnswerOrAnException()
    {
        for (int round = 0; round < 8; round++)
        {
            Network network = Network.Input(64).Dense(256, Activation.Relu).Dense(256, Activation.Relu).Dense(16).Build(seed: round);
            Predictor predictor = network.Freeze();
            float[] x = Numbers.Uniform(round, 64 * 32);
            float[] expected = network.Predict(x);
            using Barrier start = new(4);
            Exception?[] failures = new Exception?[3];
            Thread[] readers = [.. Enumerable.Range(0, 3).Select(own => new Thread(() =>
            {
                float[] y = new float[16 * 32];
                start.SignalAndWait();
                int rows = own == 1 ? 1 : 32;
                while (failures[own] is null)
                {
                    failures[own] = Record.Exception(() =>
                    {
                        if (own == 0)
                        {
                            predictor.Predict(x, y);
                        }
                        else
                        {
                            network.Predict(x.AsSpan(0, rows * 64), y);
                        }

                        Bits.Equal(expected.AsSpan(0, rows * 16), y.AsSpan(0, rows * 16), "outputs beside Dispose");
                    });
                }
            }))];
            Array.ForEach(readers, reader => reader.Start());
            start.SignalAndWait(TestContext.Current.CancellationToken);
            Thread.Sleep(round);
            network.Dispose();
            predictor.Dispose();

            // What the blocks held is written over as soon as they are freed.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            using Network other = Network.Input(64).Dense(256, Activation.Relu).Dense(256, Activation.Relu).Dense(16).Build(seed: 100);
            Array.ForEach(readers, reader => reader.Join());
            Assert.All(failures, failure => Assert.IsType<ObjectDisposedException>(failure));
        }
    }

    [Fact]
    public void DisposeLetsGoOfTheParametersAtOnceAndOfNoBlockInUse()
    {
        Network network = Build();
        AlignedBuffer held = network.Parameters;
        float[] before = held.Span.ToArray();

        network.Dispose();

        // A call under way holds the block: it is neither closed nor freed.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.False(held.IsClosed);
        Bits.Equal(before, held.Span, "parameters in use");
        Assert.Throws<ObjectDisposedException>(() => network.Parameters);
        WeakReference gone = Disposed(Build());
        GC.Collect();
        Assert.False(gone.IsAlive, "a disposed network still holds its parameters");
        GC.KeepAlive(held);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Disposed(Network other)
        {
            WeakReference block = new(other.Parameters);
            other.Dispose();
            network = other;
            return block;
        }
    }

    [Fact]
    public void OutputsOverInputsAreRefused()
    {
        using Network network = Network.Input(6).Dense(8, Activation.Relu).Dense(6).Build(1);
        using Predictor predictor = network.Freeze();
        float[] memory = Numbers.Uniform(1, 4_000);
        float[] before = [.. memory];
        foreach (int rows in new[] { 1, 2, 5, 200 })
        {
            int length = rows * 6;
            foreach (int shift in new[] { 0, 1, 5, length - 1, -1, 1 - length })
            {
                int x = 1_400, y = x + shift;
                Refusal.Names(() => network.Predict(memory.AsSpan(x, length), memory.AsSpan(y, length)), "share memory");
                Refusal.Names(() => predictor.Predict(memory.AsSpan(x, length), memory.AsSpan(y, length)), "share memory");
            }

            Bits.Equal(before, memory, "memory of a refused call");

            // Next to each other they do not touch, and room that is not used does not count.
            float[] expected = network.Predict(before.AsSpan(1_400, length));
            network.Predict(memory.AsSpan(1_400, length), memory.AsSpan(1_400 + length));
            Bits.Equal(expected, memory.AsSpan(1_400 + length, length), "outputs behind the inputs");
            network.Predict(memory.AsSpan(1_400, length), memory.AsSpan(1_400 - length));
            Bits.Equal(expected, memory.AsSpan(1_400 - length, length), "outputs before the inputs");
            before.CopyTo(memory, 0);
        }
    }

    [Fact]
    public void WindowsSideBySideMayLieInOneArrayAndOverlappingOnesMayNot()
    {
        using Network network = Network.Input(3).Dense(8, Activation.Relu).Dense(2).Build(1);
        foreach (int rows in new[] { 1, 2, 40 })
        {
            float[] memory = Numbers.Uniform(1, rows * 10);
            float[] before = [.. memory];
            Memory2D<float> table = new(memory, rows, 10);
            for (int from = 0; from <= 7; from++)
            {
                for (int to = 0; to <= 8; to++)
                {
                    bool overlaps = from < to + 2 && to < from + 3;
                    void Predict() => network.Predict(table.Span.Slice(0, from, rows, 3), table.Span.Slice(0, to, rows, 2));
                    if (overlaps)
                    {
                        Refusal.Names(Predict, "share memory");
                        Bits.Equal(before, memory, "memory of a refused call");
                        continue;
                    }

                    Predict();
                    float[] x = new float[rows * 3];
                    new Span2D<float>(before, rows, 10).Slice(0, from, rows, 3).CopyTo(x);
                    float[] expected = network.Predict(x);
                    for (int i = 0; i < memory.Length; i++)
                    {
                        int column = i % 10;
                        float wanted = column >= to && column < to + 2 ? expected[(i / 10 * 2) + column - to] : before[i];
                        Assert.Equal(BitConverter.SingleToInt32Bits(wanted), BitConverter.SingleToInt32Bits(memory[i]));
                    }

                    before.CopyTo(memory, 0);
                }
            }
        }
    }

    [Fact]
    public void MatricesOfOtherPitchesOverlapWhereARowDoes()
    {
        // Every pair of small matrices in one row of memory, against sets of the elements.
        Span<float> memory = stackalloc float[64];
        foreach ((int rows, int columns, int pitch) in new[] { (1, 3, 3), (2, 2, 5), (3, 1, 4), (4, 2, 2) })
        {
            foreach ((int otherRows, int otherColumns, int otherPitch) in new[] { (1, 1, 1), (2, 3, 7), (3, 2, 3), (5, 1, 4) })
            {
                for (int at = 0; at < 20; at++)
                {
                    for (int other = 0; other < 20; other++)
                    {
                        bool expected = Elements(at, rows, columns, pitch).Intersect(Elements(other, otherRows, otherColumns, otherPitch)).Any();
                        Assert.Equal(expected, Overlaps(memory, (at, rows, columns, pitch), (other, otherRows, otherColumns, otherPitch)));
                    }
                }
            }
        }

        static IEnumerable<int> Elements(int at, int rows, int columns, int pitch) =>
            Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(at + (row * pitch), columns));
    }

    [Fact]
    public void SizesThatNoMemoryHoldsAreRefusedInWords()
    {
        Refusal.Names(() => Network.Input(46341).Dense(46341).Build(), "46341 units with 46341 inputs", "2147488281 weights", "2147483647");
        Refusal.Names(() => Network.Input(int.MaxValue).Dense(int.MaxValue).Build(), "weights");
        Refusal.Names(() => Network.Input(int.MaxValue).Dense(1).Build(), "2147483647");
        Refusal.Names(() => Network.Input(30_000).Dense(40_000).Dense(30_000).Build(), "2400070000 parameters", "2147483647");
        Refusal.Names(() => Network.Input(1).Residual(b => b.Dense(int.MaxValue)).Dense(1).Build(), "2147483647");
        using Network network = Network.Input(1).Dense(70_000).Build();
        Refusal.Names(() => network.Predict(new float[40_000]), "40000 rows", "2800000000", "in parts");
        Refusal.Names(() => network.PredictPooled(new float[40_000]), "40000 rows", "2800000000", "in parts");
        Refusal.Names(() => new Dataset(new float[8], 2, new float[4], 1).Select([0, 4]), "no row 4", "4 rows");
        Refusal.Names(() => new Dataset(new float[8], 2, new float[4], 1).Select([int.MinValue]), "no row", "4 rows");
    }

    [Fact]
    public void NothingIsAnArgument()
    {
        using Network network = Build();
        Dataset data = Data(8, Numbers.Labels(1, 8, Classes));
        Assert.Throws<ArgumentNullException>(() => network.Save((Stream)null!));
        Assert.Throws<ArgumentNullException>(() => network.Save((string)null!));
        Assert.Throws<ArgumentNullException>(() => Network.Load((Stream)null!));
        Assert.Throws<ArgumentNullException>(() => Network.Load((string)null!));
        Assert.Throws<ArgumentNullException>(() => Network.Load((Stream)null!, Activation.Relu));
        Assert.Throws<ArgumentNullException>(() => network.Fit((Dataset)null!, new FitOptions(), TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentNullException>(() => network.Train(data, null!));
        Assert.Throws<ArgumentNullException>(() => network.Train(data, new FitOptions { Optimizer = null! }));
        Assert.Throws<ArgumentNullException>(() => network.Train(data, new FitOptions { Callbacks = null! }));
        Assert.Throws<ArgumentNullException>(() => network.Train(data, new FitOptions { Callbacks = [null!] }));
        Assert.Throws<ArgumentNullException>(() => network.Evaluate(null!));
        Assert.Throws<ArgumentNullException>(() => new Trainer(null!, new TrainerOptions()));
        Assert.Throws<ArgumentNullException>(() => new Trainer(network, null!));
        Assert.Throws<ArgumentNullException>(() => new Trainer(network, new TrainerOptions { Optimizer = null! }));
        using Trainer trainer = new(network, new TrainerOptions());
        Assert.Throws<ArgumentNullException>(() => trainer.Step((Dataset)null!, new int[1]));
        Assert.Throws<ArgumentNullException>(() => trainer.PartialFit(null!));
        Assert.Throws<ArgumentNullException>(() => Network.Input(2).Residual(null!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(9)]
    public void WeightsAreAsManyAsRows(int count)
    {
        using Network network = Build();
        using Trainer trainer = new(network, new TrainerOptions());
        float[] x = Numbers.Uniform(1, 8 * 6);
        float[] weights = Numbers.Uniform(2, count, 0.5f);
        int[] labels = Numbers.Labels(3, 8, Classes);
        float[] targets = Numbers.Distributions(4, 8, Classes);
        Action[] calls =
        [
            () => trainer.Step(x, labels, weights),
            () => trainer.Step(x, targets, weights),
            () => trainer.ComputeGradients(x, labels, weights),
            () => trainer.ComputeGradients(x, targets, weights),
            () => trainer.AccumulateGradients(x, labels, weights),
            () => trainer.AccumulateGradients(x, targets, weights),
            () => Data(8, labels).WithWeights(weights),
        ];
        Assert.All(calls, call => Refusal.Names(call, "8 rows", "8 weights", $"not {count}"));
    }

    [Fact]
    public void AsManyThreadsAsAnIntCountsAreNoMoreThanThePoolTakes()
    {
        Dataset data = Data(256, Numbers.Labels(1, 256, Classes));
        using Network network = Build();
        using Network same = Build();
        FitOptions options = new() { Epochs = 1, Threads = int.MaxValue, Validation = data, BatchSize = FitOptions.FullBatch };
        network.Train(data, options);
        same.Train(data, options with { Threads = 1 });
        Bits.Equal(same.Predict(data.Features), network.Predict(data.Features), "outputs after training on too many threads");
    }

    [Fact]
    public void ANetworkOfTwoThousandLayersIsTrainedSavedAndLoaded()
    {
        NetworkBuilder builder = Network.Input(4);
        for (int layer = 0; layer < 2_000; layer++)
        {
            builder.Dense(4, Activation.Tanh);
        }

        Dataset data = Data(16, Numbers.Labels(1, 16, Classes));
        using Network network = builder.Dense(Classes, Activation.Softmax).Build(1);
        Dataset narrow = new(Numbers.Uniform(2, 16 * 4), 4, data.Labels.ToArray(), Classes);
        network.Train(narrow, new FitOptions { Epochs = 2, BatchSize = 16 });
        using MemoryStream file = new();
        network.Save(file);
        file.Position = 0;
        using Network loaded = Network.Load(file);
        Bits.Equal(network.Predict(narrow.Features), loaded.Predict(narrow.Features), "outputs of the loaded network");
    }

    private static unsafe bool Overlaps(Span<float> memory, (int At, int Rows, int Columns, int Pitch) x, (int At, int Rows, int Columns, int Pitch) y)
    {
        fixed (float* start = memory)
        {
            return Overlap.Of(
                new MatrixView((nint)(start + x.At), x.Rows, x.Columns, x.Pitch, IsPadded: false),
                new MatrixView((nint)(start + y.At), y.Rows, y.Columns, y.Pitch, IsPadded: false));
        }
    }

    private static Network Build() => Network.Input(6).Dense(12, Activation.Tanh).Dense(Classes, Activation.Softmax).Build(1);

    private static Dataset Data(int rows, int[] labels) => new(Numbers.Uniform(rows, rows * 6), 6, labels, Classes);

    private static void Train(Network network, Action<Trainer> use)
    {
        using Trainer trainer = new(network, new TrainerOptions());
        use(trainer);
    }

    private static void Frozen(Network network, Action<Predictor> use)
    {
        using Predictor predictor = network.Freeze();
        use(predictor);
    }

    /// <summary>Memory of the caller's own kind: what it does when it is asked for is what another thread may do at that moment.</summary>
    private sealed class Watched<T>(T[] values, Action asked) : MemoryManager<T>
    {
        public override Span<T> GetSpan()
        {
            asked();
            return values;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => values.AsMemory(elementIndex).Pin();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class Disposing(Network network, string when) : TrainingCallback
    {
        public static void If(bool isTime, Network network)
        {
            if (isTime)
            {
                network.Dispose();
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }

        public override void OnTrainBegin(TrainingProgress progress) => If(when == "train begin", network);

        public override void OnEpochBegin(TrainingProgress progress) => If(when == "epoch begin", network);

        public override void OnEpochEnd(TrainingProgress progress, in EpochReport report) => If(when == "epoch end", network);

        public override void OnBatchBegin(TrainingProgress progress) => If(when == "batch begin", network);

        public override void OnBatchEnd(TrainingProgress progress) => If(when == "batch end", network);
    }
}
