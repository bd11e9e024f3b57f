namespace FastMlp.Distributed.Tests;

/// <summary>A small training job, and what each number of ranks makes of it.</summary>
internal static class Job
{
    public static Dataset Classes(int rows = 203, int seed = 1)
    {
        Random random = new(seed);
        float[] x = new float[rows * 7];
        int[] labels = new int[rows];
        for (int i = 0; i < rows; i++)
        {
            labels[i] = random.Next(3);
            for (int j = 0; j < 7; j++)
            {
                x[(i * 7) + j] = (float)(random.NextDouble() - 0.5 + (j % 3 == labels[i] ? 0.7 : 0));
            }
        }

        return new Dataset(x, 7, labels, 3);
    }

    public static Network Build(float dropout = 0)
    {
        NetworkBuilder builder = Network.Input(7).Dense(19, Activation.Relu);
        return (dropout > 0 ? builder.Dropout(dropout) : builder).Dense(11, Activation.Tanh).Dense(3, Activation.Softmax).Build(seed: 5);
    }

    /// <summary>All parameters of a network.</summary>
    public static float[] Parameters(Network network)
    {
        List<float> values = [];
        foreach (Tensor tensor in network.Tensors)
        {
            float[] of = new float[tensor.Length];
            tensor.CopyTo(of);
            values.AddRange(of);
        }

        return [.. values];
    }

    /// <summary>Trains with so many ranks; the parameters and report of each.</summary>
    public static (float[] Parameters, FitReport Report)[] Train(int ranks, Dataset data, FitOptions options, DistributedOptions? how = null, float dropout = 0)
    {
        (float[], FitReport)[] results = new (float[], FitReport)[ranks];
        ThreadRanks.Run(ranks, communicator =>
        {
            using Network network = Build(dropout);
            DistributedTrainer trainer = new(network, communicator, how);
            FitReport report = trainer.Fit(data, options);
            results[communicator.Rank] = (Parameters(network), report);
        }, TimeSpan.FromMinutes(5));
        return results;
    }
}
