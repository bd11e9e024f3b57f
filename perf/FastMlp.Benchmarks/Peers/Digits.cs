using FastMlp.Data;

namespace FastMlp.Benchmarks.Peers;

/// <summary>MNIST's digits with pixels from 0 to 1, four in five of them zero, and networks that have learnt them.</summary>
internal sealed class Digits
{
    /// <summary>One pass gives about 97 % on the test images, and the hidden zeros of a network that knows its work.</summary>
    private const int Epochs = 1;

    private readonly Dictionary<string, Network> trained = [];

    private Digits(Dataset train, Dataset test)
    {
        TrainingSet = train;
        Test = test;
    }

    public Dataset Test { get; }

    public Dataset TrainingSet { get; }

    /// <param name="folder">The folder with the idx files.</param>
    public static Digits Load(string folder)
    {
        (Dataset train, Dataset? test) = IdxDataset.LoadFolder(folder);
        if (test is null)
        {
            throw new FileNotFoundException($"{folder} has no test images (t10k-images-idx3-ubyte).");
        }

        Scaler scaler = Scaler.Pixels(train.InputSize);
        return new Digits(scaler.Transform(train), scaler.Transform(test));
    }

    /// <summary>The network of a workload, trained: once, for all who ask.</summary>
    public Network Trained(Workload work)
    {
        if (!trained.TryGetValue(work.Name, out Network? network))
        {
            network = work.Build();
            network.Fit(TrainingSet, new FitOptions { Loss = Loss.CrossEntropy, Optimizer = new Adam(1e-3f), Epochs = Epochs, BatchSize = 128, Seed = 1, Threads = 1 });
            trained.Add(work.Name, network);
        }

        return network;
    }

    /// <summary>What rounding the weights of a trained network costs.</summary>
    public HalfAccuracy Rounding(Workload work)
    {
        using Predictor single = Trained(work).Freeze();
        using Predictor half = Trained(work).Freeze(WeightFormat.BFloat16);
        return new HalfAccuracy(work.Name, single.Evaluate(Test, Loss.CrossEntropy).Accuracy, half.Evaluate(Test, Loss.CrossEntropy).Accuracy);
    }
}

/// <summary>Test accuracies of one network, with weights as trained and rounded to bfloat16.</summary>
internal sealed record HalfAccuracy(string Network, double Single, double Half);
