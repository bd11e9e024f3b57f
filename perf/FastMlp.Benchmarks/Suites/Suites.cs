using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>One network, its inputs and what its run needs: set up before the calls that are timed.</summary>
public abstract class Suite
{
    private Network? network;
    private Predictor? predictor;
    private Trainer? trainer;
    private float[] x = [];
    private float[] y = [];
    private int[] labels = [];

    [GlobalCleanup]
    public void Cleanup()
    {
        trainer?.Dispose();
        predictor?.Dispose();
        network?.Dispose();
    }

    private protected void Prepare(Net net, int rows, Optimizer? optimizer = null)
    {
        network = net.Build();
        x = Net.Values(rows * net.Inputs);
        y = new float[rows * net.Outputs];
        labels = net.Labels(rows);
        if (optimizer is null)
        {
            predictor = network.Freeze();
        }
        else
        {
            trainer = new Trainer(network, new TrainerOptions { Optimizer = optimizer, Threads = 1 });
        }
    }

    private protected void Predict() => predictor!.Predict(x, y);

    private protected float Train() => trainer!.Step(x, labels);
}

/// <summary>One layer without activation: m rows, n units, k inputs.</summary>
public class LayerSuite : Suite
{
    [Params("1-512-512", "2-512-512", "5-512-512", "32-32-32", "64-64-64", "128-128-128", "256-256-256", "512-512-512", "1024-1024-1024", "32-128-784", "128-512-784")]
    public string Shape { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        int[] mnk = [.. Shape.Split('-').Select(int.Parse)];
        Prepare(Net.Layer(mnk[2], mnk[1]), mnk[0]);
    }

    [Benchmark]
    public void Forward() => Predict();
}

/// <summary>Whole networks, from one row to many.</summary>
public class PredictionSuite : Suite
{
    [Params("4-16-3", "8-32-32-1", "64-64-64-10", "784-128-10", "784-512-512-10")]
    public string Network { get; set; } = "";

    [Params(1, 32, 256, 1024)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup() => Prepare(Net.Parse(Network), Rows);

    [Benchmark]
    public void Forward() => Predict();
}

/// <summary>One training step: forward, softmax cross-entropy, backward, update.</summary>
public class TrainingSuite : Suite
{
    [Params("64-64-10 x 32", "784-128-10 x 128", "784-512-512-10 x 256")]
    public string Batch { get; set; } = "";

    [Params("SGD", "momentum", "Adam")]
    public string Rule { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        string[] parts = Batch.Split(" x ");
        Prepare(Net.Parse(parts[0]), int.Parse(parts[1]), Rule switch
        {
            "SGD" => new Sgd(1e-5f),
            "momentum" => new Sgd(1e-6f, momentum: 0.9f),
            _ => new Adam(1e-7f),
        });
    }

    [Benchmark]
    public float Step() => Train();
}

/// <summary>A layer of two inputs and 512 units over 64 rows is nearly all activation. The mean is the time of one element.</summary>
public class ActivationSuite : Suite
{
    private const int Rows = 64;
    private const int Units = 512;

    private static readonly Activation[] all =
    [
        Activation.Identity, Activation.Relu, Activation.LeakyRelu(), Activation.Elu(), Activation.Selu, Activation.Sigmoid,
        Activation.Tanh, Activation.Gelu, Activation.Silu, Activation.Softplus, Activation.Softmax,
    ];

    public static IEnumerable<string> Functions => all.Select(activation => activation.ToString());

    [ParamsSource(nameof(Functions))]
    public string Function { get; set; } = "";

    [GlobalSetup]
    public void Setup() => Prepare(new Net([2, Units], default, all.Single(activation => activation.ToString() == Function)), Rows);

    [Benchmark(OperationsPerInvoke = Rows * Units)]
    public void Element() => Predict();
}
