using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Reference;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>The elementwise losses against double, for every width 0..70, on every policy; gradients against central differences.</summary>
public sealed unsafe class LossKernelTests
{
    private const int M = 2;
    private const float Scale = 0.125f;

    // Enough for the widest row; a weight or level for each column.
    private static readonly float[] columns = Pinned(i => 0.1f + (0.8f * (i % 7) / 7));
    private static readonly float[] otherColumns = Pinned(i => 0.5f + (i % 5));

    [Fact]
    public void Quadratic() => Policies.ForEach(new Check<LossKernels.QuadraticLoss>(default, (x, y, _) => (x - y) * (x - y), 0.5, false));

    [Fact]
    public void SigmoidCrossEntropy() => Policies.ForEach(new Check<LossKernels.SigmoidCrossEntropyLoss>(default, (x, y, _) => Math.Max(x, 0) - (y * x) + Exact.LogOnePlus(Math.Exp(-Math.Abs(x))), 1, false));

    [Fact]
    public void CrossEntropy() => Policies.ForEach(new Check<LossKernels.CrossEntropyLoss>(default, (x, y, _) => -y * Math.Log(x), 1, true));

    [Fact]
    public void BinaryCrossEntropy() => Policies.ForEach(new Check<LossKernels.BinaryCrossEntropyLoss>(default, (x, y, _) => -((y * Math.Log(x)) + ((1 - y) * Math.Log(1 - x))), 1, true));

    [Fact]
    public void WeightedSigmoidCrossEntropy() => Policies.ForEach(new Check<LossKernels.WeightedSigmoidCrossEntropyLoss>(
        new(Address(columns), Address(otherColumns)),
        (x, y, j) => (columns[j] * y * (Math.Max(-x, 0) + Exact.LogOnePlus(Math.Exp(-Math.Abs(x))))) + (otherColumns[j] * (1 - y) * (Math.Max(x, 0) + Exact.LogOnePlus(Math.Exp(-Math.Abs(x))))),
        1,
        false));

    [Fact]
    public void WeightedBinaryCrossEntropy() => Policies.ForEach(new Check<LossKernels.WeightedBinaryCrossEntropyLoss>(
        new(Address(columns), Address(otherColumns)), (x, y, j) => -((columns[j] * y * Math.Log(x)) + (otherColumns[j] * (1 - y) * Math.Log(1 - x))), 1, true));

    [Fact]
    public void Quantile() => Policies.ForEach(new Check<LossKernels.QuantileLoss>(
        new(Address(columns)), (x, y, j) => Math.Max(columns[j] * (y - x), (columns[j] - 1) * (y - x)), 1, false));

    public static TheoryData<string> Names => [.. ReferenceLoss.Cases.Keys];

    /// <summary>Every loss that the oracle has a case of, as the oracle writes its formula.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void EveryLossIsItsFormula(string name)
    {
        Loss loss = ReferenceLoss.Cases[name];
        ReferenceLoss oracle = ReferenceBridge.From(loss);
        float[] levels = Pinned(_ => loss.Levels?[0] ?? 0);
        LossKernels.Make(loss.Kind, loss.Delta, Address(levels), new OracleCheck(oracle));
    }

    [Fact]
    public void AtTheTargetAKinkHasNoSlope()
    {
        float* a = stackalloc float[2] { 0.25f, -3 };
        float* delta = stackalloc float[2];
        float* loss = stackalloc float[1];
        LossKernels.Evaluate(default(LossKernels.AbsoluteLoss), a, a, delta, a, loss, 1, 2, 2, 2, 1f);
        Assert.Equal([0f, 0f, 0f], new[] { delta[0], delta[1], loss[0] });
        LossKernels.Evaluate(new LossKernels.QuantileLoss(Address(columns)), a, a, delta, a, loss, 1, 2, 2, 2, 1f);
        Assert.Equal([0f, 0f, 0f], new[] { delta[0], delta[1], loss[0] });
    }

    [Fact]
    public void ANaNStaysInTheLoss()
    {
        float* a = stackalloc float[1] { float.NaN };
        float* y = stackalloc float[1] { 1 };
        float* delta = stackalloc float[1];
        float* loss = stackalloc float[1];
        LossKernels.Evaluate(default(LossKernels.AbsoluteLoss), a, y, delta, a, loss, 1, 1, 1, 1, 1f);
        Assert.True(float.IsNaN(loss[0]));
        LossKernels.Evaluate(new LossKernels.HuberLoss(1), a, y, delta, a, loss, 1, 1, 1, 1, 1f);
        Assert.True(float.IsNaN(loss[0]));
        LossKernels.Evaluate(new LossKernels.QuantileLoss(Address(columns)), a, y, delta, a, loss, 1, 1, 1, 1, 1f);
        Assert.True(float.IsNaN(loss[0]));
        LossKernels.Evaluate(default(LossKernels.LogPoissonLoss), a, y, delta, a, loss, 1, 1, 1, 1, 1f);
        Assert.True(float.IsNaN(loss[0]));
    }

