using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;
using FastMlp.Tests.Reference;
using FastMlp.Tests.Simd;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Kernels;

/// <summary>Each activation's value against the double formula, its derivative against central differences of that formula, on every policy.</summary>
public sealed unsafe class ActivationFormulaTests
{
    private const double Lambda = 1.0507009873554804934193349852946;
    private const double Alpha = 1.6732632423543772848170429916717;

    [Theory]
    [InlineData(1.7159f, 0.6667f)]
    [InlineData(-3f, 2f)]
    [InlineData(0.5f, -1f)]
    public void ScaledSigmoid(float c, float beta) =>
        Check(new ScaledSigmoidActivation(c, beta), z => c * Exact.Sigmoid((double)beta * z), c / 2);

    [Fact]
    public void Relu() => Check(new ReluActivation(), z => Math.Max(0, z), 0, (0f, 0f));

    [Theory]
    [InlineData(0.01f)]
    [InlineData(0f)]
    [InlineData(-0.5f)]
    [InlineData(2f)]
    public void LeakyRelu(float slope) => Check(new LeakyReluActivation(slope), z => z >= 0 ? z : slope * z, 0, (0f, 1f));

    [Theory]
    [InlineData(1f)]
    [InlineData(-0.5f)]
    [InlineData(0f)]
    public void Elu(float alpha) => Check(new EluActivation(alpha), z => z > 0 ? z : alpha * Exact.ExpMinusOne(z), 0, (0f, alpha));

    [Fact]
    public void Selu() => Check(new SeluActivation(), z => Lambda * (z > 0 ? z : Alpha * Exact.ExpMinusOne(z)), 0, (0f, (float)(Lambda * Alpha)));

    [Fact]
    public void Step()
    {
        float[] z = [-2f, -0f, 0f, 1e-40f, 3f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        Policies.ForEach(new ApplyCheck<StepActivation>(default, z, [0, 0, 0, 1, 1, 1, 0, double.NaN], 0));
    }

    [Fact]
    public void SoftplusDerivativeKeepsItsRelativeAccuracyInTheTail() => Policies.ForEach(new SoftplusTailCheck());

    /// <summary>Value and derivative of every activation, as the oracle writes its formula.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void EveryActivationIsItsFormula(string name)
    {
        Activation g = Catalogue.Trainable[name];
        g.Make<bool, OracleCheck>(new OracleCheck(ReferenceBridge.From(g)));
    }

    public static TheoryData<string> Names => [.. Catalogue.Trainable.Keys.Where(name => name != "Softmax")];

    /// <summary>NaN must pass, so that divergence is seen.</summary>
    [Fact]
    public void NotANumberPassesThroughEveryActivation()
    {
        foreach (Activation g in Catalogue.All.Values.Where(g => g != Activation.Softmax))
        {
            g.Make<bool, NanCheck>(default);
        }
    }

    private static void Check<TActivation>(TActivation g, Func<double, double> exact, double atZero, params (float Z, float Derivative)[] kinks)
        where TActivation : struct, IActivation
    {
        Assert.Equal(atZero, exact(0), 6);
        List<float> z = [];
        for (double x = -30; x <= 30; x += 0.0371)
        {
            z.Add((float)x);
        }

        z.AddRange([1e-6f, -1e-6f, 1e-3f, -1e-3f, 88f, -88f, 1000f, -1000f]);
        double?[] values = [.. z.Select(x => (double?)exact(x))];
        const double h = 1e-5;
        double?[] slopes = [.. z.Select(x => (double?)(Math.Abs(x) < 2 * h && kinks.Length > 0 ? null : (exact(x + h) - exact(x - h)) / (2 * h)))];
        foreach ((float at, float derivative) in kinks)
        {
            z.Add(at);
            values = [.. values, exact(at)];
            slopes = [.. slopes, float.IsNaN(derivative) ? null : derivative];
        }

        Policies.ForEach(new ApplyCheck<TActivation>(g, [.. z], values, 2e-6));
        Policies.ForEach(new DerivativeCheck<TActivation>(g, [.. z], slopes, 2e-6));
    }

    private static void Near(string what, float z, float got, double? expected, double tolerance)
    {
        if (expected is double e)
        {
            bool near = double.IsNaN(e) ? float.IsNaN(got) : Math.Abs(got - e) <= tolerance * Math.Max(1, Math.Abs(e));
            Assert.True(near, $"{what} at {z}: {got}, not {e}");
        }
    }

    private readonly struct OracleCheck(ReferenceActivation oracle) : IActivationMaker<bool>
    {
        public bool Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation
        {
            ReferenceActivation formula = oracle;
            double Value(double z) => formula.Value([z])[0];
            Check(g, Value, Value(0), [.. formula.Kinks.Select(kink => ((float)kink, float.NaN))]);
            return true;
        }
    }

    private readonly struct NanCheck : IActivationMaker<bool>
    {
        public bool Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation
        {
            Policies.ForEach(new ApplyCheck<TActivation>(g, [float.NaN, 1f], [double.NaN, null], 0));
            return true;
        }
    }

    private readonly struct ApplyCheck<TActivation>(TActivation g, float[] z, double?[] expected, double tolerance) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            var source = new PoisonedBuffer(z);
            var a = new PoisonedBuffer(z.Length);
            Elementwise.Apply<TSimd, TVec, TActivation>(g, source.Pointer, a.Pointer, z.Length);
            for (int i = 0; i < z.Length; i++)
            {
                Near($"{typeof(TActivation).Name} on {TSimd.Name}", z[i], a.Values[i], expected[i], tolerance);
            }
        }
    }

    private readonly struct DerivativeCheck<TActivation>(TActivation g, float[] z, double?[] expected, double tolerance) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            var source = new PoisonedBuffer(z);
            var a = new PoisonedBuffer(z.Length);
            var delta = new PoisonedBuffer(Enumerable.Repeat(2f, z.Length).ToArray());
            Elementwise.Apply<TSimd, TVec, TActivation>(g, source.Pointer, a.Pointer, z.Length);
            float* kept = TActivation.DerivativeNeedsZ ? source.Pointer : null;
            Elementwise.MultiplyByDerivative<TSimd, TVec, TActivation>(g, kept, a.Pointer, delta.Pointer, z.Length);
            for (int i = 0; i < z.Length; i++)
            {
                Near($"{typeof(TActivation).Name}' on {TSimd.Name}", z[i], delta.Values[i] / 2, expected[i], tolerance);
            }
        }
    }

    private readonly struct SoftplusTailCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* lanes = stackalloc float[TSimd.Width];
            for (float z = -80; z < 0; z += 0.5f)
            {
                TVec a = default(SoftplusActivation).Value<TSimd, TVec>(TSimd.Broadcast(z));
                TSimd.Store(lanes, default(SoftplusActivation).Derivative<TSimd, TVec>(TSimd.Zero, a));
                Assert.InRange(lanes[0] / Exact.Sigmoid(z), 1 - 1e-6, 1 + 1e-6);
            }
        }
    }
}
