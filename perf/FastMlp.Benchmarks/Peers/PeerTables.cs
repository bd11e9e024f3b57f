namespace FastMlp.Benchmarks.Peers;

/// <summary>How a table shows its figures.</summary>
internal enum Unit
{
    Gflops,
    Microseconds,
    ThousandRows,
}

/// <summary>One case of a table.</summary>
/// <param name="Name">Unique in its table.</param>
/// <param name="Rows">Rows in a call.</param>
/// <param name="Flop">Operations in a call.</param>
/// <param name="Of">The work as a peer does it; null where it cannot.</param>
internal sealed record PeerCase(string Name, int Rows, double Flop, Func<Peer, Func<int, double>?> Of);

/// <summary>A table of the comparison.</summary>
/// <param name="Key">Its short name, for --only and for files.</param>
/// <param name="Title">With the unit.</param>
/// <param name="Unit">Of its figures.</param>
/// <param name="Cases">Its rows.</param>
internal sealed record PeerTable(string Key, string Title, Unit Unit, IReadOnlyList<PeerCase> Cases)
{
    public const string Gemm = "gemm";
    public const string Gradient = "gradient";
    public const string Row = "row";
    public const string Batch = "batch";
    public const string Step = "step";
    public const string Few = "few";
    public const string Two = "two";

    /// <summary>Units and inputs of the layer that is tried with every small batch, and the largest of these.</summary>
    public const int FewUnits = 512;
    public const int FewMost = 64;

    /// <summary>The one layer that all small batches go through.</summary>
    public static readonly Workload FewLayer = Workload.Layer(FewUnits, FewUnits);

    public const string EpochCase = "4-32-16-4, 10000 rows, Adam";
    public const string TrainCase = "train 784-512-512-10, 256 rows, SGD";
    public const string PredictCase = "predict 784-512-512-10, 256 rows";

    public static Workload Wide { get; } = Workload.Relu(784, 512, 512, 10);

    /// <summary>A pass over 10,000 rows as one batch, as SimpleChains.jl has it: two tanh layers, linear outputs, squared error.</summary>
    public static Workload Epoch { get; } = new([4, 32, 16, 4], Activation.Tanh, Activation.Identity);

    public const int EpochRows = 10_000;

    private static readonly Workload[] nets =
    [
        new([4, 16, 3], Activation.Tanh, Activation.Tanh),
        Workload.Relu(8, 32, 32, 1),
        Workload.Relu(64, 64, 64, 10),
        Workload.Relu(784, 128, 10),
        Wide,
    ];

    /// <summary>The networks that take MNIST's images.</summary>
    public static IReadOnlyList<Workload> DigitNets => nets[^2..];

    /// <summary>The tables of one thread, in their order. The last one is filled batch by batch in turns, peer after peer.</summary>
    /// <param name="digits">Real input for the rows that want some; null leaves those rows out.</param>
    public static IReadOnlyList<PeerTable> OneThread(Digits? digits) =>
    [
        new(Gemm, "One identity layer (a GEMM: m rows, n units, k inputs), GFLOP/s", Unit.Gflops,
        [
            .. new[] { 32, 64, 128, 256, 512, 1024, 2048 }.Select(size => Layer(size, size, size)),
            Layer(32, 128, 784), Layer(128, 512, 784), Layer(128, 512, 512), Layer(256, 1024, 1024),
        ]),
        new(Gradient, "The products of a backward pass (m rows, k inputs, n units), GFLOP/s", Unit.Gflops,
        [
            new("dW of 128 x 784 x 512", 128, 2.0 * 128 * 784 * 512, peer => peer.WeightGradient(128, 784, 512)),
            new("dX of 128 x 784 x 512", 128, 2.0 * 128 * 784 * 512, peer => peer.InputGradient(128, 784, 512)),
        ]),
        new(Row, "One row, microseconds", Unit.Microseconds, [.. nets.Select(net => Predict(net, 1)), .. OwnRows(digits)]),
        new(Batch, "Batches, thousand rows/s", Unit.ThousandRows,
            [.. nets.SelectMany(net => new[] { 32, 256, 1024 }.Select(rows => Predict(net, rows)))]),
        new(Step, "One training step, microseconds", Unit.Microseconds,
        [
            Train(32, false, 64, 64, 10), Train(32, false, 784, 128, 10), Train(128, false, 784, 128, 10),
            Train(128, false, 784, 512, 512, 10), Train(256, false, 784, 512, 512, 10), Train(128, true, 784, 128, 10),
        ]),
        new(Few, "Every small batch of one layer of 512 inputs and 512 units, microseconds", Unit.Microseconds,
            [.. Enumerable.Range(1, FewMost).Select(rows => Small(rows))]),
    ];

    /// <summary>The title and the unit of a table by its key, for a stored report.</summary>
    public static IReadOnlyList<PeerTable> Headings { get; } =
    [
        .. OneThread(null).Select(table => table with { Cases = [] }),
        new(Two, "Two threads, microseconds", Unit.Microseconds, []),
    ];

    public static string DigitsName(Workload net) => $"{net.Name}, MNIST digits";

    public static string HalfName(Workload net) => $"{net.Name}, bfloat16 weights";

    public static string StepName(int rows, bool adam, params int[] sizes) => $"{string.Join('-', sizes)}, {rows} rows, {(adam ? "Adam" : "SGD")}";

    public static string SmallName(int rows) => rows == 1 ? "1 row" : $"{rows} rows";

    /// <summary>What only FastMlp has. Its rivals' time does not hang on the numbers, so the case before stands for theirs.</summary>
    private static IEnumerable<PeerCase> OwnRows(Digits? digits)
    {
        foreach (Workload net in DigitNets)
        {
            if (digits is not null)
            {
                yield return new PeerCase(DigitsName(net), 1, net.ForwardFlop(1), peer => peer is FastMlpPeer ? FastMlpPeer.Digits(net, digits) : null);
            }

            yield return new PeerCase(HalfName(net), 1, net.ForwardFlop(1), peer => peer is FastMlpPeer ? FastMlpPeer.HalfWeights(net) : null);
        }
    }

    private static PeerCase Layer(int m, int n, int k)
    {
        Workload layer = Workload.Layer(k, n);
        return new PeerCase($"{m} x {n} x {k}", m, layer.ForwardFlop(m), peer => peer.Forward(layer, m));
    }

    private static PeerCase Small(int rows) =>
        new(SmallName(rows), rows, FewLayer.ForwardFlop(rows), peer => peer.Forward(FewLayer, rows));

    private static PeerCase Predict(Workload net, int rows) =>
        new(rows == 1 ? net.Name : $"{net.Name}, {rows} rows", rows, net.ForwardFlop(rows), peer => peer.Forward(net, rows));

    private static PeerCase Train(int rows, bool adam, params int[] sizes)
    {
        Workload net = Workload.Relu(sizes);
        return new PeerCase(StepName(rows, adam, sizes), rows, net.StepFlop(rows), peer => peer.Step(net, rows, adam));
    }
}
