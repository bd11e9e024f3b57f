using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>Sums from weights that lie by inputs: every small number of rows, one vector to as many as there may be, in both formats.</summary>
public sealed unsafe class WeightRowsTests
{
    private const int K = 12;

    [Fact]
    public void SumsAreTheChainsOverTheList() => Policies.ForEach(new SumsCheck());

    [Fact]
    public void ACopyHasEachRowOfEveryPanel()
    {
        const int Panels = 3, Width = 5, Stride = Panels * Width;
        PoisonedBuffer panels = new([.. Enumerable.Range(0, Panels * K * Width).Select(i => (float)i)]);
        PoisonedBuffer rows = new([.. Enumerable.Repeat(-1f, K * Stride)]);
        WeightRows.Copy(panels.Pointer, K, Width, Stride, rows.Pointer);
        rows.Check("copy");
        for (int p = 0; p < K; p++)
        {
            for (int j = 0; j < Stride; j++)
            {
                Assert.Equal((((j / Width * K) + p) * Width) + (j % Width), rows.Values[(p * Stride) + j]);
            }
        }
    }

    private readonly struct SumsCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int count in (int[])[1, 2, 3, 6, 7, WeightRows.MaxVectors - 1, WeightRows.MaxVectors])
            {
                int n = count * TSimd.Width;
                float[] weights = [.. Product<TSimd, TVec>.Numbers(K * n, count).Select(Shortened)];
                float[] x = Product<TSimd, TVec>.Numbers(K, 1);
                for (int steps = 0; steps <= K - 1; steps++)
                {
                    // Every input but the one at place steps.
                    int[] list = [.. Enumerable.Range(0, K).Where(p => p != steps).Take(steps), .. Enumerable.Repeat(int.MaxValue, NonZero.Slack)];
                    Check<TSimd, TVec, Float32Weights>(x, weights, weights, list, steps, count);
                    if (count % 2 == 0)
                    {
                        Check<TSimd, TVec, BFloat16Weights>(x, weights, Halves(weights, TSimd.Width), list, steps, count);
                    }
                }
            }
        }
    }

    private static void Check<TSimd, TVec, TWeights>(float[] x, float[] weights, float[] stored, int[] list, int steps, int count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TWeights : struct, IWeights
    {
        int n = count * TSimd.Width;
        float[] expected = new float[n];
        for (int i = 0; i < steps; i++)
        {
            Fused.Add(Fused.By<TSimd, TVec>(), x[list[i]], weights.AsSpan(list[i] * n, n), expected);
        }

        PoisonedBuffer values = new(x), rows = new(stored), sums = new([.. Enumerable.Repeat(float.NaN, n)]);
        fixed (int* places = (int[])[.. list])
        {
            WeightRows.Sums<TSimd, TVec, TWeights>(count, values.Pointer, places, steps, rows.Pointer, n / TWeights.InWord, sums.Pointer);
        }

        string what = $"{count} vectors, {steps} steps, {TWeights.InWord} in a word";
        sums.Check(what);
        Same.Bits(expected, sums.Values, what);
    }

    /// <summary>Weights that bfloat16 holds exactly.</summary>
    private static float Shortened(float weight) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(weight) & unchecked((int)0xFFFF0000));

    /// <summary>Pairs of vectors as one of words, the first in the lower halves.</summary>
    private static float[] Halves(float[] weights, int width)
    {
        float[] words = new float[weights.Length / 2];
        for (int i = 0; i < words.Length; i++)
        {
            int first = (i / width * 2 * width) + (i % width);
            words[i] = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(weights[first]) >> 16) | BitConverter.SingleToUInt32Bits(weights[first + width]));
        }

        return words;
    }
}
