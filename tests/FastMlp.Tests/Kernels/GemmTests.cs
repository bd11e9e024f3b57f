using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>
/// The driver with its microkernel and its kernel for one row or two, on every policy: every small shape, edges of tiles and panels,
/// blocks of k, strides, epilogues, against double precision, with poison after every row and buffer.
/// </summary>
public sealed unsafe class GemmTests
{
    private static readonly int[] FewSteps = [0, 1, 2, 4, 7, 16, 21];

    [Fact]
    public void EverySmallShape() => Policies.ForEach(new SmallShapesCheck());

    [Fact]
    public void LargeShapes() => Policies.ForEach(new LargeShapesCheck());

    [Fact]
    public void BlocksOfKAddUpInOrder() => Policies.ForEach(new KBlocksCheck());

    [Fact]
    public void TransposedAAndPanelsOfC() => Policies.ForEach(new TransposedOperandsCheck());

    [Fact]
    public void LongRowsAndManyColumns() => Policies.ForEach(new LongRowsCheck());

    [Fact]
    public void PanelsOfTransposedB() => Policies.ForEach(new TransposedPanelsCheck());

    [Fact]
    public void RowsHaveTheSameBitsAloneAndTogether() => Policies.ForEach(new RowInvarianceCheck());

    [Fact]
    public void EpiloguesSeeTheirOwnElement() => Policies.ForEach(new EpiloguesCheck());

    [Fact]
    public void DescentInTheStoreOfItsGradient() => Policies.ForEach(new DescentCheck());

    [Fact]
    public void ThreadsGiveTheSameBits() => Isa.Dispatch(new ThreadInvarianceCheck());

