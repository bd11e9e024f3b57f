using FastMlp.Cli.Reporting.Html;

namespace FastMlp.Cli.Tests.Reporting.Html;

public sealed class LayerValuesTests
{
    /// <summary>Taken apart, a network of every kind of layer still ends in its own answers.</summary>
    [Fact]
    public void TheLastOutputsAreTheAnswers()
    {
        using Network network = Network.Input(6)
            .Dense(8).BatchNorm().Activate(Activation.Relu)
            .Residual(b => b.Dense(8, Activation.PRelu(0.3f)).Dropout(0.2f).Dense(8, Activation.Identity, Bias.Shared))
            .LayerNorm()
            .Dense(3, Activation.Softmax)
            .Build(seed: 1);
        float[] x = [.. Enumerable.Range(0, 60).Select(i => MathF.Sin(i * 1.3f))];
        Dataset rows = new(x, 6, new int[] { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0 }, 3);
        network.Fit(rows, new FitOptions { Loss = Loss.CrossEntropy, Epochs = 5, BatchSize = 5 });

        IReadOnlyList<float[]> outputs = LayerValues.Outputs(network, x);

        Assert.Equal(network.LayerCount, outputs.Count);
        float[] answers = network.Predict(x);
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(answers[i], outputs[^1][i], 1e-5f);
        }
    }
}
