using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastMlp.Measuring;

/// <summary>
/// Dot products of vectors that stay in L1. The probe feels a neighbour on the core's other hardware thread, who takes a third from
/// products in cache and nothing from the FMA peak, which lives in registers.
/// </summary>
public static class CacheProbe
{
    /// <summary>Two vectors of 8 KB each: half of the smallest L1 in use.</summary>
    private const int Length = 2048;

    /// <summary>Dot products in one probe: about 0.1 ms.</summary>
    private const int Repeats = 800;

    // Of each thread its own: two cores that share lines would feel each other.
    [ThreadStatic]
    private static float[]? operands;

    /// <summary>Dot products per second, in units that mean something only beside other results of this probe.</summary>
    public static double Measure()
    {
        operands ??= [.. Enumerable.Range(0, 2 * Length).Select(i => (i % 7) - 3f)];
        long start = Stopwatch.GetTimestamp();
        float sum = Lanes.Run<Dots, float>(new Dots(operands));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return float.IsFinite(sum) ? Repeats / seconds : double.NaN;
    }

    private readonly struct Dots(float[] operands) : ILaneWork<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public float Run<TLanes, T>()
            where TLanes : struct, ILanes<T>
            where T : unmanaged
        {
            ReadOnlySpan<T> a = MemoryMarshal.Cast<float, T>(operands.AsSpan(0, Length));
            ReadOnlySpan<T> b = MemoryMarshal.Cast<float, T>(operands.AsSpan(Length));
            T s0 = TLanes.Broadcast(0), s1 = s0, s2 = s0, s3 = s0;
            for (int repeat = 0; repeat < Repeats; repeat++)
            {
                for (int i = 0; i + 4 <= a.Length && i + 4 <= b.Length; i += 4)
                {
                    s0 = TLanes.MultiplyAdd(a[i], b[i], s0);
                    s1 = TLanes.MultiplyAdd(a[i + 1], b[i + 1], s1);
                    s2 = TLanes.MultiplyAdd(a[i + 2], b[i + 2], s2);
                    s3 = TLanes.MultiplyAdd(a[i + 3], b[i + 3], s3);
                }
            }

            return TLanes.Sum(TLanes.Add(TLanes.Add(s0, s1), TLanes.Add(s2, s3)));
        }
    }
}
