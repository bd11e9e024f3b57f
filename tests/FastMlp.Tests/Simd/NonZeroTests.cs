using FastMlp.Simd;

namespace FastMlp.Tests.Simd;

/// <summary>Lists of values that are not 0 against plain loops: every pattern of eight, every length, any number of rows.</summary>
public sealed unsafe class NonZeroTests
{
    private const int Poison = -77;

    [Fact]
    public void EveryPatternOfEight()
    {
        for (int pattern = 0; pattern < 256; pattern++)
        {
            float[] x = new float[8];
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = (pattern >> i & 1) != 0 ? i + 1 : i % 2 == 0 ? 0 : -0f;
            }

            Check(x, 1, 8, 8);
        }
    }

    [Fact]
    public void EveryLength()
    {
        Random random = new(1);
        float[] kinds = [0, -0f, 0, -0f, 1, -1, float.Epsilon, -float.Epsilon, float.NaN, float.NegativeInfinity];
        for (int length = 0; length <= 70; length++)
        {
            foreach (int rows in (int[])[1, 2, 3, 6, 12])
            {
                int stride = length + (rows % 3);
                float[] x = new float[(rows * stride) + 1];
                foreach (int kindCount in (int[])[2, 5, kinds.Length])
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        x[i] = kinds[random.Next(kindCount)];
                    }

                    Check(x, rows, stride, length);
                }
            }
        }
    }

    private static void Check(float[] values, int rows, int stride, int length)
    {
        PoisonedBuffer x = new(values);
        List<int> expected = [];
        int inFirst = 0;
        for (int i = 0; i < length; i++)
        {
            bool any = false;
            for (int row = 0; row < rows; row++)
            {
                any |= values[(row * stride) + i] != 0;
            }

            inFirst += values[i] != 0 ? 1 : 0;
            if (any)
            {
                expected.Add(i);
            }
        }

        Assert.Equal(inFirst, NonZero.Count(x.Pointer, length));
        int[] list = new int[length + NonZero.Slack + 20];
        Array.Fill(list, Poison);
        fixed (int* l = list)
        {
            nint count = rows == 1 ? NonZero.List(x.Pointer, length, l) : NonZero.List(x.Pointer, stride, rows, length, l);
            Assert.Equal(expected, list.Take((int)count));
        }

        // Nothing behind the room that a caller gives.
        Assert.DoesNotContain(list.Skip(length + NonZero.Slack), entry => entry != Poison);
    }
}
