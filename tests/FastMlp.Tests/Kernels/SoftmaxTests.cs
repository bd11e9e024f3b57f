using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>Softmax, its Jacobian and its fusion with cross-entropy against double, for every width 1..70, on every policy.</summary>
public sealed unsafe class SoftmaxTests
{
    private const int M = 3;
    private const float Scale = 0.25f;

    [Fact]
    public void RowsBackwardAndCrossEntropy() => Policies.ForEach(new RowsCheck());

    [Fact]
    public void RowsDependOnTheirContentsAlone() => Policies.ForEach(new InvarianceCheck());

    [Fact]
    public void ExtremeRows() => Policies.ForEach(new ExtremeCheck());

    [Fact]
    public void EqualLogitsFarFromZero() => Policies.ForEach(new EqualCheck());

    [Fact]
    public void WorkedExample()
    {
        float* row = stackalloc float[2] { 0.3f, 0.6f };
        Softmax.Rows(row, row, 1, 2, 2, 2);
        Assert.Equal(0.4256, row[0], 4);
        Assert.Equal(0.5744, row[1], 4);

        float* z = stackalloc float[2] { MathF.Log(0.9f), MathF.Log(0.1f) };
        float* a = stackalloc float[2];
        float* delta = stackalloc float[2];
        float* y = stackalloc float[2] { 1, 0 };
        int label = 1;
        float loss;
        Softmax.CrossEntropy(z, y, delta, a, &loss, 1, 2, 2, 2, 1f);
        Assert.Equal(0.1054, loss, 4);
        Softmax.CrossEntropy(z, &label, delta, a, &loss, 1, 2, 2, 1f);
        Assert.Equal(2.3026, loss, 4);
        Assert.Equal(-0.9, delta[1], 6);

        float* jacobian = stackalloc float[2] { 1, 0 };
        Softmax.Backward(a, jacobian, 1, 2, 2, 2);
        Assert.Equal(0.09, jacobian[0], 6);
        Assert.Equal(-0.09, jacobian[1], 6);
    }

    private static double[] Exactly(ReadOnlySpan<float> z)
    {
        double max = double.NegativeInfinity;
        foreach (float x in z)
        {
            max = Math.Max(max, x);
        }

        double[] e = new double[z.Length];
        double sum = 0;
        for (int j = 0; j < z.Length; j++)
        {
            e[j] = Math.Exp(z[j] - max);
            sum += e[j];
        }

        return [.. e.Select(x => x / sum)];
    }

