using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Diagnostics;

/// <summary>
/// The most multiply-adds that one core does in registers, on the instruction set in use: the roof that kernels are
/// measured against.
/// </summary>
/// <remarks>
/// A core's clock moves with heat, load and neighbours, so the roof holds only for the moment it was taken:
/// measure it right before and right after the work, as <see cref="Interleaved"/> does.
/// </remarks>
public static class FmaPeak
{
    /// <summary>
    /// Independent chains. A fused multiply-add, 2 a cycle with 4 to 5 cycles of latency, needs 8 to 10; a product and
    /// a sum, 2 of each a cycle with 3 cycles of latency each, need 12 and some slack. 14 and the two constants are the
    /// 16 registers that every set has.
    /// </summary>
    private const int Chains = 14;

    // Each chain tends to Addend / (1 - Factor) = 1, so it never leaves the normal range.
    private const float Factor = 0.999f;
    private const float Addend = 0.001f;

    private static readonly Lock gate = new();
    private static double iterationsPerMillisecond;

    /// <summary>Where the results of the probe go, so that the JIT must keep the loop.</summary>
    private static float sink;

    /// <summary>
    /// 2 x lanes x multiply-adds / elapsed time, in GFLOP/s, of one sample on the calling thread.
    /// </summary>
    /// <param name="milliseconds">About how long the sample takes; from 0.05 to 1000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is outside that range.</exception>
    public static double MeasureGflops(double milliseconds = 1)
    {
        if (milliseconds is not (>= 0.05 and <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(milliseconds), milliseconds, "A probe takes from 0.05 to 1000 milliseconds.");
        }

        int iterations = (int)Math.Clamp(milliseconds * Rate(), 1, int.MaxValue);
        return Flop(iterations) / Time(iterations) / 1e9;
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

    private static double Flop(int iterations) => 2.0 * Chains * Isa.Width * iterations;

    /// <summary>Seconds that <paramref name="iterations"/> rounds of all chains take.</summary>
    private static double Time(int iterations)
    {
        long start = Stopwatch.GetTimestamp();
        Isa.Run(new Probe(iterations));
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The loop that fits the set, waiting for its policy.</summary>
    private readonly struct Probe(int iterations) : IVectorKernel
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged =>
            sink = IsFused<TSimd, TVec>() ? SpinFused<TSimd, TVec>(iterations) : SpinUnfused<TSimd, TVec>(iterations);
    }

    /// <summary>(1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 if the product is not rounded before the sum, and 0 if it is.</summary>
    private static bool IsFused<TSimd, TVec>()
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec a = TSimd.Broadcast(1 + (1f / 4096));
        return TSimd.Sum(TSimd.MultiplyAdd(a, a, TSimd.Broadcast(-1 - (1f / 2048)))) != 0;
    }

    [MethodImpl(Compile.Loop)]
    private static float SpinFused<TSimd, TVec>(int iterations)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec factor = TSimd.Broadcast(Factor);
        TVec addend = TSimd.Broadcast(Addend);
        TVec c0 = TSimd.Broadcast(0.90f), c1 = TSimd.Broadcast(0.91f), c2 = TSimd.Broadcast(0.92f), c3 = TSimd.Broadcast(0.93f);
        TVec c4 = TSimd.Broadcast(0.94f), c5 = TSimd.Broadcast(0.95f), c6 = TSimd.Broadcast(0.96f), c7 = TSimd.Broadcast(0.97f);
        TVec c8 = TSimd.Broadcast(0.98f), c9 = TSimd.Broadcast(0.99f), c10 = TSimd.Broadcast(1.01f), c11 = TSimd.Broadcast(1.02f);
        TVec c12 = TSimd.Broadcast(1.03f), c13 = TSimd.Broadcast(1.04f);
        for (int i = 0; i < iterations; i++)
        {
            c0 = TSimd.MultiplyAdd(c0, factor, addend);
            c1 = TSimd.MultiplyAdd(c1, factor, addend);
            c2 = TSimd.MultiplyAdd(c2, factor, addend);
            c3 = TSimd.MultiplyAdd(c3, factor, addend);
            c4 = TSimd.MultiplyAdd(c4, factor, addend);
            c5 = TSimd.MultiplyAdd(c5, factor, addend);
            c6 = TSimd.MultiplyAdd(c6, factor, addend);
            c7 = TSimd.MultiplyAdd(c7, factor, addend);
            c8 = TSimd.MultiplyAdd(c8, factor, addend);
            c9 = TSimd.MultiplyAdd(c9, factor, addend);
            c10 = TSimd.MultiplyAdd(c10, factor, addend);
            c11 = TSimd.MultiplyAdd(c11, factor, addend);
            c12 = TSimd.MultiplyAdd(c12, factor, addend);
            c13 = TSimd.MultiplyAdd(c13, factor, addend);
        }

