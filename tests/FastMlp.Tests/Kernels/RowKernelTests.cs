using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>The kernels for one to three rows, for one unit, and copies of rows: every small shape, the bits of plain chains, and no touch outside.</summary>
public sealed unsafe class RowKernelTests
{
    [Fact]
    public void OneToThreeRowsOfEveryNumberOfPanels() => Policies.ForEach(new FewRowsCheck());

    [Fact]
    public void PartsOfARow() => Policies.ForEach(new PartsCheck());

    [Fact]
    public void ARowByItsShape() => Isa.Dispatch(new ShapeCheck());

    [Fact]
    public void OneUnitForward() => Policies.ForEach(new DotForwardCheck());

    [Fact]
    public void OneUnitActivates() => Policies.ForEach(new DotActivationCheck());

    [Fact]
    public void OneUnitGradient() => Policies.ForEach(new DotGradientCheck());

    [Fact]
    public void CopiesOfRows()
    {
        for (int n = 1; n <= 40; n++)
        {
            for (int m = 0; m <= 12; m++)
            {
                foreach (int gap in (int[])[0, 1, 5])
                {
                    int ldSource = (n + 31) / 16 * 16;
                    PoisonedBuffer source = new(Product<SimdScalar, float>.Numbers(Math.Max(1, m * ldSource), n + m));
                    PoisonedBuffer destination = new(Enumerable.Repeat(-7f, Math.Max(1, m * (n + gap))).ToArray());
                    Rows.Copy(source.Pointer, ldSource, destination.Pointer, n + gap, m, n);
                    destination.Check($"{m} rows of {n}, {gap} apart");
                    for (int i = 0; i < m; i++)
                    {
                        for (int j = 0; j < n + gap; j++)
                        {
                            Assert.Equal(j < n ? source.Values[(i * ldSource) + j] : -7f, destination.Values[(i * (n + gap)) + j]);
                        }
                    }
                }
            }
        }
    }

