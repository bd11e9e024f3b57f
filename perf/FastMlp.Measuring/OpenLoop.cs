using System.Diagnostics;
using System.Numerics;

namespace FastMlp.Measuring;

/// <summary>Latencies in seconds at a steady rate.</summary>
/// <param name="Calls">Calls made.</param>
/// <param name="P50">The median.</param>
/// <param name="P99">99 %.</param>
/// <param name="P999">99.9 %.</param>
/// <param name="P9999">99.99 %.</param>
/// <param name="Most">The longest.</param>
public sealed record Latencies(long Calls, double P50, double P99, double P999, double P9999, double Most);

/// <summary>
/// Times calls that are due at a steady rate, whether the one before has ended or not. A latency counts from the moment at which the call was due, so that a pause
/// counts for every call that it held up; timing from the start of each call would count it once (coordinated omission).
/// </summary>
public sealed class OpenLoop
{
    /// <summary>Buckets to each doubling: quantiles are exact to 3 %.</summary>
    private const int Parts = 32;

    private readonly long[] buckets = new long[64 * Parts];
    private long calls;
    private long most;

    /// <summary>Calls at the rate for a time, on the caller's thread, and adds their latencies.</summary>
    /// <param name="call">What is timed.</param>
    /// <param name="perSecond">Calls a second.</param>
    /// <param name="seconds">How long.</param>
    public void Run(Action call, double perSecond, double seconds)
    {
        ArgumentNullException.ThrowIfNull(call);
        double interval = Stopwatch.Frequency / perSecond;
        long count = (long)(perSecond * seconds);
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < count; i++)
        {
            long due = start + (long)(i * interval);
            while (Stopwatch.GetTimestamp() < due)
            {
                Thread.SpinWait(1);
            }

            call();
            Add(Stopwatch.GetTimestamp() - due);
        }
    }

    /// <summary>The latencies of another one too.</summary>
    public void Add(OpenLoop other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < buckets.Length; i++)
        {
            buckets[i] += other.buckets[i];
        }

        calls += other.calls;
        most = Math.Max(most, other.most);
    }

    /// <summary>What was seen so far.</summary>
    public Latencies Summary() => new(calls, Quantile(0.5), Quantile(0.99), Quantile(0.999), Quantile(0.9999), (double)most / Stopwatch.Frequency);

    private void Add(long ticks)
    {
        ticks = Math.Max(ticks, 1);
        int octave = BitOperations.Log2((ulong)ticks);
        int part = octave >= 5 ? (int)(ticks >> (octave - 5)) & (Parts - 1) : (int)(ticks << (5 - octave)) & (Parts - 1);
        buckets[(octave * Parts) + part]++;
        calls++;
        most = Math.Max(most, ticks);
    }

    private double Quantile(double q)
    {
        long rank = (long)Math.Ceiling(q * calls);
        for (int i = 0; i < buckets.Length; i++)
        {
            rank -= buckets[i];
            if (rank <= 0 && buckets[i] > 0)
            {
                // The upper end of the bucket: never better than it was.
                return Math.Min(Math.ScaleB(1 + (((i % Parts) + 1.0) / Parts), i / Parts), most) / Stopwatch.Frequency;
            }
        }

        return 0;
    }
}
