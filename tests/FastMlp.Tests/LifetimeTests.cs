using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Parameters lie outside the collector's heap; they must outlive a call that is the last use of their network.</summary>
[Collection(nameof(Alone))]
public class LifetimeTests
{
    private const int Rows = 512;

    private static readonly Dictionary<string, Func<Dataset, float[]>> Calls = new()
    {
        ["Network.Predict"] = data => Build().Predict(data.Features),
        ["Network.Evaluate"] = data => [Build().Evaluate(data).Loss],
        ["Network.Fit"] = data => [Build().Train(data, new FitOptions { Epochs = 1, BatchSize = 128 }).Epochs[0].TrainLoss],
        ["Network.GetWeight"] = _ => Filled(100 * 500, weight => Build().Tensors["layers.0.weight"].CopyTo(weight)),
        ["Network.Freeze"] = data => Filled(data.Rows * 10, y => Build().Freeze().Predict(data.Features, y)),
        ["Network.Clone"] = data => Build().Clone().Predict(data.Features),
        ["Trainer.Step"] = data => [new Trainer(Build(), new TrainerOptions()).Step(data.Features, data.Labels)],
    };

    [Fact]
    public void NothingIsFreedUnderACall()
    {
        // Only optimized code lets a reference die at its last use: 30 calls and a pause, twice for what a loop holds back.
        Dataset data = new(Numbers.Uniform(1, Rows * 100), 100, Numbers.Labels(2, Rows, 10), 10);
        Dataset few = data.Slice(0, 4);
        for (int i = 0; i < 80; i++)
        {
            foreach (Func<Dataset, float[]> call in Calls.Values)
            {
                call(few);
            }

            if (i % 40 == 39)
            {
                Thread.Sleep(400);
            }
        }

        Dictionary<string, float[]> expected = Calls.ToDictionary(call => call.Key, call => call.Value(data));
        using CancellationTokenSource done = new();
        Thread collector = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        HashSet<string> wrong = [];
        collector.Start();
        for (int i = 0; i < 30; i++)
        {
            foreach ((string name, Func<Dataset, float[]> call) in Calls)
            {
                if (!Bits.AreEqual(expected[name], call(data)))
                {
                    wrong.Add(name);
                }
            }
        }

        done.Cancel();
        collector.Join();
        Assert.Empty(wrong);
    }

    [Fact]
    public void WhatNobodyDisposesIsCollected()
    {
        // 8 MB each, of which the collector's own heap holds a few hundred bytes. How many it lets wait depends on what other tests hold: up to 1 GB here.
        using Network network = Network.Input(1_000).Dense(1_000).Build(1);
        List<WeakReference> made = [];
        for (int i = 0; i < 300; i++)
        {
            made.Add(Frozen());
        }

        int alive = made.Count(one => one.IsAlive);
        Assert.True(alive < 200, $"{alive} of 300 predictors that nobody uses are still there");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Frozen() => new(network.Freeze());
    }

    private static Network Build() => Network.Input(100).Dense(500, Activation.Tanh).Dense(10, Activation.Softmax).Build(1);

    private static float[] Filled(int count, Action<float[]> fill)
    {
        float[] values = new float[count];
        fill(values);
        return values;
    }
}
