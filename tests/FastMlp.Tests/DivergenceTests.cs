using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>A number that is not finite stops training with a name and a place, and leaves finite parameters.</summary>
public class DivergenceTests
{
    private const int Inputs = 6;

    public static TheoryData<string> Rules => ["Sgd", "Momentum", "Nesterov", "Adam"];

    [Theory]
    [MemberData(nameof(Rules))]
    public void AFitThatDivergesNamesTheEpochAndTheBatch(string rule)
    {
        using Network network = Start();
        Dataset data = new(Numbers.Uniform(1, 50 * Inputs), Inputs, Numbers.Uniform(2, 50 * 2), 2);

        TrainingDivergedException error = Assert.Throws<TrainingDivergedException>(
            () => network.Train(data, new FitOptions { Optimizer = Rule(rule, 1e30f), Epochs = 50, BatchSize = 16 }));

        Assert.InRange(error.Epoch, 1, 50);
        Assert.InRange(error.Batch, 1, 4);
        Assert.InRange(error.Layer, -1, 1);
        Assert.Contains($"{error.Epoch}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{error.Batch}", error.Message, StringComparison.Ordinal);
        AssertFinite(network);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void AStepThatDivergesNamesTheStepAndIsUndone(string rule)
    {
        using Network network = Start();
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = Rule(rule, 1e30f) });
        float[] x = Numbers.Uniform(1, 16 * Inputs);
        float[] y = Numbers.Uniform(2, 16 * 2);
        int step = 0;
        TrainingDivergedException error = Assert.Throws<TrainingDivergedException>(() =>
        {
            for (step = 1; step < 1000; step++)
            {
                trainer.Step(x, y);
            }
        });

