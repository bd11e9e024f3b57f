using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>The forward pass of one identity layer through the public API: m rows, k inputs, n units.</summary>
public class GemmSuite : ICountsFlop
{
    private Network? network;
    private Predictor? predictor;
    private float[] x = [];
    private float[] y = [];

    [Params("32-32-32", "64-64-64", "128-128-128", "256-256-256", "512-512-512", "1024-1024-1024", "2048-2048-2048",
        "32-128-784", "128-512-784", "128-512-512", "256-1024-1024")]
    public string Shape { get; set; } = "64-64-64";

    public double Flop => Workload.Parse(Shape).Aggregate(2.0, (product, size) => product * size);

    [GlobalSetup]
    public void Setup()
    {
        int[] mnk = Workload.Parse(Shape);
        network = Workload.Layer(mnk[2], mnk[1]).Build();
        predictor = network.Freeze();
        x = Workload.Values(mnk[0] * mnk[2]);
        y = new float[mnk[0] * mnk[1]];
    }

    [Benchmark]
    public void Forward() => predictor!.Predict(x, y);

    [GlobalCleanup]
    public void Cleanup()
    {
        predictor?.Dispose();
        network?.Dispose();
    }
}
