namespace FastMlp.Threading;

/// <summary>Fixed ranges: what part i of n parts does depends on nothing but i, n and the total.</summary>
internal static class Partition
{
    /// <summary>Part <paramref name="index"/> of <paramref name="parts"/> near-equal parts of [0, total), cut at multiples of <paramref name="unit"/>.</summary>
    public static (nint Begin, nint End) Range(nint total, int parts, int index, nint unit = 1)
    {
        nint units = (total + unit - 1) / unit;
        nint begin = units * index / parts * unit;
        nint end = units * (index + 1) / parts * unit;
        return (Math.Min(begin, total), Math.Min(end, total));
    }
}
