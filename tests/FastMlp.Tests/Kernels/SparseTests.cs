using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>
/// Products that leave out steps in which A is 0 have the bits of plain chains that leave none out: any share and arrangement of
/// zeros, also -0, and values that are not finite, which must spread; on every policy, for one row and many.
/// </summary>
public sealed class SparseTests
{
    private static readonly double[] Shares = [0, 0.1, 0.3, 0.5, 0.9, 1];

    [Fact]
    public void OneRow() => Policies.ForEach(new OneRowCheck());

    [Fact]
    public void RowMajorRows() => Policies.ForEach(new RowMajorCheck());

    [Fact]
    public void PackedRows() => Policies.ForEach(new PackedCheck());

    [Fact]
    public void BFloat16Panels() => Policies.ForEach(new BFloat16Check());

    [Fact]
    public void NotFiniteValuesSpread() => Policies.ForEach(new NotFiniteCheck());

    [Fact]
    public void OnTwoThreads() => Isa.Dispatch(new ThreadsCheck());

    [Fact]
    public void ThePlacesOfZerosMayDifferFromBlockToBlock() => Policies.ForEach(new UnevenCheck());

    private readonly struct OneRowCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            // 8192 weights are searched for zeros, fewer are not; the last has blocks of k with an end.
            foreach ((int n, int k, int block) in (ReadOnlySpan<(int, int, int)>)[(64, 128, 128), (33, 250, 250), (91, 91, 91), (90, 91, 91), (23, 1030, 515), (9, 2050, 1000)])
            {
                foreach (double share in Shares)
                {
                    for (int vectors = 1; vectors <= 2; vectors++)
                    {
                        float[] a = Scattered(1, k, share, n + k);
                        new Product<TSimd, TVec>(1, n, k, vectors) { A = a, KBlock = block }.CheckAgainstChains($"{share} zeros");
                    }
                }
            }
        }
    }

    private readonly struct RowMajorCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int m in (int[])[2, 3, 4, 7, 13, 26])
            {
                foreach ((int k, int block) in (ReadOnlySpan<(int, int)>)[(64, 64), (99, 99), (150, 70)])
                {
                    Arrangements<TSimd, TVec>(m, k, block, transposed: false);
                }
            }

            Arrangements<TSimd, TVec>(200, 65, 65, transposed: false);
        }
    }

    private readonly struct PackedCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int m in (int[])[1, 2, 4, 6, 13, 29])
            {
                foreach ((int k, int block) in (ReadOnlySpan<(int, int)>)[(1, 1), (9, 9), (70, 70), (50, 20)])
                {
                    Arrangements<TSimd, TVec>(m, k, block, transposed: true);
                }
            }

            Arrangements<TSimd, TVec>(200, 33, 33, transposed: true);
        }
    }

    private readonly struct BFloat16Check : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int m in (int[])[1, 2, 3, 4, 14])
            {
                foreach (int panels in (int[])[1, 3, 4, 5])
                {
                    int n = (panels * 2 * TSimd.Width) - (panels == 4 ? 1 : 0);
                    foreach (double share in Shares)
                    {
                        new Product<TSimd, TVec>(m, n, 70, 2) { A = Scattered(m, 70, share, panels), IsBFloat16 = true }.CheckAgainstChains($"bfloat16, {share} zeros");
                    }

                    new Product<TSimd, TVec>(m, n, 90, 2) { A = WholeSteps(m, 90, 0.5, panels), IsBFloat16 = true, KBlock = 64 }.CheckAgainstChains("bfloat16, blocks");
                    new Product<TSimd, TVec>(m, n, 9, 2) { IsBFloat16 = true, KBlock = 4 }.CheckAgainstReference();
                }
            }

            // One row that is searched.
            new Product<TSimd, TVec>(1, 6 * TSimd.Width, 1500, 2) { A = Scattered(1, 1500, 0.6, 1), IsBFloat16 = true, KBlock = 750 }.CheckAgainstChains("bfloat16, one long row");
        }
    }

    private readonly struct NotFiniteCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            int n = (8 * TSimd.Width) + 1;
            foreach (float bad in (float[])[float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            {
                foreach (int m in (int[])[1, 2, 3, 4, 17])
                {
                    for (int place = 0; place < m * 70; place += 67)
                    {
                        float[] a = Scattered(m, 70, 0.9, 5);
                        a[place] = bad;
                        foreach (bool transposed in (bool[])[false, true])
                        {
                            Product<TSimd, TVec> product = new(m, n, 70, 2) { A = a, TransposeA = transposed };
                            product.CheckAgainstChains($"{bad} at {place}");
                            Assert.DoesNotContain(product.Run(0, m).AsSpan(place / 70 * n, n).ToArray(), float.IsFinite);
                        }
                    }
                }

                // A row long enough to be searched.
                float[] row = Scattered(1, 1000, 0.9, 6);
                row[777] = bad;
                new Product<TSimd, TVec>(1, n + 9, 1000, 1) { A = row }.CheckAgainstChains($"{bad} in a long row");
            }
        }
    }

    private readonly struct ThreadsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            // Two million multiply-adds each: the least that is shared out.
            foreach ((int m, int n, int k, int block) in (ReadOnlySpan<(int, int, int, int)>)[(1, 1950, 1030, 515), (2, 1024, 1000, 1000), (3, 900, 800, 800), (20, 390, 260, 130), (200, 129, 80, 80)])
            {
                foreach (double share in (double[])[0.1, 0.5, 0.9])
                {
                    float[] a = WholeSteps(m, k, share, m);
                    new Product<TSimd, TVec>(m, n, k, 2) { A = a, KBlock = block }.CheckAgainstChains($"{share} zeros, two threads", threads: 2);
                    new Product<TSimd, TVec>(m, n, k, 2) { A = a, KBlock = block, TransposeA = true, PanelsOfC = true }.CheckAgainstChains($"{share} zeros packed, two threads", threads: 2);
                }
            }
        }
    }

    /// <summary>The first tile answers for all: full tiles behind a sparse one, sparse ones behind a full one, the same from block to block of k.</summary>
    private readonly struct UnevenCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int M = 40;
            const int K = 192;
            int n = 5 * TSimd.Width;
            for (int kind = 0; kind < 4; kind++)
            {
                float[] a = Scattered(M, K, 0, kind);
                for (int i = 0; i < M; i++)
                {
                    for (int p = 0; p < K; p++)
                    {
                        bool isFirst = i < 12;
                        bool isEarly = p < 64;
                        if (kind switch { 0 => isFirst, 1 => !isFirst, 2 => isEarly, _ => isFirst == isEarly })
                        {
                            a[(i * K) + p] = i % 2 == 0 ? 0 : -0f;
                        }
                    }
                }

                foreach (bool transposed in (bool[])[false, true])
                {
                    new Product<TSimd, TVec>(M, n, K, 1) { A = a, KBlock = 64, TransposeA = transposed }.CheckAgainstChains($"arrangement {kind}");
                }
            }
        }
    }

    /// <summary>Every share of zeros scattered, in whole steps, and in whole rows; enough panels for lists, an end of one column.</summary>
    private static void Arrangements<TSimd, TVec>(int m, int k, int block, bool transposed)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        int vectors = 1 + (m & 1);
        int n = (4 * vectors * TSimd.Width) + 1;
        foreach (double share in Shares)
        {
            int seed = m + k;
            foreach ((string name, float[] a) in (ReadOnlySpan<(string, float[])>)[
                ("scattered", Scattered(m, k, share, seed)), ("steps", WholeSteps(m, k, share, seed)), ("rows", WholeRows(m, k, share, seed))])
            {
                new Product<TSimd, TVec>(m, n, k, vectors) { A = a, KBlock = block, TransposeA = transposed, PanelsOfC = transposed }.CheckAgainstChains($"{share} zeros in {name}");
            }
        }
    }

    private static float[] Scattered(int m, int k, double share, int seed)
    {
        Random random = new(seed);
        return Zeroed(m, k, share, (_, _) => random.NextDouble());
    }

    private static float[] WholeSteps(int m, int k, double share, int seed)
    {
        double[] steps = Chances(k, seed);
        return Zeroed(m, k, share, (_, p) => steps[p]);
    }

    private static float[] WholeRows(int m, int k, double share, int seed)
    {
        double[] rows = Chances(m, seed);
        return Zeroed(m, k, share, (i, _) => rows[i]);
    }

    private static double[] Chances(int count, int seed)
    {
        Random random = new(seed);
        double[] chances = new double[count];
        for (int i = 0; i < count; i++)
        {
            chances[i] = random.NextDouble();
        }

        return chances;
    }

    /// <summary>Numbers of which those with a chance below the share are 0, -0 in one step of four: a packed tile keeps such a step, and leaves out the others.</summary>
    private static float[] Zeroed(int m, int k, double share, Func<int, int, double> chance)
    {
        float[] a = Product<SimdScalar, float>.Numbers(m * k, 1);
        for (int i = 0; i < m; i++)
        {
            for (int p = 0; p < k; p++)
            {
                if (chance(i, p) < share)
                {
                    a[(i * k) + p] = p % 4 == 3 && i % 2 == 0 ? -0f : 0;
                }
            }
        }

        return a;
    }
}
