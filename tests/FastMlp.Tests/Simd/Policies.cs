using System.Runtime.Intrinsics;
using FastMlp.Simd;

namespace FastMlp.Tests.Simd;

/// <summary>Runs a check on every policy in this process, whether the hardware accelerates it or the JIT emulates it. AVX2 names its instructions, and AVX-512 has halves of it, so both need them.</summary>
internal static class Policies
{
    public static void ForEach<TCheck>(TCheck check)
        where TCheck : struct, IVectorKernel
    {
        if (Simd256.IsSupported)
        {
            check.On<Simd512, Vector512<float>>();
            check.On<Simd256, Vector256<float>>();
        }

        check.On<Simd128, Vector128<float>>();
        check.On<SimdScalar, float>();
        check.On<SimdUnfused, float>();
    }
}
