using FastMlp.Tests.Support;

namespace FastMlp.Tests.Training.Optimizers;

/// <summary>Decay moves a weight that nothing holds towards 0. It must arrive there, for arithmetic on subnormal numbers takes many times as long.</summary>
public class TinyWeightTests
{
    [Theory]
    [InlineData("adam", false)]
    [InlineData("adam", true)]
    [InlineData("momentum", false)]
    [InlineData("rmsprop", false)]
    public void AWeightWithoutUseBecomesZero(string rule, bool clipped)
    {
        Optimizer optimizer = rule switch
        {
            "adam" => new Adam(0.01f, weightDecay: 0.05f),
            "momentum" => new Sgd(0.1f, momentum: 0.5f, weightDecay: 0.5f),
            _ => new RmsProp(0.01f, weightDecay: 0.05f),
        };
        using Network network = Network.Input(20).Dense(16, Activation.Tanh).Dense(1).Build(1);
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = optimizer, ClipNorm = clipped ? 5 : 0 });
        float[] x = Numbers.Uniform(1, 32 * 20);
        for (int row = 0; row < 32; row++)
        {
            x.AsSpan((row * 20) + 2, 18).Clear(); // only the first two features are ever seen
        }

        float[] targets = [.. Enumerable.Range(0, 32).Select(row => x[row * 20] - x[(row * 20) + 1])];
        for (int step = 0; step < 4000; step++)
        {
            trainer.Step(x, targets);
        }

        float[] w = new float[16 * 20];
        network.Tensors["layers.0.weight"].CopyTo(w);
        Assert.DoesNotContain(w, weight => weight != 0 && Math.Abs(weight) < 1e-30f);
        if (rule != "rmsprop")
        {
            // Nearly all that enter from features that are never seen.
            Assert.InRange(w.Count(weight => weight == 0), 0.9 * 18 * 16, 20 * 16);
        }

        // The mean of half the squared target is 1 / 3.
        Assert.InRange(network.Evaluate(new Dataset(x, 20, targets, 1), Loss.Quadratic).Loss, 0, rule == "momentum" ? 0.4 : 0.2);
    }
}
