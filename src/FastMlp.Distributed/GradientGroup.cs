namespace FastMlp.Distributed;

/// <summary>A group of ranks that exchange gradients over a communicator.</summary>
internal abstract class GradientGroup(Communicator communicator) : TrainingGroup
{
    public override int Rank => communicator.Rank;

    public override int Size => communicator.Size;

    protected Communicator Communicator => communicator;

    public static GradientGroup Create(Communicator communicator, DistributedOptions options)
    {
        if (!options.Deterministic)
        {
            return options.Compress ? new CompressedGradients(communicator) : new SummedGradients(communicator);
        }

        if (options.Compress)
        {
            throw new ArgumentException("Compression rounds what each rank sends, so the bits depend on the number of ranks: leave out Compress or Deterministic.", nameof(options));
        }

        if (!int.IsPow2(options.Shares) || options.Shares < communicator.Size)
        {
            throw new ArgumentException($"{options.Shares} shares for {communicator.Size} ranks: Shares is a power of two, and each rank needs one.", nameof(options));
        }

        return new TreeOfGradients(communicator, options.Shares);
    }

    public override void Sum(Span<double> values) => communicator.Sum(values);

    /// <summary>Cuts values into a slice for each rank.</summary>
    /// <param name="length">How many values.</param>
    /// <param name="rank">Whose slice; <see cref="TrainingGroup.Size"/> gives the end.</param>
    protected int SliceStart(int length, int rank) => (int)((long)length * rank / Size);
}
