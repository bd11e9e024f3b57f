using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Numbers that were worked by hand, or by other programs, against the engine and the oracle.</summary>
public class WorkedNumbersTests
{
    [Fact]
    public void OneUnitSumsItsWeightedInputsAndItsBias()
    {
        using Network network = Network.Input(3).Dense(1).Build();
        network.Tensors["layers.0.weight"].CopyFrom([1, 0, -1]);
        network.Tensors["layers.0.bias"].CopyFrom([3]);

        Assert.Equal([3f], network.Predict([1, 2, 1]));
        Assert.Equal([[3.0]], ReferenceBridge.From(network).Predict([[1, 2, 1]]));
    }

    [Fact]
    public void SoftmaxOfTwoLogits()
    {
        using Network network = Transparent(2, Activation.Softmax);
        float[] a = network.Predict([0.3f, 0.6f]);

        Near.Equal([0.4256, 0.5744], a, 5e-5, "softmax");
        Near.Equal(ReferenceBridge.From(network).Predict([[0.3f, 0.6f]])[0], a, 2 * Near.Epsilon, "softmax");
    }

    [Theory]
    [InlineData(0.9f, 0.1f, 0.1054)]
    [InlineData(0.1f, 0.9f, 2.3026)]
    public void CrossEntropyIsInNaturalLogarithms(float first, float second, double expected)
    {
        // What a rectifier lets through are the probabilities themselves; before a softmax, and without an activation, their logarithms are logits.
        using Network plain = Transparent(2, Activation.Relu);
        using Network linear = Transparent(2, Activation.Identity);
        using Network softmax = Transparent(2, Activation.Softmax);
        float[] logits = [MathF.Log(first), MathF.Log(second)];

        Near.Equal(expected, LossOf(plain, Loss.CrossEntropy, [first, second], [1, 0]), 5e-5, "cross-entropy of outputs");
        Near.Equal(expected, LossOf(softmax, Loss.CrossEntropy, logits, [1, 0]), 5e-5, "cross-entropy of logits");
        Near.Equal(expected, LossOf(linear, Loss.CrossEntropy, logits, [1, 0]), 5e-5, "cross-entropy of linear outputs");
        Near.Equal(expected, ReferenceLoss.CrossEntropy.Value([first, second], [1, 0]), 5e-5, "the oracle");
    }

    [Fact]
    public void CrossEntropyOfFarLogitsIsTheirDistance()
    {
        using Network network = Transparent(2, Activation.Softmax);

        // ln(e^500 + e^-500) - (-500) = 1000 to the last bit of a float; e^500 itself is far above the largest one.
        Assert.Equal(1000f, LossOf(network, Loss.CrossEntropy, [500, -500], [0, 1]));
        Assert.Equal(0f, LossOf(network, Loss.CrossEntropy, [500, -500], [1, 0]));
    }

    [Fact]
    public void BinaryCrossEntropyOfFarLogitsIsTheLogit()
    {
        using Network network = Transparent(1, Activation.Sigmoid);

        Assert.Equal(300f, LossOf(network, Loss.BinaryCrossEntropy, [300], [0]));
        Assert.Equal(300f, LossOf(network, Loss.BinaryCrossEntropy, [-300], [1]));
        Assert.Equal(0f, LossOf(network, Loss.BinaryCrossEntropy, [300], [1]));
    }

    [Fact]
    public void QuadraticAndMeanSquaredErrorDifferByTheirDivisor()
    {
        using Network network = Transparent(3, Activation.Identity);
        float[] x = [1, 2, 3, 4, 5, 6];
        float[] y = [0, 0, 3, 2, 5, 9];

        // Squares 1 + 4 + 0 + 4 + 0 + 9 = 18 over m = 2 rows of n = 3.
        Assert.Equal(4.5f, LossOf(network, Loss.Quadratic, x, y));
        Assert.Equal(3f, LossOf(network, Loss.MeanSquaredError, x, y));
    }

    [Fact]
    public void TwoLinearLayersComposeToOne()
    {
        using Network network = Network.Input(1).Dense(1).Dense(1).Build();
        network.Tensors["layers.0.weight"].CopyFrom([2]);
        network.Tensors["layers.0.bias"].CopyFrom([1]);
        network.Tensors["layers.1.weight"].CopyFrom([3]);
        network.Tensors["layers.1.bias"].CopyFrom([-2]);

        // 3 (2x + 1) - 2 = 6x + 1, exact in float for these x.
        Assert.Equal([-11f, 1f, 4f, 7f, 601f], network.Predict([-2, 0, 0.5f, 1, 100]));
    }

