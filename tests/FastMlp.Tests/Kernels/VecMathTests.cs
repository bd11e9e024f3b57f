using System.Globalization;
using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>The error of each function in ulps, over every 257th float and densely around the edges, on every policy.</summary>
/// <remarks>The bounds are those of docs/numerics.md, with room over the finer sweeps that it lists.</remarks>
public sealed unsafe class VecMathTests(ITestOutputHelper output)
{
    private const uint PositiveInfinity = 0x7F80_0000;
    private const uint NegativeZero = 0x8000_0000;
    private const uint NegativeInfinity = 0xFF80_0000;
    private const uint One = 0x3F80_0000;

    private interface IFunction
    {
        TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged;
    }

    [Fact]
    public void Exp() => Sweep<ExpFunction>(Math.Exp, 1.1, (0, PositiveInfinity), (NegativeZero, NegativeInfinity));

    [Fact]
    public void ExpOfNegative() => Sweep<ExpOfNegativeFunction>(Math.Exp, 1.1, (NegativeZero, NegativeInfinity));

    [Fact]
    public void ExpMinusOneOfNegative() => Sweep<ExpMinusOneFunction>(Exact.ExpMinusOne, 1.1, (NegativeZero, NegativeInfinity));

    [Fact]
    public void Log() => Sweep<LogFunction>(Math.Log, 1.0, (0, PositiveInfinity));

    [Fact]
    public void LogOnePlus() => Sweep<LogOnePlusFunction>(Exact.LogOnePlus, 1.8, (0, One));

    [Fact]
    public void Tanh() => Sweep<TanhFunction>(Math.Tanh, 2.0, (0, PositiveInfinity), (NegativeZero, NegativeInfinity));

    [Fact]
    public void Sigmoid() => Sweep<SigmoidFunction>(Exact.Sigmoid, 2.5, (0, PositiveInfinity), (NegativeZero, NegativeInfinity));

    [Fact]
    public void Softplus() => Sweep<SoftplusFunction>(Exact.Softplus, 2.5, (0, PositiveInfinity), (NegativeZero, NegativeInfinity));

    // Phi is a series or a continued fraction in the oracle: every 2056th float keeps that short.
    [Fact]
    public void Gelu() => Sweep<GeluFunction>(Exact.Gelu, 6.5, 2056, (0, PositiveInfinity), (NegativeZero, NegativeInfinity));

    // Down to where the logistic factor becomes subnormal; below, the absolute error is bounded instead.
    [Fact]
    public void Silu() => Sweep<SiluFunction>(Exact.Silu, 3.2, (0, PositiveInfinity), (NegativeZero, BitConverter.SingleToUInt32Bits(-87f)));

    [Fact]
    public void SiluFarBelowZero() => Policies.ForEach(new SiluTailCheck());

    [Fact]
    public void SpecialValues() => Policies.ForEach(new SpecialCheck());

    private static float At<TSimd, TVec, TFunction>(float x)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TFunction : struct, IFunction
    {
        float* lanes = stackalloc float[TSimd.Width];
        TSimd.Store(lanes, default(TFunction).Value<TSimd, TVec>(TSimd.Broadcast(x)));
        return lanes[TSimd.Width - 1];
    }

    private void Sweep<TFunction>(Func<double, double> exact, double bound, params (uint First, uint Last)[] ranges)
        where TFunction : struct, IFunction => Sweep<TFunction>(exact, bound, 257, ranges);

    private void Sweep<TFunction>(Func<double, double> exact, double bound, uint stride, params (uint First, uint Last)[] ranges)
        where TFunction : struct, IFunction
    {
        List<float> inputs = [];
        foreach ((uint first, uint last) in ranges)
        {
            for (ulong bits = first; bits <= last; bits += stride)
            {
                inputs.Add(BitConverter.UInt32BitsToSingle((uint)bits));
            }

            // Densely around the ends of the range and around every place where a formula clamps or changes sign.
            foreach (float edge in (float[])[BitConverter.UInt32BitsToSingle(first), BitConverter.UInt32BitsToSingle(last), 1f, 0.34657359f, 9.0109f, 16.6355f, 20f, 88.722839f, 87.336545f, 103.972084f, 105f, 14.5f, 1.17549435e-38f])
            {
                uint middle = (BitConverter.SingleToUInt32Bits(edge) & ~NegativeZero) | (first & NegativeZero);
                for (uint bits = middle < first + 600 ? first : middle - 600; bits <= last && bits < middle + 600; bits++)
                {
                    inputs.Add(BitConverter.UInt32BitsToSingle(bits));
                }
            }
        }

        while (inputs.Count % 16 != 0)
        {
            inputs.Add(inputs[0]);
        }

        float[] x = [.. inputs];
        double[] expected = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            expected[i] = exact(x[i]);
        }

