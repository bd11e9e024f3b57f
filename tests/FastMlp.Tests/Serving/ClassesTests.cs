using FastMlp.Tests.Support;

namespace FastMlp.Tests.Serving;

/// <summary>Arg-max and top-k beside a sort of the outputs.</summary>
public class ClassesTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(7, 300)]
    [InlineData(511, 3)]
    [InlineData(600, 5)]
    public void TheyAreThoseOfTheSortedOutputs(int outputs, int rows)
    {
        using Network network = Network.Input(6).Dense(outputs, Activation.Tanh).Build(1).Fill(3);
        using Predictor predictor = network.Freeze();
        float[] x = Numbers.Uniform(5, rows * 6);
        float[] y = network.Predict(x);
        int[] classes = new int[rows];
        predictor.PredictClasses(x, classes);
        for (int row = 0; row < rows; row++)
        {
            float[] answer = y[(row * outputs)..((row + 1) * outputs)];
            int[] sorted = [.. Enumerable.Range(0, outputs).OrderByDescending(j => answer[j]).ThenBy(j => j)];
            Assert.Equal(sorted[0], classes[row]);
            foreach (int k in new[] { 0, 1, 2, outputs })
            {
                int[] top = new int[k];
                float[] scores = new float[k];
                predictor.PredictTop(x.AsSpan(row * 6, 6), top, scores);
                Assert.Equal(sorted[..k], top);
                Assert.Equal(sorted[..k].Select(j => answer[j]), scores);
            }
        }
    }

    [Fact]
    public void EqualOutputsComeInTheirOrderAndNaNLast()
    {
        using Network network = Network.Input(1).Dense(4).Build(1);
        network.Tensors["layers.0.weight"].CopyFrom([1, 1, 1, 1]);
        network.Tensors["layers.0.bias"].CopyFrom([0, 2, 2, 1]);
        using Predictor predictor = network.Freeze();
        int[] top = new int[4], classes = new int[2];
        float[] scores = new float[4];
        predictor.PredictTop([0], top, scores);
        Assert.Equal([1, 2, 3, 0], top);
        predictor.PredictClasses([0, float.NaN], classes);
        Assert.Equal([1, -1], classes);

        // Infinity times 0 is NaN.
        network.Tensors["layers.0.weight"].CopyFrom([0, 1, -1, 0]);
        using Predictor partly = network.Freeze();
        partly.PredictTop([float.PositiveInfinity], top, scores);
        Assert.Equal([1, 2, 0, 3], top);
        partly.PredictClasses([float.PositiveInfinity, 0], classes);
        Assert.Equal([-1, 1], classes);
    }

    [Fact]
    public void OneOutputTellsTwoClassesByItsLoss()
    {
        foreach ((Activation activation, float threshold) in new[] { (Activation.Sigmoid, 0.5f), (Activation.Identity, 0f) })
        {
            using Network network = Network.Input(1).Dense(1, activation).Build(1);
            network.Fit(new Dataset(new float[] { -1, 1, -2, 2 }, 1, new float[] { 0, 1, 0, 1 }, 1), new FitOptions { Loss = Loss.BinaryCrossEntropy, Epochs = 1, BatchSize = 4 });
            network.Tensors["layers.0.weight"].CopyFrom([1]);
            network.Tensors["layers.0.bias"].CopyFrom([0]);
            using Predictor predictor = network.Freeze();
            int[] classes = new int[4];
            predictor.PredictClasses([-0.1f, 0.1f, 3, float.NaN], classes);
            Assert.Equal([0, 1, 1, -1], classes);
            Assert.Equal(threshold, network.Predict([0f])[0]);
        }
    }

    [Fact]
    public void WrongSizesAreRefused()
    {
        using Network network = Network.Input(3).Dense(2).Build(1);
        using Predictor predictor = network.Freeze();
        Assert.Throws<ArgumentException>(() => predictor.PredictClasses(new float[4], new int[2]));
        Assert.Throws<ArgumentException>(() => predictor.PredictClasses(new float[6], new int[1]));
        Assert.Throws<ArgumentException>(() => predictor.PredictTop(new float[6], new int[1], new float[1]));
        Assert.Throws<ArgumentException>(() => predictor.PredictTop(new float[3], new int[3], new float[3]));
        Assert.Throws<ArgumentException>(() => predictor.PredictTop(new float[3], new int[2], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => predictor.Warmup(0));
    }

    [Fact]
    public void TheyAllocateNothing()
    {
        using Network network = Network.Input(6).Dense(700, Activation.Softmax).Build(1);
        using Predictor predictor = network.Freeze();
        float[] x = new float[60], scores = new float[5];
        int[] classes = new int[10];
        Assert.Equal(0, Allocated.By(() => predictor.PredictClasses(x, classes)).Thread);
        Assert.Equal(0, Allocated.By(() => predictor.PredictTop(x.AsSpan(0, 6), classes.AsSpan(0, 5), scores)).Thread);
    }

    [Fact]
    public void AWarmPredictorAnswersAsBefore()
    {
        using Network network = Network.Input(23).Dense(17, Activation.Selu).Dense(3, Activation.Softmax).Build(1);
        using Predictor predictor = network.Freeze();
        predictor.Warmup(8);
        float[] y = new float[24];
        predictor.Predict(new float[8 * 23], y);
        Assert.Equal(1, y[0] + y[1] + y[2], 1e-5f);
    }
}
