namespace FastMlp.Distributed;

/// <summary>
/// What the ranks of a job say to each other. All ranks make the same calls in the same order with the same lengths; each call returns when it is done.
/// A rank that does not come within <see cref="Deadline"/> ends the job.
/// </summary>
public abstract class Communicator : IDisposable
{
    /// <summary>This rank, from 0.</summary>
    public abstract int Rank { get; }

    /// <summary>How many ranks there are.</summary>
    public abstract int Size { get; }

    /// <summary>How long a rank waits for another one before the job ends with a message that names the other.</summary>
    public abstract TimeSpan Deadline { get; }

    /// <summary>Replaces each value by its sum over all ranks: the same bits on every rank.</summary>
    public abstract void Sum(Span<float> values);

    /// <summary>Replaces each value by its sum over all ranks: the same bits on every rank.</summary>
    public abstract void Sum(Span<double> values);

    /// <summary>Sends each rank a part and receives one from each, both in the order of the ranks.</summary>
    /// <param name="sent">What this rank sends.</param>
    /// <param name="sentCounts">Bytes for each rank.</param>
    /// <param name="received">What this rank receives.</param>
    /// <param name="receivedCounts">Bytes from each rank.</param>
    public abstract void AllToAll(ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentCounts, Span<byte> received, ReadOnlySpan<int> receivedCounts);

    /// <summary>Gives every rank the parts of all ranks, in their order; a rank's own part is in its place already.</summary>
    /// <param name="values">All parts.</param>
    /// <param name="counts">Bytes of each rank's part.</param>
    public abstract void AllGather(Span<byte> values, ReadOnlySpan<int> counts);

    /// <summary>Ends the job on all ranks, because this one cannot go on.</summary>
    /// <param name="reason">Why.</param>
    public abstract void Fail(Exception reason);

    /// <summary>These ranks as <see cref="FitOptions.Group"/>, for one fit at a time.</summary>
    /// <param name="options">How they work together; the same on every rank.</param>
    /// <exception cref="ArgumentException">There are more ranks than shares, shares are no power of two, or options contradict each other.</exception>
    public TrainingGroup CreateGroup(DistributedOptions? options = null) => GradientGroup.Create(this, options ?? new DistributedOptions());

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Leaves the job.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Checks lengths against counts.</summary>
    private protected void CheckParts(int length, ReadOnlySpan<int> counts, string name)
    {
        long sum = 0;
        foreach (int count in counts)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, name);
            sum += count;
        }

        if (counts.Length != Size || sum != length)
        {
            throw new ArgumentException($"{length} bytes are not the {sum} bytes of {counts.Length} parts for {Size} ranks.", name);
        }
    }
}
