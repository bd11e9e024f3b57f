using FastMlp.Tests.Support;

namespace FastMlp.Tests.Layers;

/// <summary>Networks of every kind of layer in every neighbourhood, with seeded numbers in all of them.</summary>
internal static class Mixtures
{
    private static readonly Dictionary<string, Action<NetworkBuilder>> bodies = new()
    {
        ["batch norm first"] = b => b.BatchNorm().Dense(13, Activation.Tanh),
        ["layer norm first"] = b => b.LayerNorm().Dense(13, Activation.Tanh),
        ["batch norm behind a linear layer"] = b => b.Dense(17).BatchNorm().Activate(Activation.Relu).Dense(9, bias: Bias.None).BatchNorm().Activate(Activation.Gelu),
        ["batch norm behind an activation"] = b => b.Dense(17, Activation.Silu).BatchNorm(0.3f, 1e-3f).Dense(33, Activation.Tanh, Bias.Shared).BatchNorm(),
        ["batch norm between activations"] = b => b.Dense(12, Activation.Tanh).BatchNorm().Activate(Activation.Sigmoid).BatchNorm().Activate(Activation.Elu()),
        ["layer norm everywhere"] = b => b.Dense(17).LayerNorm().Activate(Activation.Gelu).Dense(40, Activation.PRelu()).LayerNorm(0.01f),
        ["one feature"] = b => b.Dense(1).BatchNorm().Activate(Activation.Tanh).Dense(8),
        ["residual on the input"] = b => b.Residual(r => r.Dense(20, Activation.Tanh).Dense(9)),
        ["residual behind an activation"] = b => b.Dense(12, Activation.Gelu).Residual(r => r.Dense(30, Activation.Sigmoid).Dense(12)).Activate(Activation.Tanh),
        ["residual projected"] = b => b.Dense(12, Activation.Tanh).Residual(r => r.Dense(30, Activation.Silu).Dense(21)).Residual(r => r.Dense(5)),
        ["residual projected from the input"] = b => b.Residual(r => r.Dense(14, Activation.Tanh)),
        ["residuals nested"] = b => b.Dense(12, Activation.Tanh).Residual(r => r.Residual(s => s.Dense(7, Activation.Tanh).Residual(t => t.Dense(12)))),
        ["residual of norms alone"] = b => b.Dense(12, Activation.ScaledSigmoid(1.2f, 0.7f, learnable: true)).Residual(r => r.LayerNorm()).Residual(r => r.BatchNorm()),
        ["residual with norms"] = b => b.Dense(24).Residual(r => r.LayerNorm().Dense(48, Activation.Gelu).Dense(24)).Residual(r => r.Dense(24).BatchNorm().Activate(Activation.Tanh).Dense(24).BatchNorm()).LayerNorm(),
        ["residual with dropout"] = b => b.Dropout(0.2f).Dense(24, Activation.Tanh).Residual(r => r.Dropout(0.3f).Dense(24, Activation.Gelu).Dropout(0.3f)).Dropout(0.1f),
        ["residual of dropout alone"] = b => b.Dense(10, Activation.Tanh).Residual(r => r.Dropout(0.5f)),
    };

    public static TheoryData<string> Names => [.. bodies.Keys];

    /// <summary>Nine features to five classes.</summary>
    public static Network Build(string name)
    {
        NetworkBuilder builder = Network.Input(9);
        bodies[name](builder);
        return builder.Dense(5, Activation.Softmax).Build(1).Fill(2);
    }

    /// <summary>The layers of a network, blocks whole.</summary>
    public static IReadOnlyList<LayerSpec> Specs(string name)
    {
        using Network network = Build(name);
        return [.. network.Stack.Specs];
    }
}
