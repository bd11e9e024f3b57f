using System.Reflection;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Benchmarks.Peers;

/// <summary>FastMlp through its public API; the two products of the backward pass, which have none, through the layers behind it.</summary>
internal sealed unsafe class FastMlpPeer : Peer
{
    /// <summary>
    /// Different rows that single-row calls go through in turn: one row again and again would teach the branch predictor where its
    /// zeros are. A power of two; few enough that they leave the weights their place in L2.
    /// </summary>
    private const int DenseRows = 16;

    /// <summary>The same for real digits, whose zeros are the point.</summary>
    private const int DigitRows = 64;

    /// <summary>Such that the weights, and with them the work, stay what they are.</summary>
    private const float SgdRate = 1e-5f;
    private const float AdamRate = 1e-7f;

    private static readonly List<AlignedBuffer> kept = [];

    public override string Name => PeerReport.Own;

    public override string Version { get; } = typeof(Network).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override bool IsManaged => true;

    public override Func<int, double> Forward(Workload work, int rows) => rows == 1
        ? OneRow(work.Build().Freeze(), Workload.Values(DenseRows * work.Inputs), DenseRows)
        : Batch(work.Build().Freeze(), rows);

    public override IReadOnlyList<Func<int, double>> Forward(Workload work, IReadOnlyList<int> rows)
    {
        Predictor predictor = work.Build().Freeze();
        return [.. rows.Select(count => Batch(predictor, count))];
    }

    /// <summary>One dense row after another through weights in bfloat16.</summary>
    public static Func<int, double> HalfWeights(Workload work) =>
        OneRow(work.Build().Freeze(WeightFormat.BFloat16), Workload.Values(DenseRows * work.Inputs), DenseRows);

    /// <summary>One digit after another through a network that was trained on them.</summary>
    public static Func<int, double> Digits(Workload work, Digits digits) =>
        OneRow(digits.Trained(work).Freeze(), digits.Test.Features[..(DigitRows * work.Inputs)].ToArray(), DigitRows);

    public override Func<int, double> Step(Workload work, int rows, bool adam) => Step(work, rows, adam, threads: 1);

    public static Func<int, double> Step(Workload work, int rows, bool adam, int threads)
    {
        Optimizer optimizer = adam ? new Adam(AdamRate) : new Sgd(SgdRate);
        Trainer trainer = new(work.Build(), new TrainerOptions { Optimizer = optimizer, Threads = threads });
        int count = rows * work.Inputs;
        float* x = Workload.Aligned(Workload.Values(count));
        if (work.Output == Activation.Identity)
        {
            float[] targets = Workload.Values(rows * work.Outputs, 2);
            return Repeat(() => trainer.Step(new ReadOnlySpan<float>(x, count), targets));
        }

        int[] labels = work.Labels(rows);
        return Repeat(() => trainer.Step(new ReadOnlySpan<float>(x, count), labels));
    }

    /// <summary>Two callers with half of the rows each, one predictor.</summary>
    public static Func<int, double> ForwardByTwo(Workload work, int rows, SecondThread second)
    {
        Predictor predictor = work.Build().Freeze();
        Action<int> first = Half(), other = Half();
        return repeats => second.RunBoth(first, other, repeats);

        Action<int> Half()
        {
            int inputs = rows / 2 * work.Inputs, outputs = rows / 2 * work.Outputs;
            float* x = Workload.Aligned(Workload.Values(inputs)), y = Workload.Aligned(new float[outputs]);
            return repeats =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    predictor.Predict(new ReadOnlySpan<float>(x, inputs), new Span<float>(y, outputs));
                }
            };
        }
    }

    public override Func<int, double> WeightGradient(int rows, int inputs, int units)
    {
        Network network = Network.Input(inputs).Dense(units, Activation.Identity, Bias.None).Build(seed: 1);
        DenseLayer layer = network.Stack.Layers[0];
        AlignedBuffer gradients = new(network.Stack.ParameterLength);
        MatrixView x = Filled(rows, inputs, inputs, seed: 1), delta = Filled(rows, units, layer.Stride, seed: 2);
        return Repeat(() =>
        {
            layer.Gradient(gradients.Pointer, x, delta, threads: 1);
            GC.KeepAlive(gradients);
        });
    }

    /// <summary>W is turned panel by panel inside the product: that is in the time.</summary>
    public override Func<int, double> InputGradient(int rows, int inputs, int units)
    {
        Network network = Network.Input(1).Dense(inputs, Activation.Identity, Bias.None).Dense(units, Activation.Identity, Bias.None).Build(seed: 1);
        DenseLayer below = network.Stack.Layers[0], layer = network.Stack.Layers[1];
        AlignedBuffer gradients = new(network.Stack.ParameterLength);
        MatrixView next = Filled(rows, units, layer.Stride, seed: 1), a = Filled(rows, inputs, below.Stride, seed: 2), delta = Filled(rows, inputs, below.Stride, seed: 3);
        return Repeat(() =>
        {
            float* parameters = network.Parameters.Pointer;
            below.PullDelta(parameters, gradients.Pointer, layer, next, a, a, delta, threads: 1);
            GC.KeepAlive(network);
            GC.KeepAlive(gradients);
        });
    }

    private static Func<int, double> Batch(Predictor predictor, int rows)
    {
        int inputs = rows * predictor.InputSize, outputs = rows * predictor.OutputSize;
        float* x = Workload.Aligned(Workload.Values(inputs)), y = Workload.Aligned(new float[outputs]);
        return Repeat(() => predictor.Predict(new ReadOnlySpan<float>(x, inputs), new Span<float>(y, outputs)));
    }

    private static Func<int, double> OneRow(Predictor predictor, float[] values, int rows)
    {
        int inputs = predictor.InputSize, outputs = predictor.OutputSize;
        float* x = Workload.Aligned(values), y = Workload.Aligned(new float[outputs]);
        int next = 0;
        return Timed(repeats =>
        {
            for (int i = 0; i < repeats; i++)
            {
                next = (next + 1) & (rows - 1);
                predictor.Predict(new ReadOnlySpan<float>(x + (next * inputs), inputs), new Span<float>(y, outputs));
            }
        });
    }

    /// <summary>Rows in native memory that lives as long as the program: a measurement, not a library.</summary>
    private static MatrixView Filled(int rows, int columns, nint stride, int seed)
    {
        AlignedBuffer buffer = new(rows * stride);
        kept.Add(buffer);
        float[] values = Workload.Values(rows * columns, seed);
        for (int row = 0; row < rows; row++)
        {
            values.AsSpan(row * columns, columns).CopyTo(buffer.Span[(int)(row * stride)..]);
        }

        return new MatrixView((nint)buffer.Pointer, rows, columns, stride, IsPadded: stride != columns);
    }
}
