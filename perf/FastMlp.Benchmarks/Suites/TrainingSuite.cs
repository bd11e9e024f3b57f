using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>One training step: forward, softmax cross-entropy, backward, update; one thread.</summary>
public class TrainingSuite : ICountsFlop
{
    private Network? network;
    private Trainer? trainer;
    private float[] x = [];
    private int[] labels = [];

    [Params("64-64-10 x 32", "784-128-10 x 32", "784-128-10 x 128", "784-512-512-10 x 128", "784-512-512-10 x 256")]
    public string Step { get; set; } = "784-128-10 x 128";

    [Params("SGD", "Adam")]
    public string Rule { get; set; } = "SGD";

    public double Flop => Work.StepFlop(Rows);

    private Workload Work => Workload.Relu(Workload.Parse(Step.Split(" x ")[0]));

    private int Rows => int.Parse(Step.Split(" x ")[1]);

    [GlobalSetup]
    public void Setup()
    {
        network = Work.Build();
        trainer = new Trainer(network, new TrainerOptions { Optimizer = Rule == "SGD" ? new Sgd(1e-5f) : new Adam(1e-7f), Threads = 1 });
        x = Workload.Values(Rows * Work.Inputs);
        labels = Work.Labels(Rows);
    }

    [Benchmark]
    public float Train() => trainer!.Step(x, labels);

    [GlobalCleanup]
    public void Cleanup()
    {
        trainer?.Dispose();
        network?.Dispose();
    }
}
