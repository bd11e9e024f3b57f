namespace FastMlp;

/// <summary>How a <see cref="Trainer"/> updates its network.</summary>
public sealed class TrainerOptions
{
    /// <summary>What to make small. By default the loss that matches the output activation.</summary>
    public Loss? Loss { get; init; }

    /// <summary>The update rule. By default Adam with a learning rate of 1e-3.</summary>
    public Optimizer Optimizer { get; init; } = new Adam();

    /// <summary>Threads to use; 0 is all cores. The result is bit for bit the same for any number.</summary>
    public int Threads { get; init; }
}
