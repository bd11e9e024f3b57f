using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>Every batch from 1 to 64 rows on one 512 x 512 layer: is there a cliff anywhere?</summary>
public class SmallBatchSuite : ICountsFlop
{
    private Network? network;
    private Predictor? predictor;
    private float[] x = [];
    private float[] y = [];

    [ParamsSource(nameof(AllRows))]
    public int Rows { get; set; } = 1;

    public static IEnumerable<int> AllRows => Enumerable.Range(1, 64);

    public double Flop => Workload.Layer(512, 512).ForwardFlop(Rows);

    [GlobalSetup]
    public void Setup()
    {
        network = Workload.Layer(512, 512).Build();
        predictor = network.Freeze();
        x = Workload.Values(Rows * 512);
        y = new float[Rows * 512];
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
