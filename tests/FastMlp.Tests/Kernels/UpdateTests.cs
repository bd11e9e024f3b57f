using FastMlp.Kernels;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>The flat optimizer loop: every parameter once, decay, states, and what happens to a value that is not finite.</summary>
public sealed unsafe class UpdateTests
{
    [Theory]
    [InlineData(64, 1)]
    [InlineData(64, 2)]
    [InlineData(100_000, 1)]
    [InlineData(100_000, 2)]
    [InlineData(100_000, 3)]
    public void EveryParameterIsUpdatedOnce(int count, int threads)
    {
        count = (int)AlignedBuffer.RoundUp(count);
        using AlignedBuffer theta = Filled(count, i => i % 100), gradient = Filled(count, i => i % 7), states = Filled(3 * count, i => 1 + (i / count));
        UpdateRange range = new(theta.Pointer, gradient.Pointer, states.Pointer, count, count);
        Assert.True(Update.Apply(new Decayed(0.5f), default(Probe), range, threads));
        for (int i = 0; i < count; i++)
        {
            float g = (i % 7) + (0.5f * (i % 100));
            Assert.Equal((i % 100) - g, theta.Pointer[i]);
            Assert.Equal(1 + g, states.Pointer[i]);
            Assert.Equal(2 - g, states.Pointer[count + i]);
            Assert.Equal(3 + (2 * g), states.Pointer[(2 * count) + i]);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void AValueThatIsNotFiniteIsToldAndNotStored(float bad)
    {
        for (int at = 0; at < 64; at++)
        {
            using AlignedBuffer theta = Filled(64, i => i), gradient = Filled(64, i => i == at ? bad : 1), states = Filled(3 * 64, _ => 0);
            Assert.False(Update.Apply(new Decayed(0), default(Probe), new UpdateRange(theta.Pointer, gradient.Pointer, states.Pointer, 64, 64), threads: 1));
            for (int i = 0; i < 64; i++)
            {
                Assert.Equal(i == at ? i : i - 1, theta.Pointer[i]);
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void ClippingHidesNoNaNAndHoldsInfinity(float bad)
    {
        using AlignedBuffer theta = Filled(16, _ => 5), gradient = Filled(16, i => i == 3 ? bad : 1), states = Filled(3 * 16, _ => 0);
        bool finite = Update.Apply(new Shaped(1, 2, 0, 0), default(Probe), new UpdateRange(theta.Pointer, gradient.Pointer, states.Pointer, 16, 16), threads: 1);
        Assert.Equal(!float.IsNaN(bad), finite);
        Assert.Equal(float.IsNaN(bad) ? 5 : 5 - (2 * MathF.Sign(bad)), theta.Pointer[3]);
    }

    [Fact]
    public void AShapedGradientIsScaledClippedAndPenalised()
    {
        // theta runs through -8..7 and so through both signs and 0; 0.5 g through -4..3.5, of which 2 at most is left.
        using AlignedBuffer theta = Filled(16, i => i - 8), gradient = Filled(16, i => 8 - i), states = Filled(3 * 16, _ => 0);
        Assert.True(Update.Apply(new Shaped(0.5f, 2, 0.25f, 0.125f), default(Probe), new UpdateRange(theta.Pointer, gradient.Pointer, states.Pointer, 16, 16), threads: 1));
        for (int i = 0; i < 16; i++)
        {
            float old = i - 8;
            float g = Math.Clamp(0.5f * (8 - i), -2, 2) + (0.25f * MathF.Sign(old)) + (0.125f * old);
            Assert.Equal(old - g, theta.Pointer[i]);
            Assert.Equal(g, states.Pointer[i]);
        }
    }

    [Fact]
    public void DecoupledDecayShrinksThetaBeforeTheRule()
    {
        using AlignedBuffer theta = Filled(16, i => i), gradient = Filled(16, _ => 1), states = Filled(3 * 16, _ => 0);
        Assert.True(Update.Apply(new Decayed(0), new Decoupled<Probe>(default, 0.75f), new UpdateRange(theta.Pointer, gradient.Pointer, states.Pointer, 16, 16), threads: 1));
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal((0.75f * i) - 1, theta.Pointer[i]);
            Assert.Equal(1, states.Pointer[i]);
        }
    }

    private static AlignedBuffer Filled(int count, Func<int, float> value)
    {
        AlignedBuffer buffer = new(count);
        for (int i = 0; i < count; i++)
        {
            buffer.Pointer[i] = value(i);
        }

        return buffer;
    }

    /// <summary>theta - g, with states that show that they were read and written.</summary>
    private readonly struct Probe : IUpdateRule
    {
        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, default, range);

        private readonly struct Formula<TSimd, TVec> : IUpdateFormula<TVec>
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            public static int States => Update.MostStates;

            public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            {
                first = TSimd.Add(first, g);
                second = TSimd.Subtract(second, g);
                third = TSimd.Add(third, TSimd.Add(g, g));
                return TSimd.Subtract(theta, g);
            }
        }
    }
}
