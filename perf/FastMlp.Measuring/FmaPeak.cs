using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastMlp.Measuring;

/// <summary>
/// The most multiply-adds that one core does in registers, on the instruction set that FastMlp uses: what kernels are held against.
/// </summary>
/// <remarks>
/// A core's clock moves with heat, load and neighbours. Measure the peak right before and right after the work, as <see cref="Interleaved"/> does.
/// </remarks>
public static class FmaPeak
{
    /// <summary>
    /// Independent chains. Two fused multiply-adds a cycle with 4 to 5 cycles of latency need 8 to 10. With the two constants, 14 chains
    /// fill the 16 registers that every set has.
    /// </summary>
    private const int Chains = 14;

    // Each chain tends to Addend / (1 - Factor) = 1, so it never leaves the normal range.
    private const float Factor = 0.999f;
    private const float Addend = 0.001f;

    private static readonly Lock gate = new();
    private static double iterationsPerMillisecond;

    /// <summary>2 x lanes x multiply-adds / elapsed time, in GFLOP/s, of one sample on the calling thread.</summary>
    /// <param name="milliseconds">About how long the sample takes; from 0.05 to 1000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is outside that range.</exception>
    public static double MeasureGflops(double milliseconds = 1)
    {
        if (milliseconds is not (>= 0.05 and <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(milliseconds), milliseconds, "A probe takes from 0.05 to 1000 milliseconds.");
        }

        int iterations = (int)Math.Clamp(milliseconds * Rate(), 1, int.MaxValue);
        return 2.0 * Chains * InstructionSet.VectorWidth * iterations / Time(iterations) / 1e9;
    }

    /// <summary>Iterations in a millisecond, found once: the best of three, so that one interruption does not shorten every later probe.</summary>
    private static double Rate()
    {
        lock (gate)
        {
            if (iterationsPerMillisecond == 0)
            {
                const int Trial = 20_000;
                Time(Trial);
                double best = Math.Min(Time(Trial), Math.Min(Time(Trial), Time(Trial)));
                iterationsPerMillisecond = Trial / (best * 1e3);
            }

            return iterationsPerMillisecond;
        }
    }

    /// <summary>Seconds that <paramref name="iterations"/> rounds of all chains take.</summary>
    private static double Time(int iterations)
    {
        long start = Stopwatch.GetTimestamp();
        float sum = Lanes.Run<Spin, float>(new Spin(iterations));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // The sum keeps the JIT from dropping the loop.
        return float.IsFinite(sum) ? seconds : double.NaN;
    }

    private readonly struct Spin(int iterations) : ILaneWork<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public float Run<TLanes, T>()
            where TLanes : struct, ILanes<T>
            where T : unmanaged
        {
            T factor = TLanes.Broadcast(Factor), addend = TLanes.Broadcast(Addend);
            T c0 = TLanes.Broadcast(0.90f), c1 = TLanes.Broadcast(0.91f), c2 = TLanes.Broadcast(0.92f), c3 = TLanes.Broadcast(0.93f);
            T c4 = TLanes.Broadcast(0.94f), c5 = TLanes.Broadcast(0.95f), c6 = TLanes.Broadcast(0.96f), c7 = TLanes.Broadcast(0.97f);
            T c8 = TLanes.Broadcast(0.98f), c9 = TLanes.Broadcast(0.99f), c10 = TLanes.Broadcast(1.01f), c11 = TLanes.Broadcast(1.02f);
            T c12 = TLanes.Broadcast(1.03f), c13 = TLanes.Broadcast(1.04f);
            for (int i = iterations; i > 0; i--)
            {
                c0 = TLanes.MultiplyAdd(c0, factor, addend);
                c1 = TLanes.MultiplyAdd(c1, factor, addend);
                c2 = TLanes.MultiplyAdd(c2, factor, addend);
                c3 = TLanes.MultiplyAdd(c3, factor, addend);
                c4 = TLanes.MultiplyAdd(c4, factor, addend);
                c5 = TLanes.MultiplyAdd(c5, factor, addend);
                c6 = TLanes.MultiplyAdd(c6, factor, addend);
                c7 = TLanes.MultiplyAdd(c7, factor, addend);
                c8 = TLanes.MultiplyAdd(c8, factor, addend);
                c9 = TLanes.MultiplyAdd(c9, factor, addend);
                c10 = TLanes.MultiplyAdd(c10, factor, addend);
                c11 = TLanes.MultiplyAdd(c11, factor, addend);
                c12 = TLanes.MultiplyAdd(c12, factor, addend);
                c13 = TLanes.MultiplyAdd(c13, factor, addend);
            }

            T low = TLanes.Add(TLanes.Add(TLanes.Add(c0, c1), TLanes.Add(c2, c3)), TLanes.Add(TLanes.Add(c4, c5), c12));
            T high = TLanes.Add(TLanes.Add(TLanes.Add(c6, c7), TLanes.Add(c8, c9)), TLanes.Add(TLanes.Add(c10, c11), c13));
            return TLanes.Sum(TLanes.Add(low, high));
        }
    }
}
