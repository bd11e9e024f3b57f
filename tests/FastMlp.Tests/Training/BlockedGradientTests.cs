using FastMlp.Tests.Support;
using FastMlp.Training;

namespace FastMlp.Tests.Training;

/// <summary>Batches so large that they are taken in blocks of rows.</summary>
[Collection(nameof(Alone))]
public class BlockedGradientTests
{
    private const int Inputs = 20;
    private const int Outputs = 5;

    /// <summary>Not a whole number of blocks, nor of lanes.</summary>
    private const int Rows = 7_003;

    [Fact]
    public void ManyRowsAreBlocked()
    {
        using Network network = Build(Activation.Softmax);
        Assert.InRange(BlockedGradient.FewestRows(network.Stack, LossOf(network)), 513, Rows);
        using Network dropping = Network.Input(Inputs).Dense(8).Dropout(0.5f).Dense(2).Build(1);
        Assert.Equal(nint.MaxValue, BlockedGradient.FewestRows(dropping.Stack, LossOf(dropping)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GradientsAreThoseOfThePartsAddedUp(bool weighted)
    {
        // 7,003 rows as steps of fewer rows than a block pays for: their gradients weighted by their shares.
        using Network network = Build(Activation.Softmax);
        (float[] x, int[] labels, float[] weights) = Data(weighted);
        using Trainer whole = new(network, new TrainerOptions { Loss = Loss.CrossEntropy, Threads = 2 });
        float loss = weighted ? whole.ComputeGradients(x, labels, weights) : whole.ComputeGradients(x, labels);
        float[] gradients = Parameters.GradientsOf(whole);

        using Trainer part = new(network, new TrainerOptions { Loss = Loss.CrossEntropy });
        double[] expected = new double[gradients.Length];
        double expectedLoss = 0;
        double total = weighted ? weights.Sum(w => (double)w) : Rows;
        for (int first = 0; first < Rows; first += 100)
        {
            int rows = Math.Min(100, Rows - first);
            ReadOnlySpan<float> features = x.AsSpan(first * Inputs, rows * Inputs);
            double share = (weighted ? weights.Skip(first).Take(rows).Sum(w => (double)w) : rows) / total;
            expectedLoss += share * (weighted
                ? part.ComputeGradients(features, labels.AsSpan(first, rows), weights.AsSpan(first, rows))
                : part.ComputeGradients(features, labels.AsSpan(first, rows)));
            float[] one = Parameters.GradientsOf(part);
            for (int i = 0; i < one.Length; i++)
            {
                expected[i] += share * one[i];
            }
        }

        Assert.Equal(expectedLoss, loss, 1e-5);
        for (int i = 0; i < gradients.Length; i++)
        {
            Assert.Equal(expected[i], gradients[i], 1e-6);
        }
    }

    [Fact]
    public void ThreadsChangeNoBit()
    {
        float[][] results = [.. new[] { 1, 2, 3, 4, 20 }.Select(threads =>
        {
            using Network network = Build(Activation.Identity);
            (float[] x, _, float[] weights) = Data(weighted: true);
            float[] targets = Numbers.Uniform(9, Rows * Outputs);
            using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(0.1f), Threads = threads });
            for (int step = 0; step < 3; step++)
            {
                trainer.Step(x, targets, weights);
            }

            return Parameters.Of(network);
        })];
        foreach (float[] result in results)
        {
            Bits.Equal(results[0], result, "parameters");
        }
    }

    [Fact]
    public void AnEpochReportsWhatEvaluationFinds()
    {
        using Network network = Build(Activation.Softmax);
        (float[] x, int[] labels, _) = Data(weighted: false);
        Dataset data = new(x, Inputs, labels, Outputs);
        Evaluation before = network.Evaluate(data, Loss.CrossEntropy);
        FitReport report = network.Fit(data, new FitOptions { Epochs = 1, BatchSize = FitOptions.FullBatch, Loss = Loss.CrossEntropy, Optimizer = new Sgd(1e-3f) });
        Assert.Equal(before.Loss, report.Epochs[0].TrainLoss, 1e-5f);
        Assert.Equal(before.Accuracy, report.Epochs[0].TrainMetric, 1e-6f);
    }

    [Fact]
    public void NothingIsAllocated()
    {
        foreach (int threads in new[] { 1, 2 })
        {
            using Network network = Build(Activation.Softmax);
            (float[] x, int[] labels, _) = Data(weighted: false);
            using Trainer trainer = new(network, new TrainerOptions { Threads = threads });
            Assert.Equal((0, 0), Allocated.By(() => trainer.Step(x, labels)));
        }
    }

    [Fact]
    public void DivergenceNamesTheLayer()
    {
        using Network network = Build(Activation.Identity);
        network.Tensors["layers.2.weight"].CopyFrom(Enumerable.Repeat(3e38f, 17 * Outputs).ToArray());
        (float[] x, _, _) = Data(weighted: false);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(0.1f) });
        TrainingDivergedException error = Assert.Throws<TrainingDivergedException>(() => trainer.Step(x, new float[Rows * Outputs]));
        Assert.Equal(2, error.Layer);
    }

    private static LossFunction LossOf(Network network) => LossFunction.Create(LossFunction.DefaultFor(network.Stack.Output.Spec.Activation), network.Stack);

    private static Network Build(Activation output) =>
        Network.Input(Inputs).Dense(24, Activation.PRelu()).Dense(17, Activation.Tanh, Bias.Shared).Dense(Outputs, output).Build(3);

    private static (float[] X, int[] Labels, float[] Weights) Data(bool weighted) =>
        (Numbers.Uniform(1, Rows * Inputs), Numbers.Labels(2, Rows, Outputs), weighted ? Numbers.Uniform(3, Rows, 0.1f, 2) : []);
}
