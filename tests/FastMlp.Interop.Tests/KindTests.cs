using System.Text.Json;
using FastMlp.Interop.Keras;
using FastMlp.Interop.PyTorch;

namespace FastMlp.Interop.Tests;

/// <summary>The activations of FastMlp are known by the names that Keras and PyTorch have for them.</summary>
public class KindTests
{
    /// <summary>Neither library has a step, nor a sigmoid between other limits.</summary>
    private static readonly string[] ours = ["step", "scaled-sigmoid"];

    public static TheoryData<string> Names => [.. Activation.Spellings.Select(spelling => spelling.Split('[')[0]).Except(ours)];

    /// <summary>torch.nn.LeakyReLU, torch.nn.Hardswish: the name without hyphens, in whatever case.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void PyTorchsNameIsRead(string name)
    {
        if (name == "prelu")
        {
            return; // a module with a weight, which its reader takes
        }

        Assert.True(Activation.TryParse(name, out Activation expected));
        string type = name switch { "leaky-relu" => "LeakyReLU", "elu" => "ELU", "gelu" => "GELU", _ => name.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() };
        Assert.Equal(expected, TorchActivation.Of(type, (_, otherwise) => otherwise, approximate: null));
    }

    /// <summary>keras.activations.hard_swish: the name with underscores for hyphens.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void KerassNameIsRead(string name)
    {
        if (name == "prelu")
        {
            return; // a layer with weights, which its reader takes
        }

        Assert.True(Activation.TryParse(name, out Activation expected));
        using JsonDocument config = JsonDocument.Parse($$"""{"activation": "{{name.Replace('-', '_')}}"}""");

        // Keras's slope is 0.2 where none is given.
        Assert.Equal(name == "leaky-relu" ? Activation.LeakyRelu(0.2f) : expected, new KerasLayer("dense", "Dense", config.RootElement).Activation());
    }
}
