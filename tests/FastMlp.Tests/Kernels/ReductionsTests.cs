using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>Sums, dots and the finiteness test for every length 0..70, on every policy.</summary>
public sealed unsafe class ReductionsTests
{
    [Fact]
    public void EveryLength() => Policies.ForEach(new LengthCheck());

    [Fact]
    public void ColumnsSumFromTheFirstRowToTheLast() => Policies.ForEach(new ColumnCheck());

    [Fact]
    public void DispatchedEntries()
    {
        float[] values = ElementwiseTests.Samples(45);
        float* sums = stackalloc float[9];
        fixed (float* x = values)
        {
            Assert.Equal(values.Sum(v => (double)v), Reductions.Sum(x, 45), 1e-5);
            Assert.Equal(values.Sum(v => (double)v * v), Reductions.Dot(x, x, 45), 1e-3);
            Assert.True(Reductions.AllFinite(x, 45));
            x[44] = float.NegativeInfinity;
            Assert.False(Reductions.AllFinite(x, 45));
            Assert.True(Reductions.AllFinite(x, 44));
            Reductions.SumRows(x, 4, 9, 10, sums);
            Assert.Equal(x[8] + x[18] + x[28] + x[38], sums[8]);
        }
    }

    private readonly struct LengthCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int count = 0; count <= 70; count++)
            {
                // Small integers: every order of summation is exact.
                var x = new PoisonedBuffer(Enumerable.Range(1, count).Select(i => (float)i).ToArray());
                Assert.Equal(count * (count + 1) / 2, Reductions.Sum<TSimd, TVec, Reductions.Element>(new Reductions.Element(x.Pointer), count));
                Assert.Equal(
                    count * (count + 1) * ((2 * count) + 1) / 6,
                    Reductions.Sum<TSimd, TVec, Reductions.Product>(new Reductions.Product(x.Pointer, x.Pointer), count));
                Assert.Equal(
                    count * (count + 1) * ((2 * count) + 1) / 6,
                    Reductions.Sum<TSimd, TVec, Reductions.Square>(new Reductions.Square(x.Pointer), count));
                x.Values.Fill(float.MaxValue);
                Assert.Equal(0f, Reductions.Sum<TSimd, TVec, Reductions.ZeroTimes>(new Reductions.ZeroTimes(x.Pointer), count));
                foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
                {
                    for (int place = 0; place < count; place++)
                    {
                        x.Values[place] = bad;
                        Assert.NotEqual(0f, Reductions.Sum<TSimd, TVec, Reductions.ZeroTimes>(new Reductions.ZeroTimes(x.Pointer), count));
                        x.Values[place] = -float.MaxValue;
                    }
                }
            }
        }
    }

    private readonly struct ColumnCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int m in (int[])[0, 1, 2, 7])
            {
                for (int n = 0; n <= 70; n++)
                {
                    int ld = n + 1;
                    int used = m == 0 ? 0 : ((m - 1) * ld) + n;
                    var source = new PoisonedBuffer(ElementwiseTests.Samples(used));
                    var sums = new PoisonedBuffer(Enumerable.Repeat(-9f, n).ToArray());
                    Reductions.SumRows<TSimd, TVec>(source.Pointer, m, n, ld, sums.Pointer);
                    sums.Check($"{TSimd.Name} {m} x {n}");
                    for (int j = 0; j < n; j++)
                    {
                        float expected = 0;
                        for (int i = 0; i < m; i++)
                        {
                            expected += source.Values[(i * ld) + j];
                        }

                        Assert.Equal(expected, sums.Values[j]); // bitwise: this order and no other
                    }
                }
            }
        }
    }
}
