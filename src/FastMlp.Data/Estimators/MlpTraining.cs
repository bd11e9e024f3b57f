namespace FastMlp.Data;

/// <summary>Passes over rows as scikit-learn counts them: the same batches, penalty and learning rates, in one <see cref="Trainer"/> that keeps its state.</summary>
internal sealed class MlpTraining : IDisposable
{
    /// <summary>What an adaptive rate is divided by, and where it ends.</summary>
    private const float Slowdown = 5;

    private const float LeastRate = 1e-6f;

    private readonly Network network;
    private readonly Trainer trainer;
    private readonly MlpEstimator estimator;
    private readonly int batchSize;
    private readonly ulong seed;
    private int[] order = [];
    private float[] features = [];
    private float[] targets = [];
    private int[] labels = [];
    private float[] weights = [];
    private long passes;
    private long rowsSeen;
    private double penalty;

    public MlpTraining(Network network, MlpEstimator estimator, int batchSize, int seed)
    {
        this.network = network;
        this.estimator = estimator;
        this.batchSize = batchSize;
        this.seed = (ulong)(uint)seed << 32;
        float decay = estimator.Alpha / batchSize;
        trainer = new Trainer(network, new TrainerOptions
        {
            Optimizer = estimator.Solver switch
            {
                MlpSolver.Sgd => new Sgd(estimator.LearningRateInit, estimator.Momentum, estimator.NesterovsMomentum && estimator.Momentum > 0, decay),
                MlpSolver.Adam => new Adam(estimator.LearningRateInit, estimator.Beta1, estimator.Beta2, estimator.Epsilon, decay),
                _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator.Solver, "Unknown solver."),
            },
            Threads = estimator.Threads,
        });
        penalty = Penalty(network, decay, ref weights);
    }

    /// <summary>All of L-BFGS, which takes every row in every step and keeps no trainer; whether it came to its end.</summary>
    public static bool Search(Network network, MlpEstimator estimator, Dataset data, List<double> losses)
    {
        float[] weights = [];
        FitOptions options = new()
        {
            Optimizer = new Lbfgs(gradientTolerance: estimator.Tol, weightDecay: estimator.Alpha / data.Rows),
            Epochs = estimator.MaxIter,
            BatchSize = FitOptions.FullBatch,
            Threads = estimator.Threads,
            Progress = epoch => losses.Add(epoch.TrainLoss + Penalty(network, estimator.Alpha / data.Rows, ref weights)),
        };
        return network.Fit(data, options).StopReason == StopReason.Converged;
    }

    /// <summary>One pass; the mean of the batches' losses with the penalty.</summary>
    public double Pass(Dataset data)
    {
        Prepare(data);
        double loss = 0;
        for (int first = 0; first < data.Rows; first += batchSize)
        {
            int rows = Math.Min(batchSize, data.Rows - first);
            loss += (double)rows / data.Rows * (batchSize < data.Rows && estimator.Shuffle ? StepOnGathered(data, first, rows) : StepOnSlice(data, first, rows));
        }

        rowsSeen += data.Rows;
        if (estimator is { Solver: MlpSolver.Sgd, LearningRate: MlpLearningRate.InvScaling })
        {
            trainer.LearningRate = (float)(estimator.LearningRateInit / Math.Pow(rowsSeen + 1, estimator.PowerT));
        }

        // scikit-learn adds the penalty of every batch; between the ends of a pass it is near enough to a straight line.
        double before = penalty;
        penalty = Penalty(network, estimator.Alpha / batchSize, ref weights);
        return loss + ((before + penalty) / 2);
    }

    /// <summary>What an adaptive rate does instead of ending; false where training ends.</summary>
    public bool SlowDown()
    {
        if (estimator is not { Solver: MlpSolver.Sgd, LearningRate: MlpLearningRate.Adaptive } || trainer.LearningRate <= LeastRate)
        {
            return false;
        }

        trainer.LearningRate /= Slowdown;
        return true;
    }

    public void Dispose() => trainer.Dispose();

    /// <summary>decay / 2 times the sum of squared weights.</summary>
    private static double Penalty(Network network, float decay, ref float[] weights)
    {
        double sum = 0;
        foreach (Tensor tensor in network.Tensors)
        {
            if (decay == 0 || tensor.Role != TensorRole.Weight)
            {
                continue;
            }

            weights = weights.Length >= tensor.Length ? weights : new float[tensor.Length];
            tensor.CopyTo(weights.AsSpan(0, tensor.Length));
            foreach (float weight in weights.AsSpan(0, tensor.Length))
            {
                sum += (double)weight * weight;
            }
        }

        return decay / 2 * sum;
    }

    private void Prepare(Dataset data)
    {
        if (order.Length != data.Rows)
        {
            order = new int[data.Rows];
            features = new float[batchSize * data.InputSize];
            labels = new int[data.IsClassification ? batchSize : 0];
            targets = new float[data.IsClassification ? 0 : batchSize * data.TargetSize];
        }

        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        SplitMix random = new(seed + (ulong)++passes);
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = random.Next(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
    }

    private float StepOnSlice(Dataset data, int first, int rows)
    {
        ReadOnlySpan<float> x = data.Features.Slice(first * data.InputSize, rows * data.InputSize);
        return data.IsClassification
            ? trainer.Step(x, data.Labels.Slice(first, rows))
            : trainer.Step(x, data.Targets.Slice(first * data.TargetSize, rows * data.TargetSize));
    }

    private float StepOnGathered(Dataset data, int first, int rows)
    {
        int inputs = data.InputSize;
        int outputs = data.TargetSize;
        for (int i = 0; i < rows; i++)
        {
            int row = order[first + i];
            data.Features.Slice(row * inputs, inputs).CopyTo(features.AsSpan(i * inputs));
            if (data.IsClassification)
            {
                labels[i] = data.Labels[row];
            }
            else
            {
                data.Targets.Slice(row * outputs, outputs).CopyTo(targets.AsSpan(i * outputs));
            }
        }

        ReadOnlySpan<float> x = features.AsSpan(0, rows * inputs);
        return data.IsClassification ? trainer.Step(x, labels.AsSpan(0, rows)) : trainer.Step(x, targets.AsSpan(0, rows * outputs));
    }
}
