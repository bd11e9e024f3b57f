using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>
/// Softmax and cross-entropy on both sides of the width where rows are turned on their side: whole and partial vectors of rows against
/// double, the bits of a row alone, rows that are not finite beside others, and no touch outside.
/// </summary>
public sealed unsafe class NarrowSoftmaxTests
{
    private const int Gap = 2;
    private const float Scale = 0.25f;
    private const float Untouched = -7;

    [Fact]
    public void EveryWidthAndNumberOfRows() => Policies.ForEach(new ShapesCheck());

    [Fact]
    public void ExtremeRowsAndTheirNeighbours() => Policies.ForEach(new ExtremeCheck());

    private readonly struct ShapesCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int n = 1; n <= Routes.NarrowSoftmaxColumns + 4; n++)
            {
                for (int m = 0; m <= (2 * TSimd.Width) + 1; m++)
                {
                    float[] z = Numbers(m * n, 1, 5);
                    float[] soft = Array.ConvertAll(Numbers(m * n, 2, 1), Math.Abs);
                    int[] labels = [.. Enumerable.Range(0, m).Select(i => (7 * i) % n)];
                    string what = $"{TSimd.Name} {m} x {n}";
                    Outcome byLabel = Outcome.Of<TSimd, TVec>(z, labels, null, n, what);
                    Outcome byTargets = Outcome.Of<TSimd, TVec>(z, null, soft, n, what);
                    Same.Bits(byLabel.A, byTargets.A, what);
                    Same.Bits(byLabel.A, byLabel.Rows, what);
                    for (int i = 0; i < m; i++)
                    {
                        CheckRow(byLabel, i, z.AsSpan(i * n, n), OneHot(labels[i], n), what);
                        CheckRow(byTargets, i, z.AsSpan(i * n, n), soft.AsSpan(i * n, n), what);
                    }
                }
            }
        }
    }

    private readonly struct ExtremeCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int n in (int[])[1, 2, 4, 7, 10, 16, 17, 20])
            {
                int m = (2 * TSimd.Width) + 6;
                float[] z = Numbers(m * n, 3, 5);
                float[] soft = Array.ConvertAll(Numbers(m * n, 4, 1), Math.Abs);
                int[] labels = new int[m];
                for (int i = 0; i < m; i++)
                {
                    labels[i] = (i / 6) % n;
                    Span<float> row = z.AsSpan(i * n, n);
                    switch (i % 6)
                    {
                        case 0 when n > 1:
                            // Never at the label; a target of 0 takes no part.
                            row[(labels[i] + 1) % n] = float.NegativeInfinity;
                            soft[(i * n) + ((labels[i] + 1) % n)] = 0;
                            break;
                        case 1:
                            row[i % n] = float.NaN;
                            break;
                        case 2:
                            row[i % n] = float.PositiveInfinity;
                            break;
                        case 3:
                            row.Fill(float.NegativeInfinity);
                            break;
                        case 4:
                            row.Fill(1e38f);
                            row[0] = -1e38f;
                            break;
                    }
                }

                string what = $"{TSimd.Name} {m} x {n}";
                Outcome byLabel = Outcome.Of<TSimd, TVec>(z, labels, null, n, what);
                Outcome byTargets = Outcome.Of<TSimd, TVec>(z, null, soft, n, what);
                Same.Bits(byLabel.A, byLabel.Rows, what);
                Same.Bits(byLabel.A, byTargets.A, what);
                for (int i = 0; i < m; i++)
                {
                    ReadOnlySpan<float> row = z.AsSpan(i * n, n);
                    Outcome alone = Outcome.Of<TSimd, TVec>(row.ToArray(), [labels[i]], null, n, what);
                    Outcome softAlone = Outcome.Of<TSimd, TVec>(row.ToArray(), null, soft.AsSpan(i * n, n).ToArray(), n, what);
                    Same.Bits(alone.A, byLabel.A.AsSpan(i * n, n), $"{what}, row {i}");
                    Same.Bits(alone.Delta, byLabel.Delta.AsSpan(i * n, n), $"{what}, delta of row {i}");
                    Same.Bits(alone.Loss, byLabel.Loss.AsSpan(i, 1), $"{what}, loss of row {i}");
                    Same.Bits(softAlone.Delta, byTargets.Delta.AsSpan(i * n, n), $"{what}, delta of row {i} by targets");
                    Same.Bits(softAlone.Loss, byTargets.Loss.AsSpan(i, 1), $"{what}, loss of row {i} by targets");
                    if (i % 6 is 1 or 2 or 3)
                    {
                        Assert.True(float.IsNaN(byLabel.Loss[i]) && float.IsNaN(byTargets.Loss[i]), $"{what}: loss of row {i}");
                        Assert.DoesNotContain(alone.A, a => !float.IsNaN(a));
                    }
                    else if (i % 6 is 0 or 5)
                    {
                        CheckRow(byLabel, i, row, OneHot(labels[i], n), what);
                        CheckRow(byTargets, i, row, soft.AsSpan(i * n, n), what);
                    }
                    else
                    {
                        Assert.DoesNotContain(alone.A, a => !(a >= 0 && a <= 1));
                    }
                }

                // The label itself at -infinity: an infinite loss, and a delta like any other.
                if (n > 1)
                {
                    float[] row = new float[n];
                    row[^1] = float.NegativeInfinity;
                    Outcome impossible = Outcome.Of<TSimd, TVec>(row, [n - 1], null, n, what);
                    Assert.Equal(float.PositiveInfinity, impossible.Loss[0]);
                    Assert.Equal(-Scale, impossible.Delta[^1]);
                }
            }
        }
    }

    /// <summary>What the two forms give for rows that lie a gap apart, having touched nothing but the rows.</summary>
    private sealed record Outcome(float[] Rows, float[] A, float[] Delta, float[] Loss)
    {
        public static Outcome Of<TSimd, TVec>(float[] logits, int[]? labels, float[]? soft, int n, string what)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            int m = logits.Length / n;
            int ld = n + Gap;
            PoisonedBuffer z = Apart(logits, m, n);
            PoisonedBuffer rows = Apart(null, m, n);
            PoisonedBuffer delta = Apart(null, m, n);
            PoisonedBuffer loss = new(m);
            Softmax.Rows<TSimd, TVec>(z.Pointer, rows.Pointer, m, n, ld, ld);
            if (labels != null)
            {
                // In place: a over z.
                fixed (int* l = labels)
                {
                    Softmax.CrossEntropy<TSimd, TVec, Softmax.Labels>(z.Pointer, new Softmax.Labels(l), delta.Pointer, z.Pointer, loss.Pointer, m, n, ld, Scale);
                }
            }
            else
            {
                PoisonedBuffer y = new(soft);
                PoisonedBuffer a = Apart(null, m, n);

                // In place: delta over z.
                Softmax.CrossEntropy<TSimd, TVec, Softmax.Targets>(z.Pointer, new Softmax.Targets(y.Pointer, n), z.Pointer, a.Pointer, loss.Pointer, m, n, ld, Scale);
                (z, delta) = (a, z);
            }

            loss.Check(what);
            return new Outcome(Closely(rows, m, n, what), Closely(z, m, n, what), Closely(delta, m, n, what), loss.Values.ToArray());
        }

        /// <summary>The last row ends with its columns, so that poison follows.</summary>
        private static PoisonedBuffer Apart(float[]? values, int m, int n)
        {
            PoisonedBuffer buffer = new(Math.Max(0, (m * (n + Gap)) - Gap));
            buffer.Values.Fill(Untouched);
            for (int i = 0; i < m && values != null; i++)
            {
                values.AsSpan(i * n, n).CopyTo(buffer.Values[(i * (n + Gap))..]);
            }

            return buffer;
        }

        private static float[] Closely(PoisonedBuffer buffer, int m, int n, string what)
        {
            buffer.Check(what);
            float[] values = new float[m * n];
            for (int i = 0; i < m; i++)
            {
                buffer.Values.Slice(i * (n + Gap), n).CopyTo(values.AsSpan(i * n));
                for (int j = n; j < n + Gap && i < m - 1; j++)
                {
                    Assert.Equal(Untouched, buffer.Values[(i * (n + Gap)) + j]);
                }
            }

            return values;
        }
    }

    private static void CheckRow(Outcome outcome, int i, ReadOnlySpan<float> z, ReadOnlySpan<float> y, string what)
    {
        int n = z.Length;
        double max = double.NegativeInfinity;
        foreach (float value in z)
        {
            max = Math.Max(max, value);
        }

        double sum = 0;
        foreach (float value in z)
        {
            sum += Math.Exp(value - max);
        }

        double weight = 0;
        double loss = 0;
        for (int j = 0; j < n; j++)
        {
            weight += y[j];
            loss += y[j] == 0 ? 0 : y[j] * (max + Math.Log(sum) - z[j]);
        }

        for (int j = 0; j < n; j++)
        {
            double a = Math.Exp(z[j] - max) / sum;
            Close(a, outcome.A[(i * n) + j], 2e-6, $"{what}: a[{i}, {j}]");
            Close(((a * weight) - y[j]) * Scale, outcome.Delta[(i * n) + j], 1e-6 * Math.Max(1, weight), $"{what}: delta[{i}, {j}]");
        }

        Close(loss, outcome.Loss[i], 1e-6 * Math.Max(1, weight * 10), $"{what}: loss of row {i}");
    }

    private static void Close(double expected, float actual, double bound, string what) =>
        Assert.True(Math.Abs(actual - expected) <= bound, $"{what} is {actual}, not {expected}");

    private static float[] OneHot(int label, int n)
    {
        float[] oneHot = new float[n];
        oneHot[label] = 1;
        return oneHot;
    }

    private static float[] Numbers(int count, int seed, float size) =>
        Array.ConvertAll(Product<SimdScalar, float>.Numbers(count, seed), value => size * value);
}