    private readonly struct FewRowsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int m = 1; m <= 3; m++)
            {
                for (int vectors = 1; vectors <= 2; vectors++)
                {
                    int width = vectors * TSimd.Width;
                    for (int panels = 1; panels <= 11; panels++)
                    {
                        foreach (int n in (int[])[((panels - 1) * width) + 1, (panels * width) - 1, panels * width])
                        {
                            if (n < 1)
                            {
                                continue;
                            }

                            Product<TSimd, TVec> product = new(m, n, 13, vectors) { KBlock = 5 + (8 * (panels % 2)) };
                            product.CheckAgainstChains("dense");
                            product.CheckAgainstReference();
                        }
                    }
                }
            }
        }
    }

    /// <summary>Some panels of a padded y, as threads share them out; the others stay.</summary>
    private readonly struct PartsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int K = 11;
            const int Panels = 10;
            bool isFused = Fused.By<TSimd, TVec>();
            int width = 2 * TSimd.Width;
            int n = Panels * width;
            float[] x = Product<TSimd, TVec>.Numbers(K, 1);
            PoisonedBuffer row = new(x);
            PoisonedBuffer b = new(Product<TSimd, TVec>.Numbers(n * K, 2));
            float[] expected = new float[n];
            for (int p = 0; p < K; p++)
            {
                for (int panel = 0; panel < Panels; panel++)
                {
                    Fused.Add(isFused, x[p], b.Values.Slice((panel * K * width) + (p * width), width), expected.AsSpan(panel * width, width));
                }
            }

            RowShape shape = new(K, n, 2, 2 * Panels, K * width, K, isBFloat16: false);
            for (int begin = 0; begin <= Panels; begin++)
            {
                for (int end = begin; end <= Panels; end++)
                {
                    PoisonedBuffer y = new(Enumerable.Repeat(-7f, n).ToArray());
                    RowProduct.Multiply<TSimd, TVec, N1, N2, Float32Weights, Store>(
                        in shape, row.Pointer, 0, b.Pointer, y.Pointer, 0, isPadded: true, 2 * begin, 2 * end, default(Store));
                    y.Check(TSimd.Name);
                    for (int j = 0; j < n; j++)
                    {
                        Assert.Equal(j >= begin * width && j < end * width ? expected[j] : -7f, y.Values[j]);
                    }
                }
            }
        }
    }

    /// <summary>What a layer calls for one row: from one to nine vectors, padded and not, searched and not.</summary>
    private readonly struct ShapeCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            bool isFused = Fused.By<TSimd, TVec>();
            for (int n = 1; n <= (9 * TSimd.Width) + 1; n++)
            {
                foreach (int k in (int[])[1, 2, 9, 300])
                {
                    int width = (int)PanelLayout.PanelWidth(n);
                    int padded = (int)PanelLayout.Padded(n);
                    int vectors = PanelLayout.PanelVectors(n);
                    float[] x = Product<TSimd, TVec>.Numbers(k, n);
                    for (int p = 0; p < k; p += 3)
                    {
                        x[p] = 0;
                    }

                    PoisonedBuffer row = new(x);
                    PoisonedBuffer b = new(padded * k);
                    float[] expected = new float[padded];
                    float[] numbers = Product<TSimd, TVec>.Numbers(n * k, n + 1);
                    for (int p = 0; p < k; p++)
                    {
                        for (int j = 0; j < n; j++)
                        {
                            b.Values[(j / width * width * k) + (p * width) + (j % width)] = numbers[(p * n) + j];
                        }

                        Fused.Add(isFused, x[p], numbers.AsSpan(p * n, n), expected.AsSpan(0, n));
                    }

                    // The panels alone, and with a copy by rows behind them, which is then all that is read where x is searched for zeros.
                    PoisonedBuffer both = new(2 * padded * k);
                    WeightRows.Copy(b.Pointer, k, width, padded, both.Pointer + (padded * k));
                    both.Check($"copy of {n} x {k}");
                    RowShape shape = new(k, n, vectors, padded / TSimd.Width, k * width, Routes.KBlock(k), isBFloat16: false);
                    RowShape byRows = new(k, n, vectors, padded / TSimd.Width, k * width, Routes.KBlock(k), isBFloat16: false, rowsOffset: padded * k);
                    if (!byRows.IsWorthSearching)
                    {
                        b.Values.CopyTo(both.Values);
                    }

                    foreach (bool isPadded in (bool[])[false, true])
                    {
                        PoisonedBuffer y = new(isPadded ? padded : n);
                        RowProduct.Multiply(in shape, row.Pointer, b.Pointer, y.Pointer, isPadded, default(Store));
                        y.Check($"{n} x {k}, padded: {isPadded}");
                        Same.Bits(expected.AsSpan(0, n), y.Values[..n], $"{n} x {k}, padded: {isPadded}");
                        PoisonedBuffer again = new(isPadded ? padded : n);
                        RowProduct.Multiply(in byRows, row.Pointer, both.Pointer, again.Pointer, isPadded, default(Store));
                        again.Check($"{n} x {k} by rows, padded: {isPadded}");
                        Same.Bits(expected.AsSpan(0, n), again.Values[..n], $"{n} x {k} by rows, padded: {isPadded}");
                    }
                }
            }
        }
    }

    private readonly struct DotForwardCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int k = 1; k <= (4 * TSimd.Width) + 3; k++)
            {
                int ldx = k + (k % 3);
                int m = (2 * TSimd.Width) + 5;
                PoisonedBuffer x = new(Product<TSimd, TVec>.Numbers((m * ldx) - (ldx - k), 1));
                PoisonedBuffer w = PaddedRow<TSimd, TVec>(Product<TSimd, TVec>.Numbers(k, 2));
                for (int gap = 0; gap <= 2; gap += 2)
                {
                    int lda = 1 + gap;
                    float[] together = Forward<TSimd, TVec, IdentityActivation>(x.Pointer, w.Pointer, m, k, ldx, lda);
                    for (int i = 0; i < m; i++)
                    {
                        double sum = 0.25;
                        double size = 0.25;
                        for (int p = 0; p < k; p++)
                        {
                            double term = (double)x.Values[(i * ldx) + p] * w.Values[p];
                            sum += term;
                            size += Math.Abs(term);
                        }

                        Assert.True(Math.Abs(together[i] - sum) <= (k + 3) * size * 6e-8, $"{TSimd.Name}, k = {k}: row {i} is {together[i]}, not {sum}");
                    }

                    // The same bits in any company.
                    foreach (int rows in (int[])[1, 2, 3, 4, 5, 7, TSimd.Width, TSimd.Width + 1])
                    {
                        for (int first = 0; first + rows <= m; first += rows)
                        {
                            float[] part = Forward<TSimd, TVec, IdentityActivation>(x.Pointer + (first * ldx), w.Pointer, rows, k, ldx, lda);
                            Same.Bits(together.AsSpan(first, rows), part, $"{TSimd.Name}, k = {k}, {rows} rows from {first}");
                        }
                    }
                }
            }
        }
    }

    private readonly struct DotActivationCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int K = 37;
            for (int m = 0; m <= (2 * TSimd.Width) + 1; m++)
            {
                PoisonedBuffer x = new(Product<TSimd, TVec>.Numbers(Math.Max(1, m * K), 1));
                PoisonedBuffer w = PaddedRow<TSimd, TVec>(Product<TSimd, TVec>.Numbers(K, 2));
                float[] z = Forward<TSimd, TVec, IdentityActivation>(x.Pointer, w.Pointer, m, K, K, 1);
                float[] relu = Forward<TSimd, TVec, ReluActivation>(x.Pointer, w.Pointer, m, K, K, 1);
                float[] tanh = Forward<TSimd, TVec, TanhActivation>(x.Pointer, w.Pointer, m, K, K, 1);
                for (int i = 0; i < m; i++)
                {
                    Assert.Equal(Math.Max(0, z[i]), relu[i]);
                    Assert.Equal(Math.Tanh(z[i]), tanh[i], 5e-7);
                }
            }
        }
    }

    private readonly struct DotGradientCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            bool isFused = Fused.By<TSimd, TVec>();
            foreach (int m in (int[])[0, 1, 2, 7, 40])
            {
                for (int k = 1; k <= (9 * TSimd.Width) + 1; k++)
                {
                    int ldx = k + (k % 2);
                    int ldDelta = 1 + (3 * (k % 2));
                    PoisonedBuffer x = new(Product<TSimd, TVec>.Numbers(Math.Max(1, m * ldx) - (m > 0 ? ldx - k : 0), 1));
                    PoisonedBuffer delta = new(Product<TSimd, TVec>.Numbers(Math.Max(1, m * ldDelta), 2));
                    float[] sums = new float[k];
                    for (int i = 0; i < m; i++)
                    {
                        Fused.Add(isFused, delta.Values[i * ldDelta], x.Values.Slice(i * ldx, k), sums);
                    }

                    string what = $"{TSimd.Name}, {m} rows, k = {k}";
                    float[] old = Product<TSimd, TVec>.Numbers(k, 3);
                    PoisonedBuffer c = PaddedRow<TSimd, TVec>(old);
                    Dot.Gradient<TSimd, TVec, Store>(default, x.Pointer, delta.Pointer, c.Pointer, m, k, ldx, ldDelta);
                    CheckRow(c, sums, what);

                    PoisonedBuffer w = PaddedRow<TSimd, TVec>(old);
                    Dot.Gradient<TSimd, TVec, Descend>(new Descend(0.5f), x.Pointer, delta.Pointer, w.Pointer, m, k, ldx, ldDelta);
                    float[] expected = [.. old];
                    for (int p = 0; p < k; p++)
                    {
                        Fused.Add(isFused, -0.5f, sums.AsSpan(p, 1), expected.AsSpan(p, 1));
                    }

                    CheckRow(w, expected, what + ", descent");
                }
            }
        }

        /// <summary>The values, then nothing but zeros to the end of the last vector, then poison.</summary>
        private static void CheckRow(PoisonedBuffer row, float[] expected, string what)
        {
            row.Check(what);
            Same.Bits(expected, row.Values[..expected.Length], what);
            Assert.DoesNotContain(row.Values[expected.Length..].ToArray(), value => value != 0);
        }
    }

    /// <summary>A row of weights as a layer of one unit keeps it: with zeros to whole vectors.</summary>
    private static PoisonedBuffer PaddedRow<TSimd, TVec>(float[] values)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        PoisonedBuffer row = new((values.Length + TSimd.Width - 1) / TSimd.Width * TSimd.Width);
        values.CopyTo(row.Values);
        return row;
    }

    /// <summary>m results with a bias of 0.25, between which nothing is touched.</summary>
    private static float[] Forward<TSimd, TVec, TActivation>(float* x, float* w, int m, int k, int ldx, int lda)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : struct, IActivation
    {
        PoisonedBuffer a = new(Enumerable.Repeat(-7f, m * lda).ToArray());
        Dot.Forward<TSimd, TVec, TActivation>(default, x, w, 0.25f, a.Pointer, m, k, ldx, lda);
        a.Check($"{TSimd.Name} {m} rows, k = {k}");
        float[] results = new float[m];
        for (int i = 0; i < m * lda; i++)
        {
            if (i % lda == 0)
            {
                results[i / lda] = a.Values[i];
            }
            else
            {
                Assert.Equal(-7f, a.Values[i]);
            }
        }

        return results;
    }
}
