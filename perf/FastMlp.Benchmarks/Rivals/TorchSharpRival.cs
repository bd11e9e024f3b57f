using System.Reflection;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using TorchTensor = TorchSharp.torch.Tensor;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>TorchSharp on libtorch for CPUs, in inference mode for predictions.</summary>
internal sealed class TorchSharpRival : Rival
{
    public TorchSharpRival(int threads = 1)
    {
        try
        {
            set_num_threads(threads);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            throw new RivalAbsentException("TorchSharp: libtorch does not load here. It needs a build with -p:LibTorch=true and the libstdc++ of GCC 13 or later; tools/install-peers.sh says how.");
        }

        Threads = threads;
    }

    private int Threads { get; }

    public override string Name => Threads == 1 ? "TorchSharp" : $"TorchSharp, {Threads} threads";

    public override string Version { get; } =
        $"{typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]} (libtorch {__version__})";

    public override Func<int, double>? Predict(Net net, int rows)
    {
        if (Threads > 1)
        {
            return null;
        }

        Sequential model = Build(net, withOutput: true);
        model.eval();
        TorchTensor x = tensor(Net.Values(rows * net.Inputs), [rows, net.Inputs]);
        float[] y = new float[rows * net.Outputs];
        return Repeat(() =>
        {
            using IDisposable mode = inference_mode();
            using DisposeScope scope = NewDisposeScope();
            model.forward(x).data<float>().CopyTo(y);
        });
    }

    public override Func<int, double> Step(Net net, int rows, bool adam)
    {
        // The cross-entropy takes logits.
        Sequential model = Build(net, withOutput: false);
        optim.Optimizer optimizer = adam ? optim.Adam(model.parameters(), AdamRate) : optim.SGD(model.parameters(), SgdRate);
        TorchTensor x = tensor(Net.Values(rows * net.Inputs), [rows, net.Inputs]);
        TorchTensor labels = tensor(net.Labels(rows).Select(label => (long)label).ToArray());
        return Repeat(() =>
        {
            using DisposeScope scope = NewDisposeScope();
            set_num_threads(Threads);
            optimizer.zero_grad();
            TorchTensor loss = nn.functional.cross_entropy(model.forward(x), labels);
            loss.backward();
            optimizer.step();
        });
    }

    private static Sequential Build(Net net, bool withOutput)
    {
        List<(string, nn.Module<TorchTensor, TorchTensor>)> modules = [];
        for (int layer = 1; layer <= net.Layers; layer++)
        {
            modules.Add(($"dense{layer}", nn.Linear(net.Sizes[layer - 1], net.Sizes[layer])));
            Activation activation = layer < net.Layers ? net.Hidden : withOutput ? net.Output : Activation.Identity;
            if (activation == Activation.Relu)
            {
                modules.Add(($"activation{layer}", nn.ReLU()));
            }
            else if (activation == Activation.Tanh)
            {
                modules.Add(($"activation{layer}", nn.Tanh()));
            }
            else if (activation == Activation.Softmax)
            {
                modules.Add(($"activation{layer}", nn.Softmax(1)));
            }
        }

        return nn.Sequential(modules);
    }
}
