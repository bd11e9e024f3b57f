using FastMlp.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace FastMlp.ServingBench;

/// <summary>The network that is served: 30-64-32-3, and the same in ONNX Runtime on one thread.</summary>
internal static class Sample
{
    public const int Inputs = 30, Outputs = 3;

    public static Network Network(int seed = 1) => FastMlp.Network.Input(Inputs).Dense(64, Activation.Relu).Dense(32, Activation.Relu).Dense(Outputs, Activation.Softmax).Build(seed);

    public static float[] Rows(int rows)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, rows * Inputs).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    public static InferenceSession Session()
    {
        string path = Path.GetTempFileName();
        try
        {
            using Network network = Network();
            OnnxModel.Save(network, path);
            using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
            return new InferenceSession(File.ReadAllBytes(path), options);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