    [Fact]
    public void RowsAreScaledEachByItsFactor()
    {
        float* factors = stackalloc float[3] { 0, 1, -2.5f };
        foreach (int n in new[] { 1, 3, 16, 37 })
        {
            var delta = new PoisonedBuffer([.. ElementwiseTests.Samples(3 * n)]);
            float[] before = delta.Values.ToArray();
            LossKernels.ScaleRows(delta.Pointer, factors, 3, n, n);
            delta.Check("scaled");
            for (int i = 0; i < before.Length; i++)
            {
                Assert.Equal(before[i] * factors[i / n], delta.Values[i]);
            }
        }
    }

    [Fact]
    public void CertainAnswersStayFinite()
    {
        float* a = stackalloc float[4] { 0, 1, 0, 1 };
        float* y = stackalloc float[4] { 0, 1, 1, 0 };
        float* delta = stackalloc float[4];
        float* loss = stackalloc float[4];
        LossKernels.Evaluate(default(LossKernels.BinaryCrossEntropyLoss), a, y, delta, a, loss, 4, 1, 1, 1, 1f);
        Assert.Equal([0f, 0f], new ReadOnlySpan<float>(loss, 2).ToArray());
        Assert.Equal(-Math.Log(1.17549435e-38), loss[2], 4);
        Assert.Equal(-Math.Log(1.17549435e-38), loss[3], 4);
        Assert.All(new ReadOnlySpan<float>(delta, 4).ToArray(), x => Assert.True(float.IsFinite(x)));
        Assert.True(delta[2] < -1e37f && delta[3] > 1e37f);

        LossKernels.Evaluate(default(LossKernels.CrossEntropyLoss), a, y, delta, a, loss, 4, 1, 1, 1, 1f);
        Assert.Equal(0f, loss[0]);
        Assert.Equal(-Math.Log(1.17549435e-38), loss[2], 4);
        Assert.All(new ReadOnlySpan<float>(delta, 4).ToArray(), x => Assert.True(float.IsFinite(x)));

        // A logit far on the right side of its target costs nothing, on the wrong side its size.
        float* z = stackalloc float[4] { -1e4f, 1e4f, -1e4f, 1e4f };
        LossKernels.Evaluate(default(LossKernels.SigmoidCrossEntropyLoss), z, y, delta, a, loss, 4, 1, 1, 1, 1f);
        Assert.Equal([0f, 0f, 1e4f, 1e4f], new ReadOnlySpan<float>(loss, 4).ToArray());
        Assert.Equal([0f, 0f, -1f, 1f], new ReadOnlySpan<float>(delta, 4).ToArray());
        Assert.Equal([0f, 1f, 0f, 1f], new ReadOnlySpan<float>(a, 4).ToArray());

        LossKernels.Evaluate(default(LossKernels.QuadraticLoss), z, y, delta, z, loss, 1, 4, 4, 4, 0.5f);
        Assert.Equal(-5e3f, delta[0]);
    }

    private static float[] Pinned(Func<int, float> value)
    {
        float[] values = GC.AllocateArray<float>(70, pinned: true);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(i);
        }

        return values;
    }

    private static float* Address(float[] pinned) => (float*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private readonly struct OracleCheck(ReferenceLoss oracle) : LossKernels.IMaker
    {
        public void Make<TLoss>(TLoss element)
            where TLoss : struct, LossKernels.IElementLoss
        {
            ReferenceLoss formula = oracle;
            double Value(double x, double y, int column) => formula.Value([x], [y]);
            Policies.ForEach(new Check<TLoss>(element, Value, 1, double.IsNaN(Value(-1, 0.3, 0))));
        }
    }

    private readonly struct Check<TLoss>(TLoss element, Func<double, double, int, double> loss, double slope, bool probability) : IVectorKernel
        where TLoss : struct, LossKernels.IElementLoss
    {
        public void On<TSimd, TVec>()
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
                LossKernels.Rows<TSimd, TVec, TLoss>(element, input.Pointer, target.Pointer, delta.Pointer, a.Pointer, rows, M, n, ld, ld, Scale);
                delta.Check($"{TSimd.Name} {typeof(TLoss).Name} {n}");
                a.Check($"{TSimd.Name} {typeof(TLoss).Name} {n}");
                for (int i = 0; i < M; i++)
                {
                    double expected = 0;
                    for (int j = 0; j < n; j++)
                    {
                        int at = (i * ld) + j;
                        expected += loss(x[at], y[at], j);
                        const double h = 1e-6;
                        double gradient = (loss(x[at] + h, y[at], j) - loss(x[at] - h, y[at], j)) / (2 * h) * factor * Scale;
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
