namespace FastMlp.Threading;

/// <summary>
/// Units of work that threads take from, each unit once. Every part begins at the front of a range of its own, so that it finds
/// the same rows in its cache as in the product before; when that is used up it takes half of what another part has left, from the
/// back. So a core that a neighbour slows down does less, and no thread waits for more than a unit or two of another.
/// </summary>
internal readonly unsafe struct Shares
{
    /// <summary>Longs from one part's range to the next: two cache lines, for they are fetched in pairs.</summary>
    private const int Stride = 16;

    // A part's range in one word, first unit above, the unit after the last below: whoever takes from it exchanges the whole word.
    private readonly long* ranges;
    private readonly int parts;
    private readonly nint grain;
    private readonly nint least;

    /// <param name="memory">As many longs as <see cref="Length"/> says; they must outlive the last <see cref="Take"/>.</param>
    /// <param name="parts">The parts that take.</param>
    /// <param name="units">Units, below 2^31.</param>
    /// <param name="grain">Units that a part takes at a time.</param>
    /// <param name="least">Units that another part must have left for some of them to be taken from it: more than 1 where beginning elsewhere costs something.</param>
    public Shares(long* memory, int parts, nint units, nint grain, nint least = 1)
    {
        ranges = memory;
        this.parts = parts;
        this.grain = Math.Max(1, grain);
        this.least = Math.Max(1, least);
        for (int part = 0; part < parts; part++)
        {
            (nint begin, nint end) = Partition.Range(units, parts, part);
            ranges[part * Stride] = Pack(begin, end);
        }
    }

    /// <summary>The most parts that share: with more, their memory on the stack would grow without bound.</summary>
    public const int MostParts = 256;

    /// <summary>Longs that so many parts need.</summary>
    public static int Length(int parts) => parts * Stride;

    /// <summary>The next units for a part, [begin, end); false if there are none left. One thread at a time takes for a part.</summary>
    public bool Take(int part, out nint begin, out nint end)
    {
        long* own = ranges + (part * Stride);
        do
        {
            long range = Volatile.Read(ref *own);
            while (Left(range) > 0)
            {
                begin = First(range);
                end = Math.Min(begin + grain, Last(range));
                long seen = Interlocked.CompareExchange(ref *own, Pack(end, Last(range)), range);
                if (seen == range)
                {
                    return true;
                }

                range = seen;
            }
        }
        while (TakeOver(part));
        begin = end = 0;
        return false;
    }

    /// <summary>Makes half of what another part has left this part's range, which is empty.</summary>
    private bool TakeOver(int part)
    {
        for (int step = 1; step < parts; step++)
        {
            long* other = ranges + ((part + step) % parts * Stride);
            long range = Volatile.Read(ref *other);
            while (Left(range) >= least)
            {
                nint middle = Last(range) - ((Left(range) + 1) / 2);
                long seen = Interlocked.CompareExchange(ref *other, Pack(First(range), middle), range);
                if (seen == range)
                {
                    Volatile.Write(ref ranges[part * Stride], Pack(middle, Last(range)));
                    return true;
                }

                range = seen;
            }
        }

        return false;
    }

    private static long Pack(nint first, nint last) => ((long)first << 32) | (uint)last;

    private static nint First(long range) => (nint)(range >> 32);

    private static nint Last(long range) => (int)range;

    private static nint Left(long range) => Last(range) - First(range);
}
