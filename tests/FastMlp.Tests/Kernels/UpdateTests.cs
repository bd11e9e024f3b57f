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
        using AlignedBuffer theta = Filled(count, i => i % 100), gradient = Filled(count, i => i % 7), first = Filled(count, i => 1), second = Filled(count, i => 2);
        Assert.True(Update.Run(default(Probe), 0.5f, theta.Pointer, gradient.Pointer, first.Pointer, second.Pointer, count, threads));
        for (int i = 0; i < count; i++)
        {
            float g = (i % 7) + (0.5f * (i % 100));
            Assert.Equal((i % 100) - g, theta.Pointer[i]);
            Assert.Equal(1 + g, first.Pointer[i]);
            Assert.Equal(2 - g, second.Pointer[i]);
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
            using AlignedBuffer theta = Filled(64, i => i), gradient = Filled(64, i => i == at ? bad : 1), state = Filled(64, _ => 0);
            Assert.False(Update.Run(default(Probe), 0, theta.Pointer, gradient.Pointer, state.Pointer, state.Pointer, 64, 1));
            for (int i = 0; i < 64; i++)
            {
                Assert.Equal(i == at ? i : i - 1, theta.Pointer[i]);
            }
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
        public static int States => 2;

        public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            first = TSimd.Add(first, g);
            second = TSimd.Subtract(second, g);
            return TSimd.Subtract(theta, g);
        }
    }
}
