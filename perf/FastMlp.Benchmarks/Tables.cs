using FastMlp.Benchmarks.Rivals;
using FastMlp.Measuring;

namespace FastMlp.Benchmarks;

/// <summary>How a table shows its figures.</summary>
internal enum Unit
{
    Microseconds,
    ThousandRows,
    Gflops,
}

/// <summary>One case of a table.</summary>
/// <param name="Name">Unique in its table.</param>
/// <param name="Rows">In a call.</param>
/// <param name="Flop">In a call.</param>
/// <param name="Of">The work as a rival does it; null where it cannot.</param>
internal sealed record Case(string Name, int Rows, double Flop, Func<Rival, Func<int, double>?> Of);

/// <summary>A table of the comparison.</summary>
/// <param name="Key">Its name on the command line and in files.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Unit">Of its figures.</param>
/// <param name="Cases">Its rows.</param>
internal sealed record Table(string Key, string Title, Unit Unit, IReadOnlyList<Case> Cases)
{
    public const string OneRow = "row";
    public const string Batches = "batch";
    public const string Steps = "step";
    public const string Threads = "threads";

    private static readonly Net wide = Net.Relu(784, 512, 512, 10);
    private static readonly Net[] nets = [Net.Tanh(4, 16, 3), Net.Relu(8, 32, 32, 1), Net.Relu(64, 64, 64, 10), Net.Relu(784, 128, 10), wide];

    public static IReadOnlyList<Table> All { get; } =
    [
        new(OneRow, "One row", Unit.Microseconds, [.. nets.Select(net => Predict(net, 1))]),
        new(Batches, "Batches", Unit.ThousandRows, [.. nets.SelectMany(net => new[] { 32, 256, 1024 }.Select(rows => Predict(net, rows)))]),
        new(Steps, "One training step", Unit.Microseconds,
        [
            Train(Net.Relu(64, 64, 10), 32, adam: false), Train(Net.Relu(64, 64, 10), 32, adam: true),
            Train(Net.Relu(784, 128, 10), 128, adam: false), Train(Net.Relu(784, 128, 10), 128, adam: true),
            Train(wide, 256, adam: false), Train(wide, 256, adam: true),
        ]),
        new("layer", "One layer without activation: rows x units x inputs", Unit.Gflops,
        [
            .. new[] { 32, 64, 128, 256, 512, 1024, 2048 }.Select(size => Layer(size, size, size)),
            .. new[] { 1, 2, 3, 4, 6, 8, 16, 32, 64 }.Select(rows => Layer(rows, 512, 512)),
        ]),
        new(Threads, "One training step on two cores (shares are of one core's peak)", Unit.Microseconds, [Train(wide, 256, adam: false)]),
    ];

    private static Case Predict(Net net, int rows) =>
        new(rows == 1 ? net.Name : $"{net.Name}, {rows} rows", rows, Flops.Forward(net.Sizes, rows), rival => rival.Predict(net, rows));

    private static Case Train(Net net, int rows, bool adam) =>
        new($"{net.Name}, {rows} rows, {(adam ? "Adam" : "SGD")}", rows, Flops.TrainingStep(net.Sizes, rows), rival => rival.Step(net, rows, adam));

    private static Case Layer(int rows, int units, int inputs)
    {
        Net net = Net.Layer(inputs, units);
        return new Case($"{rows} x {units} x {inputs}", rows, Flops.Forward(net.Sizes, rows), rival => rival.Predict(net, rows));
    }
}
