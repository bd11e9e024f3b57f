using FastMlp.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>a b + c as a policy rounds it, once or twice, on plain floats.</summary>
internal static class Fused
{
    /// <summary>Whether the policy rounds a b + c once. (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24, which the product alone loses.</summary>
    public static bool By<TSimd, TVec>()
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        float x = 1 + (1f / 4096);
        TVec factor = TSimd.Broadcast(x);
        return TSimd.MaxAcross(TSimd.MultiplyAdd(factor, factor, TSimd.Broadcast(-(1 + (1f / 2048))))) != 0;
    }

    /// <summary>sums[j] &lt;- a b[j] + sums[j].</summary>
    public static void Add(bool isFused, float a, ReadOnlySpan<float> b, Span<float> sums)
    {
        for (int j = 0; j < sums.Length; j++)
        {
            sums[j] = isFused ? MathF.FusedMultiplyAdd(a, b[j], sums[j]) : (float)(a * b[j]) + sums[j];
        }
    }
}
