namespace FastMlp.Kernels;

/// <summary>Which elements one dropout layer drops in one step: a hash of (seed, layer, step) that the element's place is hashed with.</summary>
/// <param name="key">That hash.</param>
/// <param name="rate">The share that is dropped, from 0 to below 1, in steps of 2^-32.</param>
internal readonly struct DropoutDraw(ulong key, float rate)
{
    public ulong Key => key;

    /// <summary>32 random bits below this mean dropped.</summary>
    public uint Threshold { get; } = (uint)(rate * (double)(1UL << 32));

    /// <summary>What the elements that stay are multiplied by, 1 / (1 - rate), so that the mean stays too.</summary>
    public float Scale { get; } = 1 / (1 - rate);

    /// <summary>The draw of a layer at a step.</summary>
    public static DropoutDraw Of(int seed, int layer, long step, float rate) =>
        new(CounterRandom.Bits(seed, CounterRandom.DropoutStream + layer, step), rate);
}
