using FastMlp.Training;

namespace FastMlp;

/// <summary>How <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/> trains.</summary>
public sealed record FitOptions
{
    /// <summary>What to make small. By default the loss that matches the output activation: softmax with cross-entropy, sigmoid with binary cross-entropy, all others with the quadratic loss.</summary>
    public Loss? Loss { get; init; }

    /// <summary>The update rule. By default Adam with a learning rate of 1e-3.</summary>
    public Optimizer Optimizer { get; init; } = new Adam();

    /// <summary>How the learning rate changes from update to update; null keeps that of the optimizer.</summary>
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

    /// <summary>Mini-batches whose gradients are added up, each by the weight of its rows, before an update: the same step as one batch of all their rows, in the memory of one. 1 by default.</summary>
    /// <remarks>The last update of an epoch takes what is left. A batch that normalizes over its rows still sees its own rows only.</remarks>
    public int AccumulateBatches { get; init; } = 1;

    /// <summary>Rows that are scored after every epoch and never trained on.</summary>
    public Dataset? Validation { get; init; }

    /// <summary>The share of the training rows that is held out as <see cref="Validation"/>, drawn by <see cref="Seed"/>, of class labels the same share of each; 0 is none.</summary>
    public double ValidationFraction { get; init; }

    /// <summary>The seed of the order of rows and of what dropout drops.</summary>
    public int Seed { get; init; }

    /// <summary>Whether each epoch visits the rows in a new order. A full batch is never shuffled.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Threads to use; 0 is all cores. The result is bit for bit the same for any number.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// What early stopping and <see cref="RestoreBest"/> watch of the validation rows; each metric knows which way is better. By default the loss.
    /// Schedules look at losses in any case.
    /// </summary>
    public Metric Watch { get; init; } = Metric.Loss;

    /// <summary>Stops after this many epochs in which <see cref="Watch"/> was no better than before; 0 never stops early. Needs <see cref="Validation"/> or <see cref="ValidationFraction"/>.</summary>
    public int EarlyStoppingPatience { get; init; }

    /// <summary>By how much an epoch must be better than the best before it for <see cref="EarlyStoppingPatience"/> to begin anew; at least 0.</summary>
    public float MinDelta { get; init; }

    /// <summary>
    /// Whether the parameters of the epoch that was best by <see cref="Watch"/> are put back at the end. By default they are where <see cref="EarlyStoppingPatience"/>
    /// or <see cref="MaxDuration"/> is set and there are validation rows.
    /// </summary>
    public bool? RestoreBest { get; init; }

    /// <summary>
    /// Training ends when this much time has passed, looked at before every update; zero is no limit. With validation rows the part of
    /// an epoch that is done is scored too, within the limit as far as the last scoring tells how long that takes, and the best parameters are put back.
    /// </summary>
    public TimeSpan MaxDuration { get; init; }

    /// <summary>Called after every epoch, on the training thread.</summary>
    public Action<EpochReport>? Progress { get; init; }

    /// <summary>Called at the beginning and the end of training, epochs and batches, in this order, on the training thread.</summary>
    public IReadOnlyList<TrainingCallback> Callbacks { get; init; } = [];

    /// <summary>Where and how often checkpoints are written; null is never.</summary>
    public CheckpointOptions? Checkpoint { get; init; }

    /// <summary>
    /// A folder of checkpoints to go on from: the newest whole one replaces parameters, optimizer state and position, and the result is bit for
    /// bit that of a run that was never interrupted. An existing folder without any starts from the beginning. Data and options must be those
    /// of the checkpoint, but for <see cref="Threads"/>, <see cref="MaxDuration"/>, <see cref="Progress"/>, <see cref="Callbacks"/>, <see cref="Checkpoint"/>
    /// and, where no schedule depends on the length of the run, <see cref="Epochs"/>.
    /// </summary>
    public string? Resume { get; init; }

    /// <summary>
    /// The ranks that train together; null is this process alone. <see cref="BatchSize"/> is that of all of them. Every rank calls Fit with the same rows,
    /// options and first weights, and ends with the same network; rank 0 writes the checkpoints, which any number of ranks can go on from.
    /// </summary>
    public TrainingGroup? Group { get; init; }

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

    /// <exception cref="ArgumentException">An option is out of range, or two contradict each other.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(AccumulateBatches, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(EarlyStoppingPatience);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDuration, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(Optimizer);
        ArgumentNullException.ThrowIfNull(Watch);
        ArgumentNullException.ThrowIfNull(Callbacks);
        foreach (TrainingCallback callback in Callbacks)
        {
            ArgumentNullException.ThrowIfNull(callback, nameof(Callbacks));
        }

        if (!(MinDelta >= 0) || !float.IsFinite(MinDelta))
        {
            throw new ArgumentOutOfRangeException(nameof(MinDelta), MinDelta, "MinDelta is a finite number of at least 0.");
        }

        if (ValidationFraction is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(ValidationFraction), ValidationFraction, "ValidationFraction is at least 0 and below 1.");
        }

        if (ValidationFraction > 0 && Validation is not null)
        {
            throw new ArgumentException("There are two sets of validation rows: set Validation or ValidationFraction.", nameof(Validation));
        }

        if (ValidationFraction == 0 && Validation is null && (EarlyStoppingPatience > 0 || RestoreBest == true || Watch != Metric.Loss))
        {
            throw new ArgumentException("Early stopping, RestoreBest and Watch are about validation rows: set Validation or ValidationFraction.", nameof(Validation));
        }
    }
}