        TVec low = TSimd.Add(TSimd.Add(TSimd.Add(c0, c1), TSimd.Add(c2, c3)), TSimd.Add(TSimd.Add(c4, c5), c12));
        TVec high = TSimd.Add(TSimd.Add(TSimd.Add(c6, c7), TSimd.Add(c8, c9)), TSimd.Add(TSimd.Add(c10, c11), c13));
        return TSimd.Sum(TSimd.Add(low, high));
    }

    /// <summary>
    /// All products, then all sums: in pairs, as a kernel has them, Zen 3 settles at 40 or at 52 GFLOP/s by chance.
    /// </summary>
    [MethodImpl(Compile.Loop)]
    private static float SpinUnfused<TSimd, TVec>(int iterations)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec factor = TSimd.Broadcast(Factor);
        TVec addend = TSimd.Broadcast(Addend);
        TVec c0 = TSimd.Broadcast(0.90f), c1 = TSimd.Broadcast(0.91f), c2 = TSimd.Broadcast(0.92f), c3 = TSimd.Broadcast(0.93f);
        TVec c4 = TSimd.Broadcast(0.94f), c5 = TSimd.Broadcast(0.95f), c6 = TSimd.Broadcast(0.96f), c7 = TSimd.Broadcast(0.97f);
        TVec c8 = TSimd.Broadcast(0.98f), c9 = TSimd.Broadcast(0.99f), c10 = TSimd.Broadcast(1.01f), c11 = TSimd.Broadcast(1.02f);
        TVec c12 = TSimd.Broadcast(1.03f), c13 = TSimd.Broadcast(1.04f);
        for (int i = 0; i < iterations; i++)
        {
            c0 = TSimd.Multiply(c0, factor);
            c1 = TSimd.Multiply(c1, factor);
            c2 = TSimd.Multiply(c2, factor);
            c3 = TSimd.Multiply(c3, factor);
            c4 = TSimd.Multiply(c4, factor);
            c5 = TSimd.Multiply(c5, factor);
            c6 = TSimd.Multiply(c6, factor);
            c7 = TSimd.Multiply(c7, factor);
            c8 = TSimd.Multiply(c8, factor);
            c9 = TSimd.Multiply(c9, factor);
            c10 = TSimd.Multiply(c10, factor);
            c11 = TSimd.Multiply(c11, factor);
            c12 = TSimd.Multiply(c12, factor);
            c13 = TSimd.Multiply(c13, factor);
            c0 = TSimd.Add(c0, addend);
            c1 = TSimd.Add(c1, addend);
            c2 = TSimd.Add(c2, addend);
            c3 = TSimd.Add(c3, addend);
            c4 = TSimd.Add(c4, addend);
            c5 = TSimd.Add(c5, addend);
            c6 = TSimd.Add(c6, addend);
            c7 = TSimd.Add(c7, addend);
            c8 = TSimd.Add(c8, addend);
            c9 = TSimd.Add(c9, addend);
            c10 = TSimd.Add(c10, addend);
            c11 = TSimd.Add(c11, addend);
            c12 = TSimd.Add(c12, addend);
            c13 = TSimd.Add(c13, addend);
        }

        TVec low = TSimd.Add(TSimd.Add(TSimd.Add(c0, c1), TSimd.Add(c2, c3)), TSimd.Add(TSimd.Add(c4, c5), c12));
        TVec high = TSimd.Add(TSimd.Add(TSimd.Add(c6, c7), TSimd.Add(c8, c9)), TSimd.Add(TSimd.Add(c10, c11), c13));
        return TSimd.Sum(TSimd.Add(low, high));
    }
}
