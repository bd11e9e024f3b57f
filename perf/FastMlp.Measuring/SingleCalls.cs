using System.Diagnostics;

namespace FastMlp.Measuring;

/// <summary>What one call costs beside its mean time: how long single calls take, and the managed memory they allocate.</summary>
public static class SingleCalls
{
    /// <summary>Microseconds of single calls in ascending order, less what reading the clock takes.</summary>
    /// <param name="work">Does the work as many times as its argument says.</param>
    /// <param name="seconds">Time to spend.</param>
    /// <param name="most">Calls after which it ends before that.</param>
    public static double[] Microseconds(Action<int> work, double seconds, int most)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);

        // In ticks of the clock: a TimeSpan would round to 100 ns, more than a small network takes.
        long clock = long.MaxValue;
        for (int i = 0; i < 1000; i++)
        {
            long tick = Stopwatch.GetTimestamp();
            clock = Math.Min(clock, Stopwatch.GetTimestamp() - tick);
        }

        // Filled before it is measured into, so that no page is touched for the first time between two readings.
        double[] latencies = new double[most];
        Array.Fill(latencies, 1);
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            long before = Stopwatch.GetTimestamp();
            work(1);
            latencies[count++] = Math.Max(0, Stopwatch.GetTimestamp() - before - clock) * 1e6 / Stopwatch.Frequency;
        }
        while (count < latencies.Length && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        Array.Resize(ref latencies, count);
        Array.Sort(latencies);
        return latencies;
    }

    /// <summary>Managed bytes in a call, on all threads. The smallest of a few trials: the runtime's own background work allocates too.</summary>
    /// <param name="work">Does the work as many times as its argument says.</param>
    /// <param name="calls">Calls in a trial, over which the bytes are shared out.</param>
    public static double AllocatedBytes(Action<int> work, int calls = 16)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfLessThan(calls, 1);
        long fewest = long.MaxValue;
        for (int trial = 0; trial < 5 && fewest > 0; trial++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            work(calls);
            fewest = Math.Min(fewest, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return (double)fewest / calls;
    }
}
