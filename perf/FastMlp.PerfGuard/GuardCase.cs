using FastMlp.Diagnostics;

namespace FastMlp.PerfGuard;

/// <summary>One thing whose speed is guarded: its name, what it does, and the operations in doing it once.</summary>
internal sealed record GuardCase(string Name, Action<int> Work, double Flop)
{
    /// <summary>The name of the naive kernel's row in a worker's results.</summary>
    public const string Naive = "naive kernel";

    /// <summary>
    /// The list. A name stands for its work for good: a case that changes gets a new name, or old baselines lie.
    /// </summary>
    public static IReadOnlyList<GuardCase> All() =>
    [
        Forward("layer 64 x 64 x 64", 64, [64, 64], Activation.Identity, Activation.Identity),
        Forward("layer 256 x 256 x 256", 256, [256, 256], Activation.Identity, Activation.Identity),
        Forward("layer 128 x 784 x 512", 128, [784, 512], Activation.Identity, Activation.Identity),
        Forward("layer 1024 x 2 x 64 tanh", 1024, [2, 64], Activation.Tanh, Activation.Tanh),
        Forward("layer 64 x 2 x 512 softmax", 64, [2, 512], Activation.Softmax, Activation.Softmax),
        Forward("one row 4-16-3 tanh", 1, [4, 16, 3], Activation.Tanh, Activation.Tanh),
        Forward("one row 64-64-64-10", 1, [64, 64, 64, 10], Activation.Relu, Activation.Softmax),
        Forward("one row 784-128-10", 1, [784, 128, 10], Activation.Relu, Activation.Softmax),
        Forward("32 rows 784-128-10", 32, [784, 128, 10], Activation.Relu, Activation.Softmax),
        Forward("256 rows 64-64-64-10", 256, [64, 64, 64, 10], Activation.Relu, Activation.Softmax),
        Forward("1024 rows 8-32-32-1", 1024, [8, 32, 32, 1], Activation.Relu, Activation.Identity),
        Training("step 64-64-10, 32 rows, SGD", 32, [64, 64, 10], new Sgd(1e-5f)),
        Training("step 784-128-10, 128 rows, SGD", 128, [784, 128, 10], new Sgd(1e-5f)),
        Training("step 784-128-10, 128 rows, Adam", 128, [784, 128, 10], new Adam(1e-7f)),
        Training("step 784-512-512-10, 128 rows, SGD", 128, [784, 512, 512, 10], new Sgd(1e-5f)),
        new(Naive, NaiveKernel.Run, NaiveKernel.Flop),
    ];

    private static GuardCase Forward(string name, int rows, int[] sizes, Activation hidden, Activation output)
    {
        Predictor predictor = Build(sizes, hidden, output).Freeze();
        float[] x = Numbers.Uniform(rows * sizes[0], 3);
        float[] y = new float[rows * sizes[^1]];
        return new GuardCase(
            name,
            repeats =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    predictor.Predict(x, y);
                }
            },
            Flops.Forward(sizes, rows));
    }

    /// <summary>The learning rates above are so small that the weights, and with them the work, stay what they are.</summary>
    private static GuardCase Training(string name, int rows, int[] sizes, Optimizer optimizer)
    {
        Trainer trainer = new(Build(sizes, Activation.Relu, Activation.Softmax), new TrainerOptions { Optimizer = optimizer, Threads = 1 });
        float[] x = Numbers.Uniform(rows * sizes[0], 4);
        int[] labels = Numbers.Labels(rows, sizes[^1]);
        return new GuardCase(
            name,
            repeats =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    trainer.Step(x, labels);
                }
            },
            Flops.TrainingStep(sizes, rows));
    }

    private static Network Build(int[] sizes, Activation hidden, Activation output)
    {
        NetworkBuilder builder = Network.Input(sizes[0]);
        for (int layer = 1; layer < sizes.Length; layer++)
        {
            builder.Dense(sizes[layer], layer == sizes.Length - 1 ? output : hidden);
        }

        return builder.Build(seed: 1);
    }
}
