using System.Reflection;
using FastMlp.Onnx.Export;
using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

/// <summary>What FastMlp has can be written: a kind that is forgotten in a table fails here by its name.</summary>
public class KindTests
{
    [Fact]
    public void EveryActivationHasAForm() =>
        Assert.Equal(ExportTests.Activations.Values.Select(activation => activation.Name).Distinct().Order(), ActivationForms.Names.Order());

    [Fact]
    public void EveryLayerHasAForm()
    {
        // A residual block is laid flat: its layers, and the sum at its end.
        IEnumerable<Type> kinds = typeof(LayerSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(LayerSpec)) && !type.IsAbstract && type != typeof(ResidualSpec));
        Assert.Equal(kinds.Select(type => type.Name).Order(), LayerForms.Kinds.Select(type => type.Name).Order());
    }

    /// <summary>The methods of the builder that need no argument: BatchNorm(), LayerNorm().</summary>
    public static TheoryData<string> Plain => [.. PlainMethods.Keys];

    private static Dictionary<string, MethodInfo> PlainMethods { get; } = typeof(NetworkBuilder).GetMethods()
        .Where(method => method.ReturnType == typeof(NetworkBuilder) && method.GetParameters().All(parameter => parameter.HasDefaultValue))
        .ToDictionary(method => method.Name);

    /// <summary>Such a layer before, between and behind dense ones, with numbers in it, answers alike in ONNX Runtime and when it comes back.</summary>
    [Theory]
    [MemberData(nameof(Plain))]
    public void ALayerIsWrittenAndReadAgain(string name)
    {
        MethodInfo method = PlainMethods[name];
        NetworkBuilder Add(NetworkBuilder builder) => (NetworkBuilder)method.Invoke(builder, [.. method.GetParameters().Select(parameter => parameter.DefaultValue)])!;
        using Network network = Add(Add(Add(Network.Input(5)).Dense(7)).Activate(Activation.Tanh).Dense(6, Activation.Gelu)).Dense(3).Build(seed: 1);
        int seed = 10;
        foreach (Tensor tensor in network.Tensors.Where(tensor => tensor.Role is not (TensorRole.Weight or TensorRole.RunningVariance)))
        {
            tensor.CopyFrom(GraphText.Numbers(tensor.Length, seed++));
        }

        byte[] file = ExportTests.Bytes(network);
        using Network back = OnnxModel.Load(new MemoryStream(file));
        float[] x = GraphText.Numbers(5 * 40, 4, scale: 2);
        Close.Equal(network.Predict(x), back.Predict(x), name);
        Close.Equal(OnnxRuntime.Run(file, x, "output"), network.Predict(x), name);
    }
}
