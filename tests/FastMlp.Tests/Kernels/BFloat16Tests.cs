using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>Rounding to bfloat16 against distances in double, and its two halves of a word on every policy.</summary>
public sealed unsafe class BFloat16Tests
{
    private const uint Exponents = 0x7F80;

    /// <summary>Every finite upper half with what matters below: nothing, just above, just below and at the middle, just below the next.</summary>
    [Fact]
    public void EveryValueGoesToTheNearestAndTiesToEven()
    {
        uint[] lower = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
        PoisonedBuffer source = new(lower.Length);
        PoisonedBuffer rounded = new(lower.Length);
        for (uint half = 0; half < 0x10000; half++)
        {
            if ((half & Exponents) == Exponents)
            {
                continue;
            }

            for (int i = 0; i < lower.Length; i++)
            {
                source.Values[i] = BitConverter.UInt32BitsToSingle((half << RoundedExactly.HalfBits) | lower[i]);
            }

            BFloat16.Round(source.Pointer, lower.Length, rounded.Pointer);
            for (int i = 0; i < lower.Length; i++)
            {
                float expected = RoundedExactly.ToBFloat16(source.Values[i]);
                if (BitConverter.SingleToUInt32Bits(expected) != BitConverter.SingleToUInt32Bits(rounded.Values[i]))
                {
                    Assert.Fail($"{source.Values[i]:R} became {rounded.Values[i]:R}, not {expected:R}");
                }
            }
        }

        rounded.Check("Round");
    }

    [Theory]
    [InlineData(0x3F800000u, 0x3F80u)] // 1
    [InlineData(0x3F808000u, 0x3F80u)] // a tie, down to even
    [InlineData(0x3F818000u, 0x3F82u)] // a tie, up to even
    [InlineData(0x3F808001u, 0x3F81u)]
    [InlineData(0x3FFFFFFFu, 0x4000u)] // carries into the exponent
    [InlineData(0x00000001u, 0x0000u)] // the smallest subnormal
    [InlineData(0x80000001u, 0x8000u)] // keeps its sign
    [InlineData(0x00008001u, 0x0001u)]
    [InlineData(0x007FFFFFu, 0x0080u)] // from the subnormals to the normals
    [InlineData(0x7F7FFFFFu, 0x7F7Fu)] // the largest finite stays finite
    [InlineData(0xFF7F8000u, 0xFF7Fu)]
    public void WorkedExamples(uint bits, uint half)
    {
        float value = BitConverter.UInt32BitsToSingle(bits);
        float rounded;
        BFloat16.Round(&value, 1, &rounded);
        Assert.Equal(half << RoundedExactly.HalfBits, BitConverter.SingleToUInt32Bits(rounded));
    }

    [Fact]
    public void WordsHoldTwoVectors() => Policies.ForEach(new WordsCheck());

    private readonly struct WordsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int rows = 0; rows <= 5; rows++)
            {
                int count = rows * 2 * TSimd.Width;
                float[] values = Array.ConvertAll(Product<TSimd, TVec>.Numbers(count, rows), x => x * x * x * 1e4f);
                PoisonedBuffer source = new(values);
                PoisonedBuffer words = new(count / 2);
                PoisonedBuffer wide = new(count);
                BFloat16.Pack(source.Pointer, rows, TSimd.Width, words.Pointer);
                BFloat16.Widen<TSimd, TVec>(words.Pointer, rows, wide.Pointer);
                words.Check(TSimd.Name);
                wide.Check(TSimd.Name);
                Same.Bits(Array.ConvertAll(values, RoundedExactly.ToBFloat16), wide.Values, TSimd.Name);

                for (int row = 0; row < rows; row++)
                {
                    PoisonedBuffer lower = new(TSimd.Width);
                    PoisonedBuffer upper = new(TSimd.Width);
                    TVec word = TSimd.Load(words.Pointer + (row * TSimd.Width));
                    TSimd.Store(lower.Pointer, TSimd.LowerHalves(word));
                    TSimd.Store(upper.Pointer, TSimd.UpperHalves(word));
                    Same.Bits(wide.Values.Slice(2 * row * TSimd.Width, TSimd.Width), lower.Values, TSimd.Name);
                    Same.Bits(wide.Values.Slice(((2 * row) + 1) * TSimd.Width, TSimd.Width), upper.Values, TSimd.Name);
                }
            }
        }
    }
}