        Assert.Equal(step, error.Batch);
        Assert.Equal(0, error.Epoch);
        AssertFinite(network);
    }

    [Fact]
    public void ALearningRateThatOverflowsInTheUpdateLeavesFiniteParameters()
    {
        // The loss and the gradient are finite; eta times the gradient is not.
        using Network network = Network.Input(1).Dense(1, initializer: Initializer.Zeros).Build();
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(3e38f) });

        Assert.Throws<TrainingDivergedException>(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                trainer.Step([100f], [-100f]);
            }
        });
        AssertFinite(network);
    }

    [Fact]
    public void TheLayerWhoseUpdateOverflowsIsNamed()
    {
        // W of layer 1 is 0, so layer 0 has no gradient; that of layer 1 is 1e6, and 1e6 x 3e38 overflows.
        using Network network = Network.Input(1).Dense(1, bias: Bias.None).Dense(1, bias: Bias.None).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1]);
        network.Tensors["layers.1.weight"].CopyFrom([0]);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(3e38f) });

        Assert.Equal(1, Assert.Throws<TrainingDivergedException>(() => trainer.Step([1000f], [-1000f])).Layer);
        Bits.Equal([1, 0], Parameters.Of(network), "parameters");
    }

    /// <summary>On both sides of the bound below which new weights are not looked at: they are finite, or refused.</summary>
    [Fact]
    public void AStepOfAnySizeLeavesWeightsFinite()
    {
        int refused = 0;
        int moved = 0;
        for (double rate = 1; rate < 1e38; rate *= 10)
        {
            using Network network = Network.Input(2).Dense(8, bias: Bias.None).Build();
            network.Tensors["layers.0.weight"].CopyFrom([.. Enumerable.Range(0, 16).Select(i => i == 1 ? float.MaxValue : i == 3 ? -float.MaxValue : 0.5f)]);
            float[] before = Parameters.Of(network);
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd((float)rate) });
            try
            {
                trainer.Step([100f, 1e-38f], new float[8]);
                moved++;
                Assert.NotEqual(before, Parameters.Of(network));
            }
            catch (TrainingDivergedException)
            {
                refused++;
            }

            AssertFinite(network);
        }

        Assert.True(moved > 30 && refused > 0, $"{moved} steps, {refused} refused");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void InputAndTargetsThatAreNotFiniteAreNeverTrainedOn(float bad)
    {
        foreach (Activation activation in new[] { Activation.Relu, Activation.Tanh, Activation.Sigmoid, Activation.Softmax })
        {
            foreach (string rule in new[] { "Sgd", "Momentum", "Adam" })
            {
                using Network network = Network.Input(Inputs).Dense(5, activation).Dense(2).Build(1).Fill(1);
                using Trainer trainer = new(network, new TrainerOptions { Optimizer = Catalogue.Optimizers[rule] });
                using Network control = network.Clone();
                using Trainer controlTrainer = new(control, new TrainerOptions { Optimizer = Catalogue.Optimizers[rule] });
                float[] before = Parameters.Of(network);
                float[] x = Numbers.Uniform(1, 9 * Inputs);
                float[] y = Numbers.Uniform(2, 9 * 2);
                float[] badX = [.. x];
                float[] badY = [.. y];
                badX[40] = bad;
                badY[7] = bad;
                AssertRefused(() => trainer.Step(badX, y), $"input {bad} into {activation}");
                AssertRefused(() => trainer.ComputeGradients(badX, y), $"input {bad} into {activation}");
                AssertRefused(() => trainer.Step(x, badY), $"target {bad}");
                Bits.Equal(before, Parameters.Of(network), "parameters");

                // And neither the trainer nor its optimizer remembers it.
                for (int step = 0; step < 3; step++)
                {
                    Bits.Equal([controlTrainer.Step(x, y)], [trainer.Step(x, y)], "loss");
                }

                Bits.Equal(Parameters.Of(control), Parameters.Of(network), "parameters");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Catalogue.TrainableNames), MemberType = typeof(Catalogue))]
    public void ANaNInAPredictionIsNotHidden(string activation)
    {
        using Network network = Network.Input(3).Dense(2, Catalogue.Trainable[activation]).Build(1).Fill(1);
        foreach (int rows in new[] { 1, 5, 40 })
        {
            float[] x = Numbers.Uniform(1, rows * 3);
            x[^1] = float.NaN;
            float[] y = network.Predict(x);
            Assert.True(float.IsNaN(y[^1]), $"{rows} rows: the output is {y[^1]}.");
            Assert.True(rows == 1 || float.IsFinite(y[0]));
        }
    }

    [Fact]
    public void ANaNInAPredictionLeavesNothingBehind()
    {
        // Scratch memory is used again; a NaN that stays in its padding would meet a weight of 0 and be NaN still.
        using Network network = Network.Input(5).Dense(70, Activation.Tanh).Dense(33, Activation.Silu).Dense(3, Activation.Softmax).Build(1).Fill(1);
        float[] x = Numbers.Uniform(1, 100 * 5);
        float[] expected = network.Predict(x);
        float[] bad = new float[100 * 5];
        Array.Fill(bad, float.NaN);
        foreach (int rows in new[] { 1, 9, 100 })
        {
            network.Predict(bad.AsSpan(0, rows * 5), new float[rows * 3]);
            Bits.Equal(expected, network.Predict(x), $"outputs after {rows} rows of NaN");
        }
    }

    private static Network Start() => Network.Input(Inputs).Dense(5, Activation.Relu).Dense(2).Build(1).Fill(1);

    private static Optimizer Rule(string name, float learningRate) =>
        Catalogue.Optimizers[name] with { LearningRate = learningRate };

    private static void AssertRefused(Action action, string what)
    {
        Exception? error = Record.Exception(action);
        Assert.True(error is not null, $"{what}: nothing was thrown.");
        Assert.True(error is ArgumentException, $"{what}: {error.GetType().Name}: {error.Message}");
        Assert.Matches("(?i)nan|finite|infinit", error.Message);
    }

    private static void AssertFinite(Network network) =>
        Assert.All(Parameters.Of(network), value => Assert.True(float.IsFinite(value), $"A parameter is {value}."));
}
