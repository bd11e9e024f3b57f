using FastMlp.Training;

namespace FastMlp;

/// <summary>How a <see cref="Trainer"/> updates its network.</summary>
public sealed record TrainerOptions
{
    /// <summary>What to make small. By default the loss that matches the output activation.</summary>
    public Loss? Loss { get; init; }

    /// <summary>The update rule. By default Adam with a learning rate of 1e-3.</summary>
    public Optimizer Optimizer { get; init; } = new Adam();

    /// <summary>How the learning rate changes from update to update; null keeps that of the optimizer, or what <see cref="Trainer.LearningRate"/> is set to.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>Updates of the whole run, for schedules that end with it; 0 where there is no planned end.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Updates that make an epoch, for schedules that count epochs: by default each update is one.</summary>
    public long StepsPerEpoch { get; init; } = 1;

    /// <summary>Each component of the gradient of the loss is held within plus or minus this much, after <see cref="ClipNorm"/>; 0 is off.</summary>
    public float ClipValue { get; init; }

    /// <summary>The gradient of the loss, as one vector of all parameters, is scaled down to at most this length (Euclidean); 0 is off.</summary>
    public float ClipNorm { get; init; }

    /// <summary>lambda of the penalty lambda sum of |w| over weights: adds lambda sign(w) to their gradient, after any clipping; 0 is off.</summary>
    public float L1 { get; init; }

    /// <summary>The greatest length of the weights that enter a unit; longer ones are scaled back after each step (Srebro et al., 2005); 0 is off.</summary>
    public float MaxNorm { get; init; }

    /// <summary>The seed of what dropout drops: number i of a layer at a step is a hash of seed, layer, step and i.</summary>
    public int Seed { get; init; }

    /// <summary>Threads to use; 0 is all cores. The result is bit for bit the same for any number.</summary>
    public int Threads { get; init; }

    internal UpdateLimits Limits => new(ClipValue, ClipNorm, L1, MaxNorm);
}
