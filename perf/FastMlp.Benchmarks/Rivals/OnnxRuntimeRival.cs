using FastMlp.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>ONNX Runtime on the model that FastMlp.Onnx exports, one thread: as its C# users call it, or with input and output bound once.</summary>
internal sealed class OnnxRuntimeRival(bool binds) : Rival
{
    public override string Name => binds ? "ONNX Runtime, bound" : "ONNX Runtime, Run";

    public override string Version { get; } = OrtEnv.Instance().GetVersionString();

    public override Func<int, double> Predict(Net net, int rows)
    {
        OnnxExportOptions names = new();
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL };
        using MemoryStream model = new();
        using Network network = net.Build();
        OnnxModel.Save(network, model, names);
        InferenceSession session = new(model.ToArray(), options);
        float[] x = Net.Values(rows * net.Inputs), y = new float[rows * net.Outputs];
        long[] inputShape = [rows, net.Inputs];
        RunOptions run = new();
        if (binds)
        {
            OrtIoBinding binding = session.CreateIoBinding();
            binding.BindInput(names.InputName, OrtValue.CreateTensorValueFromMemory(x, inputShape));
            binding.BindOutput(names.OutputName, OrtValue.CreateTensorValueFromMemory(y, [rows, net.Outputs]));
            return Repeat(() => session.RunWithBinding(run, binding));
        }

        string[] inputs = [names.InputName], outputs = [names.OutputName];
        return Repeat(() =>
        {
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(x, inputShape);
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, inputs, [input], outputs);
            results[0].GetTensorDataAsSpan<float>().CopyTo(y);
        });
    }
}
