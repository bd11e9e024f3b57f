using System.Runtime.Intrinsics;
using FastMlp.Simd;

namespace FastMlp.Tests.Simd;

/// <summary>Runs a check on every policy in this process, whether the hardware accelerates it or the JIT emulates it.</summary>
internal static class Policies
{
    public static void ForEach<TCheck>(TCheck check)
        where TCheck : struct, IVectorKernel
    {
        check.Run<Simd512, Vector512<float>>();
        check.Run<Simd256, Vector256<float>>();
        check.Run<Simd128, Vector128<float>>();
        check.Run<SimdScalar, float>();
        check.Run<SimdUnfused, float>();
    }
}