    private readonly struct RowsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* loss = stackalloc float[M];
            for (int n = 1; n <= 70; n++)
            {
                int ld = n + 3;
                int used = ((M - 1) * ld) + n;
                float[] logits = ElementwiseTests.Samples(used);
                int[] labelArray = [0, n / 2, n - 1];
                float[] soft = [.. ElementwiseTests.Samples(used).Select(x => Math.Abs(x))];
                var z = new PoisonedBuffer(logits);
                var a = new PoisonedBuffer(Enumerable.Repeat(-7f, used).ToArray());
                var b = new PoisonedBuffer(used);
                var delta = new PoisonedBuffer(Enumerable.Repeat(-7f, used).ToArray());
                var y = new PoisonedBuffer(soft);
                string what = $"{TSimd.Name} n = {n}";

                Softmax.Rows<TSimd, TVec>(z.Pointer, a.Pointer, M, n, ld, ld);
                a.Check(what);
                logits.CopyTo(b.Values);
                Softmax.Backward<TSimd, TVec>(a.Pointer, b.Pointer, M, n, ld, ld);
                b.Check(what);
                for (int i = 0; i < M; i++)
                {
                    ReadOnlySpan<float> row = logits.AsSpan(i * ld, n);
                    double[] p = Exactly(row);
                    double dot = 0;
                    for (int j = 0; j < n; j++)
                    {
                        Assert.Equal(p[j], a.Values[(i * ld) + j], 2e-6);
                        dot += p[j] * row[j];
                    }

                    for (int j = 0; j < n; j++)
                    {
                        Assert.Equal(p[j] * (row[j] - dot), b.Values[(i * ld) + j], 5e-6);
                    }

                    if (i < M - 1)
                    {
                        Assert.Equal(-7f, a.Values[(i * ld) + n]); // the gap between rows is not touched
                    }
                }

                fixed (int* labels = labelArray)
                {
                    // In place: a over z.
                    logits.CopyTo(b.Values);
                    Softmax.CrossEntropy<TSimd, TVec, Softmax.Labels>(b.Pointer, new Softmax.Labels(labels), delta.Pointer, b.Pointer, loss, M, n, ld, Scale);
                }

                b.Check(what);
                delta.Check(what);
                for (int i = 0; i < M; i++)
                {
                    double[] p = Exactly(logits.AsSpan(i * ld, n));
                    Assert.Equal(-Math.Log(p[labelArray[i]]), loss[i], 5e-6);
                    for (int j = 0; j < n; j++)
                    {
                        Assert.Equal((p[j] - (j == labelArray[i] ? 1 : 0)) * Scale, delta.Values[(i * ld) + j], 2e-6);
                        Assert.Equal(a.Values[(i * ld) + j], b.Values[(i * ld) + j]);
                    }
                }

                Softmax.CrossEntropy<TSimd, TVec, Softmax.Targets>(z.Pointer, new Softmax.Targets(y.Pointer, ld), delta.Pointer, a.Pointer, loss, M, n, ld, Scale);
                a.Check(what);
                delta.Check(what);
                for (int i = 0; i < M; i++)
                {
                    double[] p = Exactly(logits.AsSpan(i * ld, n));
                    double expected = 0;
                    double weight = 0;
                    for (int j = 0; j < n; j++)
                    {
                        expected -= soft[(i * ld) + j] * Math.Log(p[j]);
                        weight += soft[(i * ld) + j];
                    }

                    Assert.Equal(expected, loss[i], 1e-5 * Math.Max(1, expected));
                    for (int j = 0; j < n; j++)
                    {
                        Assert.Equal(((p[j] * weight) - soft[(i * ld) + j]) * Scale, delta.Values[(i * ld) + j], 1e-5);
                        Assert.Equal(b.Values[(i * ld) + j], a.Values[(i * ld) + j]);
                    }
                }
            }
        }
    }

    private readonly struct InvarianceCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int n = 21;
            float[] row = ElementwiseTests.Samples(n);
            var alone = new PoisonedBuffer(row);
            Softmax.Rows<TSimd, TVec>(alone.Pointer, alone.Pointer, 1, n, n, n);
            for (int place = 0; place < 5; place++)
            {
                float[] batch = ElementwiseTests.Samples(5 * n);
                row.CopyTo(batch, place * n);
                var all = new PoisonedBuffer(batch);
                Softmax.Rows<TSimd, TVec>(all.Pointer, all.Pointer, 5, n, n, n);
                Assert.Equal(alone.Values.ToArray(), all.Values.Slice(place * n, n).ToArray());
            }
        }
    }

    /// <summary>
    /// Rows of n equal logits are 1 / n each and their cross-entropy ln n, however far the logits are from 0: large ones overflow without
    /// the maximum, and a maximum that took a 0 from past the end of the row would leave nothing of small ones.
    /// </summary>
    private readonly struct EqualCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int m = 3;
            float* loss = stackalloc float[m];
            int* labels = stackalloc int[m];
            for (int n = 1; n <= 70; n++)
            {
                foreach (float logit in (float[])[1000, -1000, 3e38f, -3e38f])
                {
                    string what = $"{TSimd.Name}: {n} x {logit}";
                    var z = new PoisonedBuffer([.. Enumerable.Repeat(logit, m * n)]);
                    var a = new PoisonedBuffer(m * n);
                    var delta = new PoisonedBuffer(m * n);
                    Softmax.Rows<TSimd, TVec>(z.Pointer, a.Pointer, m, n, n, n);
                    Check(a, n, what);
                    labels[0] = labels[1] = labels[2] = n - 1;
                    Softmax.CrossEntropy<TSimd, TVec, Softmax.Labels>(z.Pointer, new Softmax.Labels(labels), delta.Pointer, a.Pointer, loss, m, n, n, 1f);
                    Check(a, n, what);
                    Assert.Equal(Math.Log(n), loss[m - 1], 1e-5);
                    var targets = new PoisonedBuffer([.. Enumerable.Repeat(1f / n, m * n)]);
                    Softmax.CrossEntropy<TSimd, TVec, Softmax.Targets>(z.Pointer, new Softmax.Targets(targets.Pointer, n), delta.Pointer, a.Pointer, loss, m, n, n, 1f);
                    Check(a, n, what);
                    Assert.Equal(Math.Log(n), loss[m - 1], 1e-5);
                }
            }
        }

        private static void Check(PoisonedBuffer a, int n, string what)
        {
            a.Check(what);
            foreach (float value in a.Values)
            {
                Assert.True(Math.Abs(value - (1.0 / n)) <= 1e-6 / n, $"{what}: {value}");
            }
        }
    }

    private readonly struct ExtremeCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const int n = 10;
            float* loss = stackalloc float[1];
            float[] z = [1e38f, -1e38f, 1e38f, float.NegativeInfinity, 0, 0, 0, 0, 0, 0];
            float[] y = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            var logits = new PoisonedBuffer(z);
            var target = new PoisonedBuffer(y);
            var a = new PoisonedBuffer(n);
            var delta = new PoisonedBuffer(n);
            Softmax.CrossEntropy<TSimd, TVec, Softmax.Targets>(logits.Pointer, new Softmax.Targets(target.Pointer, n), delta.Pointer, a.Pointer, loss, 1, n, n, 1f);
            Assert.Equal([0.5f, 0, 0.5f, 0, 0, 0, 0, 0, 0, 0], a.Values.ToArray());
            Assert.Equal(Math.Log(2), loss[0], 6);

            // A NaN or +infinity anywhere makes the whole row NaN: divergence is seen.
            foreach (float bad in (float[])[float.NaN, float.PositiveInfinity])
            {
                for (int place = 0; place < n; place++)
                {
                    float[] row = new float[n];
                    row[place] = bad;
                    var spoilt = new PoisonedBuffer(row);
                    Softmax.Rows<TSimd, TVec>(spoilt.Pointer, spoilt.Pointer, 1, n, n, n);
                    Assert.True(float.IsNaN(spoilt.Values[place]), TSimd.Name);
                    int label = place;
                    row.CopyTo(spoilt.Values);
                    Softmax.CrossEntropy<TSimd, TVec, Softmax.Labels>(spoilt.Pointer, new Softmax.Labels(&label), delta.Pointer, a.Pointer, loss, 1, n, n, 1f);
                    Assert.True(float.IsNaN(loss[0]), TSimd.Name);
                }
            }
        }
    }
}
