using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>The elementwise losses against double, for every width 0..70, on every policy; gradients against central differences.</summary>
public sealed unsafe class LossKernelTests
{
    private const int M = 2;
    private const float Scale = 0.125f;

    [Fact]
    public void Quadratic() => Policies.ForEach(new Check<LossKernels.QuadraticLoss>((x, y) => (x - y) * (x - y), 0.5, false));

    [Fact]
    public void SigmoidCrossEntropy() => Policies.ForEach(new Check<LossKernels.SigmoidCrossEntropyLoss>((x, y) => Math.Max(x, 0) - (y * x) + Exact.LogOnePlus(Math.Exp(-Math.Abs(x))), 1, false));

    [Fact]
    public void CrossEntropy() => Policies.ForEach(new Check<LossKernels.CrossEntropyLoss>((x, y) => -y * Math.Log(x), 1, true));

    [Fact]
    public void BinaryCrossEntropy() => Policies.ForEach(new Check<LossKernels.BinaryCrossEntropyLoss>((x, y) => -((y * Math.Log(x)) + ((1 - y) * Math.Log(1 - x))), 1, true));

    [Fact]
    public void CertainAnswersStayFinite()
    {
        float* a = stackalloc float[4] { 0, 1, 0, 1 };
        float* y = stackalloc float[4] { 0, 1, 1, 0 };
        float* delta = stackalloc float[4];
        float* loss = stackalloc float[4];
        LossKernels.BinaryCrossEntropyGradient(a, y, delta, loss, 4, 1, 1, 1, 1f);
        Assert.Equal([0f, 0f], new ReadOnlySpan<float>(loss, 2).ToArray());
        Assert.Equal(-Math.Log(1.17549435e-38), loss[2], 4);
        Assert.Equal(-Math.Log(1.17549435e-38), loss[3], 4);
        Assert.All(new ReadOnlySpan<float>(delta, 4).ToArray(), x => Assert.True(float.IsFinite(x)));
        Assert.True(delta[2] < -1e37f && delta[3] > 1e37f);

        LossKernels.CrossEntropyGradient(a, y, delta, loss, 4, 1, 1, 1, 1f);
        Assert.Equal(0f, loss[0]);
        Assert.Equal(-Math.Log(1.17549435e-38), loss[2], 4);
        Assert.All(new ReadOnlySpan<float>(delta, 4).ToArray(), x => Assert.True(float.IsFinite(x)));

        // A logit far on the right side of its target costs nothing, on the wrong side its size.
        float* z = stackalloc float[4] { -1e4f, 1e4f, -1e4f, 1e4f };
        LossKernels.SigmoidCrossEntropy(z, y, delta, a, loss, 4, 1, 1, 1, 1f);
        Assert.Equal([0f, 0f, 1e4f, 1e4f], new ReadOnlySpan<float>(loss, 4).ToArray());
        Assert.Equal([0f, 0f, -1f, 1f], new ReadOnlySpan<float>(delta, 4).ToArray());
        Assert.Equal([0f, 1f, 0f, 1f], new ReadOnlySpan<float>(a, 4).ToArray());

        LossKernels.Quadratic(z, y, delta, loss, 1, 4, 4, 4, 0.5f);
        Assert.Equal(-5e3f, delta[0]);
    }

    private readonly struct Check<TLoss>(Func<double, double, double> loss, double slope, bool probability) : IVectorKernel
        where TLoss : struct, LossKernels.IElementLoss
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            double factor = slope == 0.5 ? 0.5 : 1; // the kernel's quadratic gradient is that of half the square
            float* rows = stackalloc float[M];
            for (int n = 0; n <= 70; n++)
            {
                int ld = n + 2;
                int used = n == 0 ? 0 : ld + n;
                bool squeezed = probability;
                float[] x = [.. ElementwiseTests.Samples(used).Select(v => squeezed ? (v / 7) + 0.5f : v)];
                float[] y = [.. ElementwiseTests.Samples(used).Select((v, i) => (i % 3) switch { 0 => 0f, 1 => 1f, _ => 0.3f })];
                var input = new PoisonedBuffer(x);
                var target = new PoisonedBuffer(y);
                var delta = new PoisonedBuffer(used);
                var a = new PoisonedBuffer(used);
                LossKernels.Rows<TSimd, TVec, TLoss>(input.Pointer, target.Pointer, delta.Pointer, a.Pointer, rows, M, n, ld, ld, Scale);
                delta.Check($"{TSimd.Name} {typeof(TLoss).Name} {n}");
                a.Check($"{TSimd.Name} {typeof(TLoss).Name} {n}");
                for (int i = 0; i < M; i++)
                {
                    double expected = 0;
                    for (int j = 0; j < n; j++)
                    {
                        int at = (i * ld) + j;
                        expected += loss(x[at], y[at]);
                        const double h = 1e-6;
                        double gradient = (loss(x[at] + h, y[at]) - loss(x[at] - h, y[at])) / (2 * h) * factor * Scale;
                        Assert.Equal(gradient, delta.Values[at], 1e-6 * Math.Max(1, Math.Abs(gradient)));
                        if (TLoss.WritesActivation)
                        {
                            Assert.Equal(Exact.Sigmoid(x[at]), a.Values[at], 1e-6);
                        }
                    }

                    Assert.Equal(expected, rows[i], 2e-6 * Math.Max(1, expected));
                }
            }
        }
    }
}
