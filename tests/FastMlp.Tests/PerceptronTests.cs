using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>A single step layer learns by W += eta (y - a) x, which ends on every separable set.</summary>
public class PerceptronTests
{
    private static readonly float[] Corners = [0, 0, 0, 1, 1, 0, 1, 1];

    [Theory]
    [InlineData("and", new float[] { 0, 0, 0, 1 })]
    [InlineData("or", new float[] { 0, 1, 1, 1 })]
    public void SeparableGatesConverge(string gate, float[] y)
    {
        foreach (int batchSize in new[] { 1, FitOptions.FullBatch })
        {
            using Network network = Network.Input(2).Dense(1, Activation.Step).Build(seed: 3);

            FitReport report = network.Train(new Dataset(Corners, 2, y, 1), new FitOptions { Optimizer = new Sgd(0.5f), Epochs = 1000, BatchSize = batchSize });

            Assert.True(report.StopReason == StopReason.Converged, $"{gate}: {report.StopReason} after {report.Epochs.Count} epochs of batches of {batchSize}.");
            Assert.True(report.Epochs.Count < 1000);
            Assert.Equal(0f, report.Epochs[^1].TrainLoss);
            Assert.Equal(y, network.Predict(Corners));
        }
    }

    [Fact]
    public void RowByRowTheWeightsAreThoseOfTheRule()
    {
        float[] y = [0, 0, 0, 1];
        using Network network = Network.Input(2).Dense(1, Activation.Step, initializer: Initializer.Zeros).Build();
        FitReport report = network.Train(new Dataset(Corners, 2, y, 1), new FitOptions { Optimizer = new Sgd(1), BatchSize = 1, Shuffle = false });

        // The rule by hand; whole numbers, so exact.
        float[] w = [0, 0];
        float b = 0;
        int epochs = 0;
        for (int mistakes = 1; mistakes > 0; epochs++)
        {
            mistakes = 0;
            for (int row = 0; row < 4; row++)
            {
                float error = y[row] - ((w[0] * Corners[2 * row]) + (w[1] * Corners[(2 * row) + 1]) + b > 0 ? 1 : 0);
                w[0] += error * Corners[2 * row];
                w[1] += error * Corners[(2 * row) + 1];
                b += error;
                mistakes += error == 0 ? 0 : 1;
            }
        }

        float[] weight = new float[2];
        float[] bias = new float[1];
        network.Tensors["layers.0.weight"].CopyTo(weight);
        network.Tensors["layers.0.bias"].CopyTo(bias);
        Assert.Equal(w, weight);
        Assert.Equal(b, bias[0]);
        Assert.Equal(StopReason.Converged, report.StopReason);
        Assert.Equal(epochs, report.Epochs.Count);
    }

    [Fact]
    public void SeveralUnitsLearnSeveralGatesAtOnce()
    {
        // and, or, nand, first input
        float[] y = [0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1];
        using Network network = Network.Input(2).Dense(4, Activation.Step).Build(seed: 5);

        FitReport report = network.Train(new Dataset(Corners, 2, y, 4), new FitOptions { Optimizer = new Sgd(0.5f), Epochs = 1000, BatchSize = 3 });

        Assert.Equal(StopReason.Converged, report.StopReason);
        Assert.Equal(y, network.Predict(Corners));
    }

    [Fact]
    public void LabelsDoAsWell()
    {
        using Network network = Network.Input(2).Dense(1, Activation.Step).Build(seed: 3);

        FitReport report = network.Train(new Dataset(Corners, 2, new[] { 0, 1, 1, 1 }, 2), new FitOptions { Optimizer = new Sgd(0.5f), BatchSize = 1 });

        Assert.Equal(StopReason.Converged, report.StopReason);
        Assert.Equal(1f, report.Epochs[^1].TrainMetric);
        Assert.Equal([0f, 1f, 1f, 1f], network.Predict(Corners));
    }

    [Fact]
    public void ExclusiveOrDoesNotConverge()
    {
        float[] y = [0, 1, 1, 0];
        using Network network = Network.Input(2).Dense(1, Activation.Step).Build();

        FitReport report = network.Train(new Dataset(Corners, 2, y, 1), new FitOptions { Optimizer = new Sgd(0.5f), Epochs = 60, BatchSize = 1 });

        Assert.Equal(StopReason.EpochsDone, report.StopReason);
        Assert.Equal(60, report.Epochs.Count);
    }

    [Fact]
    public void AStepUnitInADeeperNetworkPredictsButDoesNotTrain()
    {
        using Network network = Network.Input(2).Dense(2, Activation.Step).Dense(1, Activation.Step).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1, 1, -1, -1]);
        network.Tensors["layers.0.bias"].CopyFrom([-0.5f, 1.5f]);
        network.Tensors["layers.1.weight"].CopyFrom([1, 1]);
        network.Tensors["layers.1.bias"].CopyFrom([-1.5f]);
        float[] y = [0, 1, 1, 0];

        Assert.Equal(y, network.Predict(Corners));
        AssertNamesTheStep(() => network.Train(new Dataset(Corners, 2, y, 1), new FitOptions()));
        AssertNamesTheStep(() => new Trainer(network, new TrainerOptions()).Dispose());
    }

    [Fact]
    public void AStepUnitBelowATrainableOutputDoesNotTrainEither()
    {
        using Network network = Network.Input(2).Dense(2, Activation.Step).Dense(1, Activation.Sigmoid).Build();

        AssertNamesTheStep(() => network.Train(new Dataset(Corners, 2, new float[4], 1), new FitOptions()));
    }

    private static void AssertNamesTheStep(Action action)
    {
        Exception error = Assert.ThrowsAny<Exception>(action);
        Assert.True(error is InvalidOperationException or ArgumentException or NotSupportedException && error is not ObjectDisposedException, error.ToString());
        Assert.Contains("step", error.Message, StringComparison.OrdinalIgnoreCase);
    }
}
