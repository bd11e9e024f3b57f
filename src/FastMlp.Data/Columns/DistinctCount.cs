namespace FastMlp.Data;

/// <summary>
/// How many different numbers there are: exact up to 2,048, then estimated to about 2 % from the least 2,048 of their hashes (Z. Bar-Yossef and others, 2002).
/// It does not depend on their order.
/// </summary>
internal sealed class DistinctCount
{
    private const int Kept = 2048;
    private readonly HashSet<ulong> hashes = [];
    private readonly PriorityQueue<ulong, ulong> greatestFirst = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));
    private readonly ulong[] recent = new ulong[256];
    private ulong limit = ulong.MaxValue;

    /// <summary>Whether <see cref="Count"/> is exact.</summary>
    public bool IsExact => limit == ulong.MaxValue;

    public long Count => IsExact ? hashes.Count : (long)((Kept - 1) / (limit / (double)ulong.MaxValue));

    public void Add(double value)
    {
        // The finalizer of SplitMix64; adding 0 makes -0 and 0 one.
        ulong z = BitConverter.DoubleToUInt64Bits(value + 0.0) + 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        ref ulong slot = ref recent[z & 255];
        if (z >= limit || slot == z)
        {
            return;
        }

        slot = z;
        if (hashes.Add(z))
        {
            greatestFirst.Enqueue(z, z);
            if (greatestFirst.Count > Kept)
            {
                hashes.Remove(greatestFirst.Dequeue());
                limit = greatestFirst.Peek();
            }
        }
    }
}
