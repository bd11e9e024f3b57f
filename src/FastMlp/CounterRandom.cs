namespace FastMlp;

/// <summary>
/// Random numbers without state: number i of a stream is a hash of (seed, stream, i), so it never depends on who asked before.
/// The hash is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014) applied twice.
/// </summary>
internal static class CounterRandom
{
    public const int ShuffleStream = 1 << 20;
    public const int SplitStream = 1 << 21;
    public const int FoldStream = 1 << 22;
    public const int DropoutStream = 1 << 24;

    /// <summary>What one number's place in a stream counts for: SplitMix64's odd constant, the golden ratio of 2^64.</summary>
    private const ulong Step = 0x9E3779B97F4A7C15UL;

    /// <summary>64 random bits.</summary>
    public static ulong Bits(int seed, int stream, long index)
    {
        ulong key = Mix(((ulong)(uint)seed << 32) | (uint)stream);
        return BitsOf(key, (ulong)index);
    }

    /// <summary>64 random bits: number <paramref name="index"/> of the stream that <paramref name="key"/> names, where the key is random itself.</summary>
    public static ulong BitsOf(ulong key, ulong index) => Mix(key + (index * Step));

    /// <summary>Uniform on [0, 1), a multiple of 2^-53.</summary>
    public static double Uniform(int seed, int stream, long index) => (Bits(seed, stream, index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal, by Box and Muller's transform of numbers 2 index and 2 index + 1.</summary>
    public static double Normal(int seed, int stream, long index)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(seed, stream, 2 * index)));
        return radius * Math.Cos(2 * Math.PI * Uniform(seed, stream, (2 * index) + 1));
    }

    /// <summary>Fisher and Yates's shuffle, in place.</summary>
    public static void Shuffle(Span<int> items, int seed, int stream)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = (int)Math.BigMul(Bits(seed, stream, i), (ulong)i + 1, out _);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong x)
    {
        x += Step;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
