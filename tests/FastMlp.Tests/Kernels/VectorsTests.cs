using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Kernels;

/// <summary>Flat linear algebra for every length 0..70, on every policy, with poison behind the ends.</summary>
public sealed unsafe class VectorsTests
{
    [Fact]
    public void EveryLength() => Policies.ForEach(default(Check));

    private readonly struct Check : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int n = 0; n <= 70; n++)
            {
                var x = new PoisonedBuffer(Numbers.Uniform(n + 1, n));
                var y = new PoisonedBuffer(Numbers.Uniform(n + 2, n));
                var z = new PoisonedBuffer(n);
                Vectors.Combine<TSimd, TVec>(3, x.Pointer, -0.5f, y.Pointer, z.Pointer, n);
                z.Check($"{TSimd.Name} {n}");
                for (int i = 0; i < n; i++)
                {
                    Assert.Equal((3.0 * x.Values[i]) - (0.5 * y.Values[i]), z.Values[i], 4 * Near.Epsilon);
                }

                Assert.Equal(n == 0 ? 0 : x.Values.ToArray().Max(Math.Abs), Vectors.LargestMagnitude<TSimd, TVec>(x.Pointer, n));
                Assert.Equal(x.Values.ToArray().Sum(v => Math.Abs((double)v)), Vectors.SumOfMagnitudes(x.Pointer, n), (n + 1) * Near.Epsilon * n);
            }
        }
    }
}