        Policies.ForEach(new SweepCheck<TFunction>(x, expected, bound, output));
    }

    private readonly struct SweepCheck<TFunction>(float[] inputs, double[] expected, double bound, ITestOutputHelper output) : IVectorKernel
        where TFunction : struct, IFunction
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* lanes = stackalloc float[TSimd.Width];
            double worst = 0;
            float at = 0;
            fixed (float* x = inputs)
            {
                for (int i = 0; i < inputs.Length; i += TSimd.Width)
                {
                    TSimd.Store(lanes, default(TFunction).Value<TSimd, TVec>(TSimd.Load(x + i)));
                    for (int lane = 0; lane < TSimd.Width; lane++)
                    {
                        double error = Exact.Ulps(lanes[lane], expected[i + lane]);
                        if (!(error <= worst))
                        {
                            worst = error;
                            at = x[i + lane];
                        }
                    }
                }
            }

            string found = string.Create(CultureInfo.InvariantCulture, $"{typeof(TFunction).Name} on {TSimd.Name}: {worst:F3} ulp at {at:R}");
            output.WriteLine(found);
            Assert.True(worst <= bound, $"{found}, more than {bound}");
        }
    }

    private readonly struct SiluTailCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (float x = -87f; x > -130f; x -= 0.01f)
            {
                float got = At<TSimd, TVec, SiluFunction>(x);
                Assert.InRange(got - Exact.Silu(x), -Math.Pow(2, -142), Math.Pow(2, -142));
                Assert.True(x > -92f ? got < 0 : got <= 0, $"{TSimd.Name}: silu({x}) = {got}");
            }
        }
    }

    private readonly struct SpecialCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            const float Infinity = float.PositiveInfinity;
            Is<ExpFunction>((0f, 1f), (-0f, 1f), (Infinity, Infinity), (-Infinity, 0f), (88.8f, Infinity), (1e30f, Infinity), (-1e30f, 0f), (float.NaN, float.NaN));
            Is<ExpOfNegativeFunction>((0f, 1f), (-0f, 1f), (-Infinity, 0f), (-1e30f, 0f), (float.NaN, float.NaN));
            Is<ExpMinusOneFunction>((0f, 0f), (-Infinity, -1f), (-1e30f, -1f), (float.NaN, float.NaN), (-1e-40f, -1e-40f));
            Is<LogFunction>((1f, 0f), (0f, -Infinity), (-0f, -Infinity), (-1f, float.NaN), (-1e-40f, float.NaN), (-Infinity, float.NaN), (Infinity, Infinity), (float.NaN, float.NaN));
            Is<LogOnePlusFunction>((0f, 0f), (1e-40f, 1e-40f), (float.NaN, float.NaN));
            Is<TanhFunction>((0f, 0f), (-0f, -0f), (Infinity, 1f), (-Infinity, -1f), (1e30f, 1f), (-1e30f, -1f), (1e-40f, 1e-40f), (-1e-40f, -1e-40f), (float.NaN, float.NaN));
            Is<SigmoidFunction>((0f, 0.5f), (-0f, 0.5f), (Infinity, 1f), (-Infinity, 0f), (1e30f, 1f), (-1e30f, 0f), (float.NaN, float.NaN));
            Is<SoftplusFunction>((Infinity, Infinity), (-Infinity, 0f), (1e30f, 1e30f), (float.NaN, float.NaN));
            Is<GeluFunction>((0f, 0f), (Infinity, Infinity), (-Infinity, 0f), (1e30f, 1e30f), (float.NaN, float.NaN));
            Is<SiluFunction>((0f, 0f), (Infinity, Infinity), (-Infinity, -0f), (1e30f, 1e30f), (float.NaN, float.NaN));

            // The tail of the logistic function is subnormal, not 0.
            Assert.Equal((float)Exact.Sigmoid(-100), At<TSimd, TVec, SigmoidFunction>(-100f));

            static void Is<TFunction>(params (float X, float Y)[] pairs)
                where TFunction : struct, IFunction
            {
                foreach ((float x, float y) in pairs)
                {
                    float got = At<TSimd, TVec, TFunction>(x);
                    bool same = float.IsNaN(y) ? float.IsNaN(got) : got == y && (x != 0 || typeof(TFunction) != typeof(TanhFunction) || float.IsNegative(got) == float.IsNegative(y));
                    Assert.True(same, $"{typeof(TFunction).Name} on {TSimd.Name} at {x}: {got}, not {y}");
                }
            }
        }
    }

    private readonly struct ExpFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Exp<TSimd, TVec>(x);
    }

    private readonly struct ExpOfNegativeFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.ExpOfNegative<TSimd, TVec>(x);
    }

    private readonly struct ExpMinusOneFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.ExpMinusOneOfNegative<TSimd, TVec>(x);
    }

    private readonly struct LogFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Log<TSimd, TVec>(x);
    }

    private readonly struct LogOnePlusFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.LogOnePlus<TSimd, TVec>(x);
    }

    private readonly struct TanhFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Tanh<TSimd, TVec>(x);
    }

    private readonly struct SigmoidFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Sigmoid<TSimd, TVec>(x);
    }

    private readonly struct SoftplusFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Softplus<TSimd, TVec>(x);
    }

    private readonly struct GeluFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Gelu<TSimd, TVec>(x);
    }

    private readonly struct SiluFunction : IFunction
    {
        public TVec Value<TSimd, TVec>(TVec x)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => VecMath.Silu<TSimd, TVec>(x);
    }
}
