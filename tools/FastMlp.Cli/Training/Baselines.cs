using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>
/// What the same test rows give without a network: a score means something beside them. The constant model answers the shares of the classes or the
/// mean of the training rows. The linear one is logistic or ridge regression on the features as the network sees them, with the penalty 1/2 |W|^2 on
/// the sum over the rows, as in scikit-learn's defaults (C = 1, alpha = 1).
/// </summary>
/// <param name="Constant">Of the constant model.</param>
/// <param name="Linear">Of the linear model.</param>
internal sealed record Baselines(Score Constant, Score Linear)
{
    private const int MostIterations = 100;

    private const int LeastIterations = 10;

    /// <summary>Multiply-adds that the linear model may take, about a second of one core: beyond, it gets fewer iterations.</summary>
    private const double Work = 3e10;

    /// <summary>What the constant model is called.</summary>
    public static string ConstantName(bool classifies) => classifies ? "majority class" : "mean of training rows";

    /// <param name="preprocessing">Of both sets.</param>
    /// <param name="train">Rows to learn from, scaled.</param>
    /// <param name="test">Rows to score, scaled.</param>
    /// <param name="threads">0 for all cores.</param>
    /// <param name="stop">Ends the linear model's training.</param>
    public static Baselines Of(Preprocessing preprocessing, Dataset train, Dataset test, int threads, CancellationToken stop)
    {
        using Network network = ConstantNetwork(train);
        Score constant = Score.Of(network, preprocessing, test);
        double pass = 2.0 * train.Rows * train.InputSize * train.TargetSize;
        FitOptions options = new()
        {
            Optimizer = new Lbfgs(weightDecay: 1f / train.Rows),
            BatchSize = FitOptions.FullBatch,
            Epochs = (int)Math.Clamp(Work / pass, LeastIterations, MostIterations),
            Threads = threads,
        };
        try
        {
            network.Fit(train, options, stop);
        }
        catch (TrainingDivergedException)
        {
            // The parameters are those of the last step that was finite.
        }

        return new Baselines(constant, Score.Of(network, preprocessing, test));
    }

    /// <summary>A network of one layer that answers the same whatever it is given: the weights are 0.</summary>
    public static Network ConstantNetwork(Dataset train) => ConstantNetwork(train.InputSize, train.IsClassification, Answer(train));

    /// <param name="inputs">Features.</param>
    /// <param name="classifies">Whether the answer is the shares of classes.</param>
    /// <param name="answer">The answer.</param>
    public static Network ConstantNetwork(int inputs, bool classifies, IReadOnlyList<double> answer)
    {
        Network network = Network.Input(inputs).Dense(answer.Count, classifies ? Activation.Softmax : Activation.Identity).Build(seed: 1);
        network.Tensors["layers.0.weight"].CopyFrom(new float[inputs * answer.Count]);

        // A class without a row gets the share of half of one in a million.
        network.Tensors["layers.0.bias"].CopyFrom([.. answer.Select(value => (float)(classifies ? Math.Log(Math.Max(value, 5e-7)) : value))]);
        return network;
    }

    /// <summary>The shares of the classes, or the means of the values.</summary>
    public static double[] Answer(Dataset train)
    {
        double[] sums = new double[train.TargetSize];
        foreach (int label in train.Labels)
        {
            sums[label]++;
        }

        for (int i = 0; i < train.Targets.Length; i++)
        {
            sums[i % sums.Length] += train.Targets[i];
        }

        return [.. sums.Select(sum => sum / train.Rows)];
    }
}
