namespace FastMlp.PerfGuard;

/// <summary>One thing whose speed is guarded. It uses the public API only, so that old builds can run it too.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Work">Does it so many times.</param>
internal sealed record GuardCase(string Name, Action<int> Work)
{
    /// <summary>Each family of kernels by the cases that hang on it most.</summary>
    private static readonly (string Name, Func<string, GuardCase> Make)[] list =
    [
        // GEMM, from one tile to several blocks of k; two and five rows are kernels of their own.
        ("layer 64 x 64 x 64", name => Forward(name, 64, [64, 64], Activation.Identity, Activation.Identity)),
        ("layer 256 x 256 x 256", name => Forward(name, 256, [256, 256], Activation.Identity, Activation.Identity)),
        ("layer 128 x 784 x 512", name => Forward(name, 128, [784, 512], Activation.Identity, Activation.Identity)),
        ("layer 64 x 1200 x 256", name => Forward(name, 64, [1200, 256], Activation.Identity, Activation.Identity)),
        ("layer 2 x 256 x 256", name => Forward(name, 2, [256, 256], Activation.Identity, Activation.Identity)),
        ("layer 5 x 512 x 512", name => Forward(name, 5, [512, 512], Activation.Identity, Activation.Identity)),

        // Activations: with two inputs a layer is little else.
        ("layer 1024 x 2 x 64 tanh", name => Forward(name, 1024, [2, 64], Activation.Tanh, Activation.Tanh)),
        ("layer 1024 x 2 x 64 sigmoid", name => Forward(name, 1024, [2, 64], Activation.Sigmoid, Activation.Sigmoid)),
        ("layer 1024 x 2 x 64 gelu", name => Forward(name, 1024, [2, 64], Activation.Gelu, Activation.Gelu)),
        ("layer 64 x 2 x 512 softmax", name => Forward(name, 64, [2, 512], Activation.Softmax, Activation.Softmax)),

        // One row.
        ("one row 4-16-3 tanh", name => Forward(name, 1, [4, 16, 3], Activation.Tanh, Activation.Tanh)),
        ("one row 8-32-32-1", name => Forward(name, 1, [8, 32, 32, 1], Activation.Relu, Activation.Identity)),
        ("one row 64-64-64-10", name => Forward(name, 1, [64, 64, 64, 10], Activation.Relu, Activation.Softmax)),
        ("one row 784-128-10", name => Forward(name, 1, [784, 128, 10], Activation.Relu, Activation.Softmax)),
        ("one row 784-128-10, four in five inputs 0", name => Forward(name, 1, [784, 128, 10], Activation.Relu, Activation.Softmax, zeros: true)),

        // Batches, wide and narrow.
        ("32 rows 784-128-10", name => Forward(name, 32, [784, 128, 10], Activation.Relu, Activation.Softmax)),
        ("256 rows 64-64-64-10", name => Forward(name, 256, [64, 64, 64, 10], Activation.Relu, Activation.Softmax)),
        ("1024 rows 8-32-32-1", name => Forward(name, 1024, [8, 32, 32, 1], Activation.Relu, Activation.Identity)),
        ("1024 rows 4-16-3 tanh", name => Forward(name, 1024, [4, 16, 3], Activation.Tanh, Activation.Tanh)),

        // Training: forward, loss, dX, dW and each kind of update.
        ("step 64-64-10, 32 rows, SGD", name => Training(name, 32, [64, 64, 10], new Sgd(1e-5f))),
        ("step 784-128-10, 128 rows, SGD", name => Training(name, 128, [784, 128, 10], new Sgd(1e-5f))),
        ("step 784-512-512-10, 128 rows, SGD", name => Training(name, 128, [784, 512, 512, 10], new Sgd(1e-5f))),
        ("step 784-128-10, 128 rows, momentum", name => Training(name, 128, [784, 128, 10], new Sgd(1e-6f, momentum: 0.9f))),
        ("step 784-128-10, 128 rows, Adam", name => Training(name, 128, [784, 128, 10], new Adam(1e-7f))),
        ("step 4-32-16-4 tanh, 1024 rows, Adam", name => Training(name, 1024, [4, 32, 16, 4], new Adam(1e-7f), Activation.Tanh)),
        ("step 784-128-10, 128 rows, SGD, empty margins", name => Training(name, 128, [784, 128, 10], new Sgd(1e-5f), margins: true)),
        ("step 4-32-16-4 tanh, 8192 rows, Adam", name => Training(name, 8192, [4, 32, 16, 4], new Adam(1e-7f), Activation.Tanh)),
    ];

    public static IEnumerable<string> Names => list.Select(one => one.Name);

    /// <summary>All cases, with their networks and inputs.</summary>
    public static IEnumerable<GuardCase> All() => list.Select(one => one.Make(one.Name));

    private static GuardCase Forward(string name, int rows, int[] sizes, Activation hidden, Activation output, bool zeros = false)
    {
        Predictor predictor = Build(sizes, hidden, output).Freeze();
        float[] x = Numbers.Uniform(rows * sizes[0], 3);
        if (zeros)
        {
            Numbers.ClearFourInFive(x);
        }

        float[] y = new float[rows * sizes[^1]];
        return new GuardCase(
            name,
            repeats =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    predictor.Predict(x, y);
                }
            });
    }

    /// <summary>The learning rates above are so small that the weights, and with them the work, stay what they are.</summary>
    private static GuardCase Training(string name, int rows, int[] sizes, Optimizer optimizer, Activation? hidden = null, bool margins = false)
    {
        Trainer trainer = new(Build(sizes, hidden ?? Activation.Relu, Activation.Softmax), new TrainerOptions { Optimizer = optimizer, Threads = 1 });
        float[] x = Numbers.Uniform(rows * sizes[0], 4);
        if (margins)
        {
            Numbers.ClearMargins(x, sizes[0]);
        }

        int[] labels = Numbers.Labels(rows, sizes[^1]);
        return new GuardCase(
            name,
            repeats =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    trainer.Step(x, labels);
                }
            });
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
