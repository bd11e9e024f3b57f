namespace FastMlp.Data;

/// <summary>
/// The exact median of any number of floats in bounded memory, by two passes over the same values: the first counts them by the
/// upper 16 bits of a key that sorts as they do, the second those beside the middle by the lower 16. At most 1.5 MB; a page of
/// 2 KB spans two powers of two.
/// </summary>
internal sealed class MedianCount
{
    private const int Pages = 256;
    private readonly long[]?[] upper = new long[Pages][];
    private readonly Dictionary<int, long[]> lower = [];
    private long count;
    private (int Bin, long Rank) low;
    private (int Bin, long Rank) high;

    /// <summary>Counts a value of the first pass.</summary>
    public void Add(float value)
    {
        int bin = (int)(Key(value) >> 16);
        (upper[bin >> 8] ??= new long[Pages])[bin & 0xff]++;
        count++;
    }

    /// <summary>Ends the first pass.</summary>
    public void Locate()
    {
        if (count > 0)
        {
            low = Locate((count - 1) / 2);
            high = Locate(count / 2);
            lower[low.Bin] = new long[1 << 16];
            lower[high.Bin] = new long[1 << 16];
        }
    }

    /// <summary>Takes a value in the second pass.</summary>
    public void Refine(float value)
    {
        uint key = Key(value);
        if (lower.TryGetValue((int)(key >> 16), out long[]? counts))
        {
            counts[key & 0xffff]++;
        }
    }

    /// <summary>Of an even number of values, the mean of the middle two; NaN of none.</summary>
    public float Median => count == 0 ? float.NaN : (float)((Value(low) + (double)Value(high)) / 2);

    /// <summary>Ascends as the floats do: the sign bit turned, and of negative numbers all others too.</summary>
    private static uint Key(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits >> 31) == 0 ? bits | 0x80000000 : ~bits;
    }

    private (int Bin, long Rank) Locate(long rank)
    {
        for (int bin = 0; ; bin++)
        {
            long here = upper[bin >> 8]?[bin & 0xff] ?? 0;
            if (rank < here)
            {
                return (bin, rank);
            }

            rank -= here;
        }
    }

    private float Value((int Bin, long Rank) at)
    {
        long[] counts = lower[at.Bin];
        long rank = at.Rank;
        uint low = 0;
        while (rank >= counts[low])
        {
            rank -= counts[low++];
        }

        uint key = ((uint)at.Bin << 16) | low;
        return BitConverter.UInt32BitsToSingle((key >> 31) == 1 ? key & 0x7fffffff : ~key);
    }
}
