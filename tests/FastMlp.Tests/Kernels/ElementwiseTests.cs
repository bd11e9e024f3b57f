using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>The loops: every length, poisoned neighbours, and bits that do not depend on an element's place.</summary>
public sealed unsafe class ElementwiseTests
{
    [Fact]
    public void EveryLengthGivesTheBitsOfTheElementAlone() => Policies.ForEach(new LengthCheck());

    [Fact]
    public void DispatchGivesTheBitsOfTheChosenPolicy()
    {
        var z = new PoisonedBuffer(Samples(37));
        var a = new PoisonedBuffer(37);
        var delta = new PoisonedBuffer(Samples(37));
        Elementwise.Apply(default(TanhActivation), z.Pointer, a.Pointer, 37);
        Elementwise.MultiplyByDerivative(default(TanhActivation), null, a.Pointer, delta.Pointer, 37);
        a.Check("Apply");
        delta.Check("MultiplyByDerivative");
        Isa.Dispatch(new SameCheck(z, a, delta));
    }

    internal static float[] Samples(int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)(3 * Math.Sin((1.7 * i) + 0.3));
        }

        return values;
    }

    private readonly struct LengthCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* lanes = stackalloc float[TSimd.Width];
            for (int count = 0; count <= 70; count++)
            {
                float[] samples = Samples(count);
                var z = new PoisonedBuffer(samples);
                var a = new PoisonedBuffer(count);
                var delta = new PoisonedBuffer(samples);
                Elementwise.Apply<TSimd, TVec, GeluActivation>(default, z.Pointer, a.Pointer, count);
                Elementwise.MultiplyByDerivative<TSimd, TVec, GeluActivation>(default, z.Pointer, a.Pointer, delta.Pointer, count);
                a.Check($"{TSimd.Name} Apply {count}");
                delta.Check($"{TSimd.Name} MultiplyByDerivative {count}");

                var inPlace = new PoisonedBuffer(samples);
                Elementwise.Apply<TSimd, TVec, GeluActivation>(default, inPlace.Pointer, inPlace.Pointer, count);
                Assert.Equal(a.Values.ToArray(), inPlace.Values.ToArray());

                for (int i = 0; i < count; i++)
                {
                    TVec alone = TSimd.Broadcast(samples[i]);
                    TVec value = default(GeluActivation).Value<TSimd, TVec>(alone);
                    TSimd.Store(lanes, value);
                    Assert.Equal(lanes[0], a.Values[i]);
                    TSimd.Store(lanes, TSimd.Multiply(alone, default(GeluActivation).Derivative<TSimd, TVec>(alone, value)));
                    Assert.Equal(lanes[0], delta.Values[i]);
                }
            }
        }
    }

    private readonly struct SameCheck(PoisonedBuffer z, PoisonedBuffer a, PoisonedBuffer delta) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            int count = z.Values.Length;
            var expected = new PoisonedBuffer(count);
            var expectedDelta = new PoisonedBuffer(z.Values);
            Elementwise.Apply<TSimd, TVec, TanhActivation>(default, z.Pointer, expected.Pointer, count);
            Elementwise.MultiplyByDerivative<TSimd, TVec, TanhActivation>(default, null, expected.Pointer, expectedDelta.Pointer, count);
            Assert.Equal(expected.Values.ToArray(), a.Values.ToArray());
            Assert.Equal(expectedDelta.Values.ToArray(), delta.Values.ToArray());
            Assert.Contains(a.Values.ToArray(), x => x != 0);
        }
    }
}
