using FastMlp.Tests.Support;

namespace FastMlp.Tests;

/// <summary>Parameters lie outside the collector's heap; they must outlive a call that is the last use of their network.</summary>
[Collection(nameof(Alone))]
public class LifetimeTests
{
    private const int Rows = 256;
    private static readonly float[] X = Numbers.Uniform(1, Rows * 100);
    private static readonly int[] Labels = Numbers.Labels(2, Rows, 10);
    private static readonly Dataset Data = new(X, 100, Labels, 10);

    private static readonly Dictionary<string, Func<float[]>> Calls = new()
    {
        ["Network.Predict"] = () => Build().Predict(X),
        ["Network.Evaluate"] = () => [Build().Evaluate(Data).Loss],
        ["Network.Fit"] = () => [Build().Train(Data, new FitOptions { Epochs = 1, BatchSize = 64 }).Epochs[0].TrainLoss],
        ["Network.GetWeight"] = () => Filled(100 * 500, weight => Build().GetWeight(0, weight)),
        ["Network.Freeze"] = () => Filled(Rows * 10, y => Build().Freeze().Predict(X, y)),
        ["Network.Clone"] = () => Build().Clone().Predict(X),
        ["Trainer.Step"] = () => [new Trainer(Build(), new TrainerOptions()).Step(X, Labels)],
        ["Trainer.GetWeightGradient"] = () =>
        {
            Trainer trainer = new(Build(), new TrainerOptions());
            trainer.ComputeGradients(X, Labels);
            return Filled(100 * 500, gradient => trainer.GetWeightGradient(0, gradient));
        },
    };

    [Fact]
    public void NothingIsFreedUnderACall()
    {
        // Only optimized code lets a reference die at its last use; it comes after some calls and a pause.
        Dictionary<string, float[]> expected = [];
        for (int i = 0; i < 38; i++)
        {
            foreach ((string name, Func<float[]> call) in Calls)
            {
                expected[name] = call();
            }

            if (i is 31 or 36)
            {
                Thread.Sleep(200);
            }
        }

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
        for (int i = 0; i < 20; i++)
        {
            foreach ((string name, Func<float[]> call) in Calls)
            {
                if (!Bits.AreEqual(expected[name], call()))
                {
                    wrong.Add(name);
                }
            }
        }

        done.Cancel();
        collector.Join();
        Assert.Empty(wrong);
    }

    private static Network Build() => Network.Input(100).Dense(500, Activation.Tanh).Dense(10, Activation.Softmax).Build(1);

    private static float[] Filled(int count, Action<float[]> fill)
    {
        float[] values = new float[count];
        fill(values);
        return values;
    }
}
