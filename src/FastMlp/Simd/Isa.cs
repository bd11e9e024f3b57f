using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FastMlp.Simd;

/// <summary>The instruction set that dispatch chooses on this machine, under its switches.</summary>
internal static class Isa
{
    public static string Name =>
        Simd512.IsSupported ? Simd512.Name
        : Simd256.IsSupported ? Simd256.Name
        : Simd128.IsSupported ? Simd128.Name
        : SimdScalar.Name;

    public static int Width =>
        Simd512.IsSupported ? Simd512.Width
        : Simd256.IsSupported ? Simd256.Width
        : Simd128.IsSupported ? Simd128.Width
        : SimdScalar.Width;

    /// <summary>Runs the kernel on the widest policy that the hardware has; the JIT folds the chain to one call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Dispatch<TKernel>(TKernel kernel)
        where TKernel : struct, IVectorKernel, allows ref struct
    {
        if (Simd512.IsSupported)
        {
            kernel.On<Simd512, Vector512<float>>();
        }
        else if (Simd256.IsSupported)
        {
            kernel.On<Simd256, Vector256<float>>();
        }
        else if (Simd128.IsSupported)
        {
            kernel.On<Simd128, Vector128<float>>();
        }
        else
        {
            kernel.On<SimdScalar, float>();
        }
    }
}
