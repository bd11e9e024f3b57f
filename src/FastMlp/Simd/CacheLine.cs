using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FastMlp.Simd;

/// <summary>Cache hints, where the instruction set has one that .NET exposes (x64); elsewhere nothing.</summary>
internal static unsafe class CacheLine
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }
}
