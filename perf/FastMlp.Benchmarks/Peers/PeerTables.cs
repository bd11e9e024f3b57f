namespace FastMlp.Benchmarks.Peers;

/// <summary>How a table shows its figures.</summary>
internal enum Unit
{
    Gflops,
    Microseconds,
    ThousandRows,
}

/// <summary>One case of a table.</summary>
internal sealed record PeerCase(string Name, Workload Work, int Rows, bool Training, bool Adam)
{
    public double Flop => Training ? Work.StepFlop(Rows) : Work.ForwardFlop(Rows);

    public Func<int, double>? Of(Peer peer) => Training ? peer.Step(Work, Rows, Adam) : peer.Forward(Work, Rows);
}

/// <summary>A table of the comparison.</summary>
internal sealed record PeerTable(string Key, string Title, Unit Unit, IReadOnlyList<PeerCase> Cases)
{
    public static IReadOnlyList<PeerTable> All { get; } =
    [
        new("gemm", "One identity layer (a GEMM, m rows, n units, k inputs), GFLOP/s", Unit.Gflops,
        [
            .. new[] { 32, 64, 128, 256, 512, 1024, 2048 }.Select(size => Gemm(size, size, size)),
            Gemm(32, 128, 784), Gemm(128, 512, 784), Gemm(128, 512, 512), Gemm(256, 1024, 1024),
        ]),
        new("row", "One row, microseconds", Unit.Microseconds, [.. Nets.Select(net => Predict(net, 1))]),
        new("batch", "Batches, thousand rows/s", Unit.ThousandRows,
            [.. Nets.SelectMany(net => new[] { 32, 256, 1024 }.Select(rows => Predict(net, rows)))]),
        new("step", "One training step, microseconds", Unit.Microseconds,
        [
            Step(32, false, 64, 64, 10), Step(32, false, 784, 128, 10), Step(128, false, 784, 128, 10),
            Step(128, false, 784, 512, 512, 10), Step(256, false, 784, 512, 512, 10), Step(128, true, 784, 128, 10),
        ]),
    ];

    private static Workload[] Nets =>
    [
        new([4, 16, 3], Activation.Tanh, Activation.Tanh),
        Workload.Relu(8, 32, 32, 1),
        Workload.Relu(64, 64, 64, 10),
        Workload.Relu(784, 128, 10),
        Workload.Relu(784, 512, 512, 10),
    ];

    private static PeerCase Gemm(int m, int n, int k) => new($"{m} x {n} x {k}", Workload.Layer(k, n), m, false, false);

    private static PeerCase Predict(Workload net, int rows) =>
        new(rows == 1 ? net.Name : $"{net.Name}, {rows} rows", net, rows, false, false);

    private static PeerCase Step(int rows, bool adam, params int[] sizes) =>
        new($"{string.Join('-', sizes)}, {rows} rows, {(adam ? "Adam" : "SGD")}", Workload.Relu(sizes), rows, true, adam);
}
