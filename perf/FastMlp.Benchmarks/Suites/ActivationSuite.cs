using BenchmarkDotNet.Attributes;

namespace FastMlp.Benchmarks.Suites;

/// <summary>
/// A layer of two inputs and 512 units over 64 rows: nearly all of its time is the activation, 32,768 elements a call.
/// OperationsPerInvoke makes the mean the time of one element.
/// </summary>
public class ActivationSuite
{
    private const int Rows = 64;
    private const int Units = 512;

    private Network? network;
    private Predictor? predictor;
    private float[] x = [];
    private float[] y = [];

    [Params("identity", "relu", "leaky-relu", "elu", "selu", "sigmoid", "tanh", "gelu", "silu", "softplus", "softmax")]
    public string Function { get; set; } = "tanh";

    [GlobalSetup]
    public void Setup()
    {
        network = Network.Input(2).Dense(Units, Create(Function)).Build(seed: 1);
        predictor = network.Freeze();
        x = Workload.Values(Rows * 2);
        y = new float[Rows * Units];
    }

    [Benchmark(OperationsPerInvoke = Rows * Units)]
    public void Element() => predictor!.Predict(x, y);

    [GlobalCleanup]
    public void Cleanup()
    {
        predictor?.Dispose();
        network?.Dispose();
    }

    /// <summary>The activation of a name in the list above.</summary>
    internal static Activation Create(string function) => function switch
    {
        "identity" => Activation.Identity,
        "relu" => Activation.Relu,
        "leaky-relu" => Activation.LeakyRelu(),
        "elu" => Activation.Elu(),
        "selu" => Activation.Selu,
        "sigmoid" => Activation.Sigmoid,
        "tanh" => Activation.Tanh,
        "gelu" => Activation.Gelu,
        "silu" => Activation.Silu,
        "softplus" => Activation.Softplus,
        "softmax" => Activation.Softmax,
        _ => throw new InvalidOperationException($"No activation '{function}'."),
    };
}
