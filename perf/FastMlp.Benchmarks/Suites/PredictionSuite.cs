using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>Prediction with whole networks, at one row and in batches.</summary>
public class PredictionSuite : ICountsFlop
{
    private Network? network;
    private Predictor? predictor;
    private float[] x = [];
    private float[] y = [];

    [Params("4-16-3", "8-32-32-1", "64-64-64-10", "784-128-10", "784-512-512-10")]
    public string Net { get; set; } = "784-128-10";

    [Params(1, 32, 256, 1024)]
    public int Rows { get; set; } = 1;

    public double Flop => Work.ForwardFlop(Rows);

    private Workload Work => Workload.Relu(Workload.Parse(Net)) is var relu && Net == "4-16-3" ? relu with { Hidden = Activation.Tanh, Output = Activation.Tanh } : relu;

    [GlobalSetup]
    public void Setup()
    {
        network = Work.Build();
        predictor = network.Freeze();
        x = Workload.Values(Rows * Work.Inputs);
        y = new float[Rows * Work.Outputs];
    }

    [Benchmark]
    public void Predict() => predictor!.Predict(x, y);

    [GlobalCleanup]
    public void Cleanup()
    {
        predictor?.Dispose();
        network?.Dispose();
    }
}
