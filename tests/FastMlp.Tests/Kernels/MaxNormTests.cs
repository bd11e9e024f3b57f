using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Kernels;

/// <summary>Columns of panels against their lengths in double, on every policy.</summary>
public sealed class MaxNormTests
{
    [Fact]
    public void LongColumnsGetTheLimitAsTheirLengthAndOthersKeepTheirBits() => Policies.ForEach(default(Check));

    private readonly unsafe struct Check : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach ((int panels, int inputs, int vectors) in new[] { (1, 1, 1), (3, 5, 2), (2, 40, 1) })
            {
                int width = vectors * TSimd.Width;
                float[] before = Numbers.Uniform(panels, panels * inputs * width);
                for (int i = 0; i < inputs; i++)
                {
                    before[i * width] = 0; // a column of padding
                }

                float[] after = [.. before];
                double limit = Math.Sqrt(inputs / 3.0); // about half of the columns are longer
                fixed (float* w = after)
                {
                    MaxNorm.Scale<TSimd, TVec>(w, panels, inputs, width, (float)limit);
                }

                for (int column = 0; column < panels * width; column++)
                {
                    int first = (column / width * inputs * width) + (column % width);
                    double norm = Length(before, first);
                    double factor = norm > limit ? limit / norm : 1;
                    for (int i = 0; i < inputs; i++)
                    {
                        double expected = before[first + (i * width)] * factor;
                        Assert.Equal(expected, after[first + (i * width)], factor == 1 ? 0 : (inputs + 4) * Near.Epsilon * Math.Abs(expected));
                    }
                }

                double Length(float[] values, int first) => Math.Sqrt(Enumerable.Range(0, inputs).Sum(i => Math.Pow(values[first + (i * width)], 2)));
            }
        }
    }
}
