using FastMlp.Tests.Support;

namespace FastMlp.Tests;

public class PredictorTests
{
    private const int Threads = 8;

    [Fact]
    public void ItKeepsTheParametersOfTheMomentItWasFrozen()
    {
        Network network = Network.Input(6).Dense(5, Activation.Tanh).Dense(2).Build(1).Fill(1);
        float[] x = Numbers.Uniform(1, 4 * 6);
        float[] expected = network.Predict(x);
        using Predictor predictor = network.Freeze();
        Assert.Equal(6, predictor.InputSize);
        Assert.Equal(2, predictor.OutputSize);

        network.Tensors["layers.1.bias"].CopyFrom([9, 9]);
        float[] y = new float[8];
        predictor.Predict(x, y);
        Bits.Equal(expected, y, "outputs after the network changed");
        network.Dispose();
        Array.Clear(y);
        predictor.Predict(x, y);
        Bits.Equal(expected, y, "outputs after the network was disposed");
    }

    [Fact]
    public void ManyThreadsPredictAtOnceOnOneNetworkAndOnePredictor()
    {
        using Network network = Network.Input(40).Dense(64, Activation.Relu).Dense(37, Activation.Silu).Dense(9, Activation.Softmax).Build(1).Fill(1);
        using Predictor predictor = network.Freeze();
        int[] sizes = [1, 5, 64, 131];
        float[][] inputs = [.. Enumerable.Range(0, Threads * sizes.Length).Select(i => Numbers.Uniform(i, sizes[i % sizes.Length] * 40))];
        float[][] expected = Array.ConvertAll(inputs, x => network.Predict(x));
        using Barrier start = new(Threads);
        Exception?[] failures = new Exception?[Threads];
        Thread[] threads = new Thread[Threads];
        for (int t = 0; t < Threads; t++)
        {
            int own = t;
            threads[t] = new Thread(() =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                failures[own] = Record.Exception(() => Run(own));
            });
            threads[t].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.All(failures, Assert.Null);

        void Run(int own)
        {
            for (int round = 0; round < 50; round++)
            {
                for (int i = own; i < inputs.Length; i += Threads / 2)
                {
                    float[] y = new float[expected[i].Length];
                    network.Predict(inputs[i], y);
                    Bits.Equal(expected[i], y, $"input {i} of the network");
                    Array.Fill(y, float.NaN);
                    predictor.Predict(inputs[i], y);
                    Bits.Equal(expected[i], y, $"input {i} of the predictor");
                }
            }
        }
    }

    [Fact]
    public void LengthsThatDoNotFitAreNamed()
    {
        using Network network = Network.Input(5).Dense(3).Build();
        using Predictor predictor = network.Freeze();

        Refusal.Names(() => predictor.Predict(new float[7], new float[3]), "7", "5");
        Refusal.Names(() => predictor.Predict(new float[10], new float[5]), "5", "6");
    }

    [Fact]
    public void ADisposedPredictorSaysSo()
    {
        using Network network = Network.Input(5).Dense(3).Build();
        Predictor predictor = network.Freeze();
        predictor.Dispose();
        predictor.Dispose();

        Assert.Throws<ObjectDisposedException>(() => predictor.Predict(new float[5], new float[3]));
        network.Predict(new float[5], new float[3]);
    }
}
