namespace FastMlp;

/// <summary>
/// Ranks (processes or threads) that train one network together. Each has the network, the optimizer's state and the options; a batch is cut into
/// <see cref="Shares"/>, each rank computes the gradients of its own, and all make the same update from the mean. The loop calls every member on every
/// rank at the same point and in the same order.
/// </summary>
/// <remarks>FastMlp.Distributed implements it over MPI and over threads. Rank 0 writes the checkpoints.</remarks>
public abstract class TrainingGroup
{
    /// <summary>This rank, from 0.</summary>
    public abstract int Rank { get; }

    /// <summary>How many ranks there are; at least 1.</summary>
    public abstract int Size { get; }

    /// <summary>Into how many shares of rows each batch is cut; at least <see cref="Size"/>. Rank r has the shares r S / P to (r + 1) S / P.</summary>
    public abstract int Shares { get; }

    /// <summary>Whether the sum of shares has the same bits whatever rank owns them.</summary>
    public abstract bool IsDeterministic { get; }

    /// <summary>Replaces each value by its sum over all ranks, the same bits on every rank.</summary>
    /// <param name="values">As many on each rank.</param>
    public abstract void Sum(Span<double> values);

    /// <summary>Takes the mean gradient of one of this rank's shares. Called in the order of the shares; shares without rows are left out.</summary>
    /// <param name="share">Its number.</param>
    /// <param name="gradients">dL/dtheta of its rows, one block of all parameters. The next share overwrites it; after the last it is kept until <see cref="Average"/>.</param>
    /// <param name="weight">w: how much its rows weigh.</param>
    public abstract void Contribute(int share, Span<float> gradients, double weight);

    /// <summary>Fills the block with sum of w g / sum of w over all shares of all ranks, the same bits on every rank.</summary>
    /// <param name="gradients">The block.</param>
    /// <param name="totalWeight">The sum of w.</param>
    public abstract void Average(Span<float> gradients, double totalWeight);

    /// <summary>The first share of a rank.</summary>
    internal int FirstShare(int rank) => (int)((long)rank * Shares / Size);

    /// <summary>Checks what the loop relies on.</summary>
    internal void Check()
    {
        if (Size < 1 || Rank < 0 || Rank >= Size || Shares < Size)
        {
            throw new ArgumentException($"A group of {Size} ranks with {Shares} shares and this one as rank {Rank}: ranks run from 0 to {Size - 1}, and each needs a share.");
        }
    }
}
