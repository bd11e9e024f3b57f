namespace FastMlp.Cli.Tests.Arguments;

public sealed class ActivationNamesTests
{
    public static TheoryData<string, Activation> Spellings => new()
    {
        { "identity", Activation.Identity },
        { "linear", Activation.Identity },
        { "step", Activation.Step },
        { "sigmoid", Activation.Sigmoid },
        { "tanh", Activation.Tanh },
        { "relu", Activation.Relu },
        { "softmax", Activation.Softmax },
        { "selu", Activation.Selu },
        { "gelu", Activation.Gelu },
        { "silu", Activation.Silu },
        { "swish", Activation.Silu },
        { "softplus", Activation.Softplus },
        { "leaky-relu", Activation.LeakyRelu() },
        { "leaky-relu:0.1", Activation.LeakyRelu(0.1f) },
        { "prelu", Activation.PRelu() },
        { "prelu:0.5", Activation.PRelu(0.5f) },
        { "elu", Activation.Elu() },
        { "elu:2", Activation.Elu(2) },
        { "scaled-sigmoid:3,0.5", Activation.ScaledSigmoid(3, 0.5f) },
        { "scaled-sigmoid:3,0.5,learnable", Activation.ScaledSigmoid(3, 0.5f, learnable: true) },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void EverySpellingIsItsActivation(string text, Activation expected)
    {
        Assert.True(Activation.TryParse(text, out Activation activation));
        Assert.Equal(expected, activation);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Relu2")]
    [InlineData("relu:")]
    [InlineData("leaky-relu:")]
    [InlineData("leaky-relu:a")]
    [InlineData("leaky-relu:1,2")]
    [InlineData("elu:nan")]
    [InlineData("scaled-sigmoid:1")]
    [InlineData("scaled-sigmoid:0,1")]
    [InlineData("scaled-sigmoid:1,2,learn")]
    public void NothingElseIs(string text) => Assert.False(Activation.TryParse(text, out _));
}
