using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>The same training step, 784-128-10 with 128 rows, under each update rule; one thread.</summary>
public class OptimizerSuite : ICountsFlop
{
    private const int Rows = 128;
    private static readonly Workload work = Workload.Relu(784, 128, 10);

    private Network? network;
    private Trainer? trainer;
    private float[] x = [];
    private int[] labels = [];

    [Params("SGD", "momentum", "Nesterov", "Adam")]
    public string Rule { get; set; } = "SGD";

    public double Flop => work.StepFlop(Rows);

    [GlobalSetup]
    public void Setup()
    {
        network = work.Build();
        trainer = new Trainer(network, new TrainerOptions { Optimizer = Create(), Threads = 1 });
        x = Workload.Values(Rows * work.Inputs);
        labels = work.Labels(Rows);
    }

    [Benchmark]
    public float Train() => trainer!.Step(x, labels);

    [GlobalCleanup]
    public void Cleanup()
    {
        trainer?.Dispose();
        network?.Dispose();
    }

    private Optimizer Create() => Rule switch
    {
        "SGD" => new Sgd(1e-5f),
        "momentum" => new Sgd(1e-6f, momentum: 0.9f),
        "Nesterov" => new Sgd(1e-6f, momentum: 0.9f, nesterov: true),
        _ => new Adam(1e-7f),
    };
}