    private readonly struct SmallShapesCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int vectors in (int[])[1, 2])
            {
                int width = vectors * TSimd.Width;
                for (int m = 0; m <= Routes.MaxTileRows + 2; m++)
                {
                    foreach (int n in Columns(width))
                    {
                        foreach (int k in FewSteps)
                        {
                            new Product<TSimd, TVec>(m, n, k, vectors).CheckAgainstReference();
                        }
                    }
                }
            }
        }

        /// <summary>Around one, two and eight panels, and everything in the first.</summary>
        private static IEnumerable<int> Columns(int width)
        {
            for (int n = 1; n <= Math.Min(width + 1, 18); n++)
            {
                yield return n;
            }

            foreach (int n in (int[])[width - 1, (2 * width) - 1, 2 * width, (2 * width) + 1, (7 * width) + 1, 9 * width])
            {
                if (n > 18)
                {
                    yield return n;
                }
            }
        }
    }

    private readonly struct LargeShapesCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            Random random = new(20);
            for (int i = 0; i < 12; i++)
            {
                int m = random.Next(1, 70);
                int n = random.Next(1, 150);
                int k = random.Next(1, 300);
                new Product<TSimd, TVec>(m, n, k, 1 + (i & 1)) { KBlock = 1 + random.Next(k) }.CheckAgainstReference();
            }

            // More rows than one block of A holds.
            nint rows = Routes.RowBlock(1, 512) * 14;
            Assert.True(rows > Routes.RowBlock(rows, 512));
            new Product<TSimd, TVec>((int)rows, 3, 512, 1).CheckAgainstReference();
        }
    }

    private readonly struct KBlocksCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int m = 1; m <= 7; m++)
            {
                for (int k = 1; k <= 9; k++)
                {
                    for (int block = 1; block <= k; block++)
                    {
                        new Product<TSimd, TVec>(m, TSimd.Width + 1, k, 2) { KBlock = block }.CheckAgainstReference();
                        new Product<TSimd, TVec>(m, TSimd.Width + 1, k, 1) { KBlock = block }.CheckAgainstReference();
                    }
                }
            }
        }
    }

    private readonly struct TransposedOperandsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int vectors in (int[])[1, 2])
            {
                foreach (int m in (int[])[1, 2, 3, 4, 13, 25])
                {
                    // Nine panels are enough for A to be packed, five if there are many steps of p; fewer read it as it is.
                    foreach (int n in (int[])[1, TSimd.Width, (2 * TSimd.Width) + 1, (5 * vectors * TSimd.Width) - 1, (9 * vectors * TSimd.Width) - 1])
                    {
                        new Product<TSimd, TVec>(m, n, 45, vectors) { TransposeA = true, PanelsOfC = true }.CheckAgainstReference();
                        new Product<TSimd, TVec>(m, n, 5, vectors) { TransposeA = true, PanelsOfC = true }.CheckAgainstReference();
                        new Product<TSimd, TVec>(m, n, 5, vectors) { TransposeA = true, PanelsOfC = true, KBlock = 2 }.CheckAgainstReference();
                        new Product<TSimd, TVec>(m, n, 5, vectors) { TransposeA = true }.CheckAgainstReference();
                    }
                }
            }
        }
    }

    /// <summary>Long rows of A and many columns; blocks of k of which the first is empty.</summary>
    private readonly struct LongRowsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int K = 520, KBlock = 256;
            foreach (int m in (int[])[3, 11, 12, 25])
            {
                float[] a = Product<TSimd, TVec>.Numbers(m * K, 1);
                float[] halfEmpty = [.. a.Select((value, i) => i % K < KBlock ? 0 : value)];
                foreach ((int n, int vectors) in (ReadOnlySpan<(int, int)>)[(767, 2), (768, 2), (801, 2), (768, 1)])
                {
                    new Product<TSimd, TVec>(m, n, K, vectors) { A = a }.CheckAgainstChains("one block");
                    new Product<TSimd, TVec>(m, n, K, vectors) { A = a, KBlock = KBlock }.CheckAgainstChains("blocks");
                    new Product<TSimd, TVec>(m, n, K, vectors) { A = halfEmpty, KBlock = KBlock }.CheckAgainstChains("the first block empty");
                }
            }
        }
    }

    /// <summary>B as the panels of its transpose, of every width that a layer may have; blocks of k are whole panels of it.</summary>
    private readonly struct TransposedPanelsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int vectors in (int[])[1, 2])
            {
                int width = vectors * TSimd.Width;
                foreach (int turned in (int[])[1, TSimd.Width, 2 * TSimd.Width])
                {
                    foreach (int m in (int[])[1, 2, 3, 13])
                    {
                        foreach (int n in (int[])[1, width - 1, width, (3 * width) + 1, 5 * width])
                        {
                            foreach (int k in (int[])[1, turned, turned + 1, (3 * turned) + 2])
                            {
                                new Product<TSimd, TVec>(m, Math.Max(1, n), k, vectors) { TurnedWidth = turned }.CheckAgainstChains($"turned panels of {turned}");
                                new Product<TSimd, TVec>(m, Math.Max(1, n), k, vectors) { TurnedWidth = turned, KBlock = turned }.CheckAgainstChains($"turned panels of {turned}");
                            }
                        }
                    }
                }
            }
        }
    }

    private readonly struct RowInvarianceCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int n in (int[])[1, 3, 10, 33, 70])
            {
                Product<TSimd, TVec> whole = new(29, n, 37, 2) { KBlock = 16 };
                float[] together = whole.Run(0, 29);
                for (int rows = 1; rows <= 29; rows++)
                {
                    for (int first = 0; first + rows <= 29; first += rows)
                    {
                        float[] part = whole.Run(first, rows);
                        Assert.Equal(together.AsSpan(first * n, rows * n).ToArray(), part);
                    }
                }
            }
        }
    }

    private readonly struct EpiloguesCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            int n = (2 * TSimd.Width) + 1;
            for (int m = 1; m <= 14; m++)
            {
                Product<TSimd, TVec> product = new(m, n, 3, 2);
                float[] z = product.Run(0, m);
                float[] bias = Product<TSimd, TVec>.Numbers(4 * TSimd.Width, 9);
                float[] relu;
                float[] leaky;
                fixed (float* b = bias)
                {
                    relu = product.Run(0, m, new BiasActivate<ReluActivation>(default, b));
                    leaky = product.Run(0, m, new BiasActivate<LeakyReluActivation>(new(0.5f), b));
                }

                for (int i = 0; i < z.Length; i++)
                {
                    float sum = z[i] + bias[i % n];
                    Assert.Equal(Math.Max(0, sum), relu[i]);
                    Assert.Equal(sum >= 0 ? sum : 0.5f * sum, leaky[i]);
                }
            }
        }
    }

    /// <summary>C - rate A B in its own store, as <see cref="Update"/> would do it afterwards.</summary>
    private readonly struct DescentCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int k in (int[])[4, 19])
            {
                for (int m = 1; m <= 13; m++)
                {
                    Product<TSimd, TVec> product = new(m, 3 * TSimd.Width, k, 1) { PanelsOfC = true };
                    float[] sum = product.Run(0, m);
                    float[] old = product.Start;
                    float[] updated = product.RunOnStart(new Descend(0.5f));
                    for (int i = 0; i < old.Length; i++)
                    {
                        Assert.Equal(Fused<TSimd, TVec>(-0.5f, sum[i], old[i]), updated[i]);
                    }
                }
            }
        }

        private static float Fused<TSimd, TVec>(float a, float b, float c)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => TSimd.MaxAcross(TSimd.MultiplyAdd(TSimd.Broadcast(a), TSimd.Broadcast(b), TSimd.Broadcast(c)));
    }

    private readonly struct ThreadInvarianceCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            // Many rows, few rows and many panels, one panel: each way of sharing out the work.
            foreach ((int m, int n, int k) in (ReadOnlySpan<(int, int, int)>)[(131, 170, 90), (9, 1640, 140), (2, 8192, 130), (900, 5, 450), (95, 800, 300)])
            {
                Product<TSimd, TVec> product = new(m, n, k, 2);
                float[] one = product.Run(0, m);
                Product<TSimd, TVec> turned = new(m, n, k, 2) { TurnedWidth = 2 * TSimd.Width };
                for (int threads = 2; threads <= 4; threads++)
                {
                    Assert.Equal(one, product.Run(0, m, default(Store), threads));
                    Assert.Equal(one, turned.Run(0, m, default(Store), threads));
                }
            }
        }
    }
}
