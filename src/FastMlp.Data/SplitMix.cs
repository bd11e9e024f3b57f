namespace FastMlp.Data;

/// <summary>Random numbers by G. L. Steele, D. Lea and C. H. Flood's SplitMix64 (2014): of a counter, so that a row's number does not depend on how it was reached.</summary>
internal struct SplitMix(ulong seed)
{
    private const ulong Step = 0x9e3779b97f4a7c15;
    private ulong state = seed;

    /// <summary>From 0 to 1, 1 excluded: for the row of that number.</summary>
    public static double Fraction(int seed, long row) => (Mix(Mix((uint)seed + Step) + ((ulong)row * Step)) >> 11) * (1.0 / (1ul << 53));

    /// <summary>From 0 to one less than <paramref name="count"/>.</summary>
    public int Next(int count)
    {
        state += Step;
        return (int)(((UInt128)Mix(state) * (uint)count) >> 64);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
