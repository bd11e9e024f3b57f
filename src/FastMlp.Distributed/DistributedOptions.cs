namespace FastMlp.Distributed;

/// <summary>How ranks train together.</summary>
public sealed record DistributedOptions
{
    /// <summary>
    /// Whether the result is the same bits for any number of ranks up to <see cref="Shares"/>, one included: each batch is cut into that many shares, and their
    /// gradients are added in a fixed tree, whatever rank owns them. Otherwise each rank has one share, and results agree to rounding.
    /// </summary>
    public bool Deterministic { get; init; }

    /// <summary>Shares of a batch where <see cref="Deterministic"/> is set: a power of two, at least the number of ranks. Another number is another result.</summary>
    public int Shares { get; init; } = 8;

    /// <summary>
    /// Whether gradients travel as bfloat16, half the bytes. What rounding takes off is added to the next gradient (error feedback; Seide et al., 2014).
    /// It is for slow links, and changes the result; a resumed run begins without what was left to add.
    /// </summary>
    public bool Compress { get; init; }
}
