namespace FastMlp.Distributed;

/// <summary>
/// Trains a network on all ranks of a job: each computes the gradients of its shares of every batch, and all make the same update. It is the loop of
/// <see cref="Network.Fit(Dataset, FitOptions, CancellationToken)"/>: reports, early stopping, schedules, checkpoints and resuming are the same.
/// </summary>
public sealed class DistributedTrainer
{
    private readonly Network network;
    private readonly Communicator communicator;
    private readonly GradientGroup group;

    /// <param name="network">What is trained; the same first weights on every rank. It stays the caller's.</param>
    /// <param name="communicator">The ranks. It stays the caller's.</param>
    /// <param name="options">How they work together.</param>
    /// <exception cref="ArgumentException">There are more ranks than shares, shares are no power of two, or options contradict each other.</exception>
    public DistributedTrainer(Network network, Communicator communicator, DistributedOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(communicator);
        this.network = network;
        this.communicator = communicator;
        group = GradientGroup.Create(communicator, options ?? new DistributedOptions());
    }

    /// <summary>This rank, from 0. Rank 0 reports, and writes the checkpoints and the model.</summary>
    public int Rank => communicator.Rank;

    /// <summary>How many ranks there are.</summary>
    public int Size => communicator.Size;

    /// <summary>
    /// Trains on rows that every rank has. <see cref="FitOptions.BatchSize"/> is that of all ranks together. A rank that fails ends the job on all of them.
    /// </summary>
    /// <param name="data">The same rows on every rank; a rank reads its own share of each batch.</param>
    /// <param name="options">The same on every rank, but for <see cref="FitOptions.Threads"/>, <see cref="FitOptions.Progress"/> and the callbacks. A folder of checkpoints must be one that all ranks see.</param>
    /// <param name="cancellationToken">Ends training on all ranks after the batch under way, if it is cancelled on one of them.</param>
    /// <exception cref="RankFailedException">Another rank failed, or did not come in time (over MPI the process ends instead).</exception>
    public FitReport Fit(Dataset data, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return network.Fit(data, options with { Group = group }, cancellationToken);
        }
        catch (Exception exception) when (exception is not RankFailedException)
        {
            // The others wait for this rank.
            communicator.Fail(exception);
            throw;
        }
    }
}