    [Fact]
    public void AStepWithL2OfThe321SigmoidNet()
    {
        using Network network = Network.Input(3).Dense(2, Activation.Sigmoid).Dense(1, Activation.Sigmoid).Build();
        network.Tensors["layers.0.weight"].CopyFrom([0.1f, 0.3f, 0.5f, 0.2f, 0.1f, 0]);
        network.Tensors["layers.0.bias"].CopyFrom([0.1f, 0.1f]);
        network.Tensors["layers.1.weight"].CopyFrom([0.1f, 0.2f]);
        network.Tensors["layers.1.bias"].CopyFrom([1]);
        float[] x = [0.6f, 0.8f, 0.7f];
        Near.Equal(0.765452, network.Predict(x)[0], 1e-6, "a before the step");

        using (Trainer trainer = new(network, new TrainerOptions { Loss = Loss.BinaryCrossEntropy, Optimizer = new Sgd(0.1f, weightDecay: 0.1f) }))
        {
            // -ln(1 - .765452); the L2 term is part of the gradient, not of the loss that is reported.
            Near.Equal(1.450095, trainer.Step(x, [0f]), 1e-5, "loss");
        }

        // Seven decimals of each number, [out, in]; one unit of the last, and the rounding of a float.
        double[] expected = [0.0979993, 0.2956657, 0.4938325, 0.1957546, 0.0960061, -0.0026197, 0.0983321, 0.0962576, 0.0470121, 0.1540292, 0.9234548];
        Near.Equal(expected, Parameters.Of(network), 1e-7 + Near.Epsilon, "parameter");
        Near.Equal(0.739492, network.Predict(x)[0], 1e-6, "a after the step");
    }

    [Fact]
    public void ASgdStepOfThe231SigmoidNet()
    {
        using Network network = Network.Input(2).Dense(3, Activation.Sigmoid).Dense(1, Activation.Sigmoid).Build();
        network.Tensors["layers.0.weight"].CopyFrom([-0.2109f, -0.4976f, -0.1413f, -0.3420f, -0.2524f, 0.6976f]);
        network.Tensors["layers.0.bias"].CopyFrom([-0.1085f, -0.2979f, 0.6892f]);
        network.Tensors["layers.1.weight"].CopyFrom([-0.0508f, -0.3941f, -0.2843f]);
        network.Tensors["layers.1.bias"].CopyFrom([-0.0711f]);
        float[] x = [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f];

        // The loss of the case is the sum of the outputs, so dL/da = 1. The quadratic loss over 3 rows has
        // dL/da = (a - y) / 3, which is 1 for y = a - 3.
        float[] y = Array.ConvertAll(network.Predict(x), a => a - 3);
        using (Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic, Optimizer = new Sgd(0.1f) }))
        {
            Near.Equal(1.5 * 3, trainer.Step(x, y), 8 * Near.Epsilon, "loss");
        }

        double[] expected = [-0.2106407, -0.4972533, -0.1393265, -0.3393623, -0.2511653, 0.6992530];
        float[] weight = new float[6];
        network.Tensors["layers.0.weight"].CopyTo(weight);
        Near.Equal(expected, weight, 1e-7 + Near.Epsilon, "W0");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void XorIsLearntInFull(int seed)
    {
        using Network network = Network.Input(2).Dense(4, Activation.Tanh).Dense(1, Activation.Sigmoid).Build(seed);
        float[] x = [0, 0, 0, 1, 1, 0, 1, 1];
        float[] y = [0, 1, 1, 0];

        FitReport report = network.Train(new Dataset(x, 2, y, 1), new FitOptions { Optimizer = new Adam(0.05f), Epochs = 500, BatchSize = FitOptions.FullBatch });

        Assert.Equal(500, report.Epochs.Count);
        Assert.Equal(y, Array.ConvertAll(network.Predict(x), a => a > 0.5f ? 1f : 0f));
        Assert.True(report.Epochs[^1].TrainLoss < 0.1, $"The loss is still {report.Epochs[^1].TrainLoss}.");
    }

    /// <summary>A layer that hands its input on to the activation.</summary>
    private static Network Transparent(int size, Activation activation)
    {
        Network network = Network.Input(size).Dense(size, activation).Build();
        float[] identity = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            identity[i * (size + 1)] = 1;
        }

        network.Tensors["layers.0.weight"].CopyFrom(identity);
        return network;
    }

    private static float LossOf(Network network, Loss loss, float[] x, float[] y)
    {
        using Trainer trainer = new(network, new TrainerOptions { Loss = loss });
        return trainer.ComputeGradients(x, y);
    }
}
