using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FastMlp.Simd;

/// <summary>Cache hints, where the instruction set has one that .NET exposes (x64); elsewhere nothing.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Floats in a line.</summary>
    public const int Floats = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Asks for a line in the second level of cache only, where the first has no room for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecond(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }
}
