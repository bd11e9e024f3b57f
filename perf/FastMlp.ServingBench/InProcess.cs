using System.Globalization;
using FastMlp.Measuring;
using Microsoft.ML.OnnxRuntime;

namespace FastMlp.ServingBench;

/// <summary>One row at a steady rate, FastMlp and ONNX Runtime in turns, beside a thread that allocates.</summary>
internal static class InProcess
{
    private const int Rounds = 5;

    public static int Run(double seconds, double rate)
    {
        using Network network = Sample.Network();
        using Predictor predictor = network.Freeze();
        using LiveModel live = new();
        live.Publish(network);
        float[] x = Sample.Rows(1), y = new float[Sample.Outputs], bound = new float[Sample.Outputs];
        using InferenceSession session = Sample.Session();
        using OrtIoBinding binding = session.CreateIoBinding();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(x, [1, Sample.Inputs]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(bound, [1, Sample.Outputs]);
        binding.BindInput(session.InputNames[0], input);
        binding.BindOutput(session.OutputNames[0], output);
        using RunOptions options = new();
        (string Name, Action Call)[] systems =
        [
            ("Predictor", () => predictor.Predict(x, y)),
            ("LiveModel", () => live.Predict(x, y)),
            ("ONNX Runtime, IoBinding", () => session.RunWithBinding(options, binding)),
        ];
        predictor.Warmup();
        foreach ((_, Action call) in systems)
        {
            new OpenLoop().Run(call, rate, 1);
        }

        if (y.Zip(bound).Any(pair => MathF.Abs(pair.First - pair.Second) > 1e-5f))
        {
            Console.Error.WriteLine("the systems answer differently");
            return 1;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Processor.Name}, {InstructionSet.Name}; 30-64-32-3, one row, {rate} calls a second beside an allocating thread, {Rounds} rounds of {seconds} s in turns"));
        using CancellationTokenSource done = new();
        Thread allocating = new(() =>
        {
            byte[][] kept = new byte[256][];
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                kept[i % kept.Length] = new byte[10_000];
                Thread.Sleep(0);
            }
        });
        allocating.Start();
        OpenLoop[] loops = [.. systems.Select(_ => new OpenLoop())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < systems.Length; i++)
            {
                loops[i].Run(systems[i].Call, rate, seconds);
            }
        }

        done.Cancel();
        allocating.Join();
        Console.WriteLine($"{"",-24} {"p50 us",8} {"p99",8} {"p99.9",9} {"p99.99",9} {"most",9}");
        for (int i = 0; i < systems.Length; i++)
        {
            Latencies seen = loops[i].Summary();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{systems[i].Name,-24} {1e6 * seen.P50,8:0.00} {1e6 * seen.P99,8:0.0} {1e6 * seen.P999,9:0.0} {1e6 * seen.P9999,9:0.0} {1e6 * seen.Most,9:0.0}"));
        }

        return 0;
    }
}
