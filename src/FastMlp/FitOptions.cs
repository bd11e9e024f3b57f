using FastMlp.Training;

namespace FastMlp;

/// <summary>How <see cref="Network.Fit"/> trains.</summary>
public sealed class FitOptions
{
    /// <summary>What to make small. By default the loss that matches the output activation: softmax with cross-entropy, sigmoid with binary cross-entropy, all others with the quadratic loss.</summary>
    public Loss? Loss { get; init; }

    /// <summary>The update rule. By default Adam with a learning rate of 1e-3.</summary>
    public Optimizer Optimizer { get; init; } = new Adam();

    /// <summary>How the learning rate moves from update to update; null leaves it at the optimizer's.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>Each component of the gradient of the loss is held within plus or minus this much, after <see cref="ClipNorm"/>; 0 is off.</summary>
    public float ClipValue { get; init; }

    /// <summary>The gradient of the loss, as one vector of all parameters, is scaled down to at most this length (Euclidean); 0 is off.</summary>
    public float ClipNorm { get; init; }

    /// <summary>lambda of the penalty lambda sum of |w| over weights: adds lambda sign(w) to their gradient, after any clipping; 0 is off.</summary>
    public float L1 { get; init; }

    /// <summary>The greatest length of the weights that enter a unit; longer ones are scaled back after each step (Srebro et al., 2005); 0 is off.</summary>
    public float MaxNorm { get; init; }

    /// <summary>Passes over the training rows; at least 1.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>Rows in a mini-batch: 1 is stochastic, <see cref="FullBatch"/> or more than there are rows is full-batch. The last batch of an epoch may be short.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The <see cref="BatchSize"/> that takes all rows at once.</summary>
    public const int FullBatch = int.MaxValue;

    /// <summary>Rows that are scored after every epoch and never trained on.</summary>
    public Dataset? Validation { get; init; }

    /// <summary>The seed of the order of rows and of what dropout drops.</summary>
    public int Seed { get; init; }

    /// <summary>Whether each epoch visits the rows in a new order. A full batch is never shuffled.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Threads to use; 0 is all cores. The result is bit for bit the same for any number.</summary>
    public int Threads { get; init; }

    /// <summary>Stops after this many epochs without a lower validation loss, and puts the best parameters back; 0 never stops early. Needs <see cref="Validation"/>.</summary>
    public int EarlyStoppingPatience { get; init; }

    /// <summary>Called after every epoch, on the training thread.</summary>
    public Action<EpochReport>? Progress { get; init; }

    /// <summary>The loss, optimizer, limits, seed and threads of these options for a <see cref="Trainer"/>, which has no epochs; the schedule is left out.</summary>
    public TrainerOptions ForTrainer() => new()
    {
        Loss = Loss,
        Optimizer = Optimizer,
        ClipValue = ClipValue,
        ClipNorm = ClipNorm,
        L1 = L1,
        MaxNorm = MaxNorm,
        Seed = Seed,
        Threads = Threads,
    };

    internal UpdateLimits Limits => new(ClipValue, ClipNorm, L1, MaxNorm);
}
