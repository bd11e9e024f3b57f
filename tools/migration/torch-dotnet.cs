#:package TorchSharp@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:property PublishAot=false
#:property InvariantGlobalization=true
// Facts about TorchSharp, each checked by running it.
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine("program|TorchSharp 0.107.0");
random.manual_seed(1);
nn.Module<Tensor, Tensor> layer = nn.Linear(100, 400);
foreach (Tensor values in layer.parameters())
{
    float largest = values.abs().max().item<float>();
    Check(largest is > 0.095f and <= 0.1f, $"start {largest}");
}

Console.WriteLine("start|as PyTorch: weights and biases from U(-r, r), r = 1 / sqrt(inputs)");
TorchSharp.Modules.Parameter w = new(zeros(1));
using optim.Optimizer adam = optim.Adam([w]);
w.grad = tensor(new[] { 1e-8f });
adam.step();
Check(Math.Abs(w.item<float>() + 0.0005f) < 1e-7, $"adam {w.item<float>()}");
Console.WriteLine("optimizer|Adam: rate 0.001, epsilon 1e-8 added to the root");
TorchSharp.Modules.Parameter v = new(ones(1));
using optim.Optimizer sgd = optim.SGD([v], 0.5, weight_decay: 0.1);
v.grad = zeros(1);
sgd.step();
Check(Math.Abs(v.item<float>() - 0.95f) < 1e-6, $"decay {v.item<float>()}");
Console.WriteLine("decay|as PyTorch: added to the gradient of every step, biases too");
string path = Path.GetTempFileName();
nn.Sequential(("0", nn.Linear(2, 3)), ("1", nn.Tanh())).save(path);
byte[] bytes = File.ReadAllBytes(path);
File.Delete(path);
Check(bytes[0] == 2 && bytes[1] == 8 && System.Text.Encoding.ASCII.GetString(bytes, 2, 8) == "0.weight", "file");
Console.WriteLine("classes|as PyTorch; `save` writes names and values in a format of its own, without activations");

static void Check(bool holds, string what)
{
    if (!holds)
    {
        throw new InvalidOperationException(what);
    }
}
