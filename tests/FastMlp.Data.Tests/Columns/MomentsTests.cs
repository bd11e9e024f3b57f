using FastMlp.Data;

namespace FastMlp.Tests;

public class MomentsTests
{
    [Fact]
    public void AgreeWithTwoPassesHoweverTheNumbersArrive()
    {
        Random random = new(1);
        float[] values = [.. Enumerable.Range(0, 1001).Select(_ => 1e6f + (float)random.NextDouble())];
        double mean = values.Average(v => (double)v);
        double deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        foreach (int cut in new[] { 0, 1, 500, 1001 })
        {
            Moments whole = Of(values[..cut]);
            whole.Add(Of(values[cut..]));
            Assert.Equal(values.Length, whole.Count);
            Assert.Equal(mean, whole.Mean, 1e-9 * mean);
            Assert.Equal(deviation, whole.Deviation, 1e-9);
            Assert.Equal(values.Min(), whole.Min);
            Assert.Equal(values.Max(), whole.Max);
        }

        Moments repeated = Of([1, 2]);
        repeated.Add(Moments.Of(4, 3));
        Moments single = Of([1, 2, 4, 4, 4]);
        Assert.Equal(single.Mean, repeated.Mean, 1e-12);
        Assert.Equal(single.Deviation, repeated.Deviation, 1e-12);
    }

    [Theory]
    [InlineData(new[] { 3f }, 3f)]
    [InlineData(new[] { 3f, -1f }, 1f)]
    [InlineData(new[] { -0f, 0f, -5f }, -0f)]
    [InlineData(new[] { -2f, -1f, -3f, -4f }, -2.5f)]
    [InlineData(new[] { 1e30f, 1f, 1f, 1.0000001f, 1.0000002f }, 1.0000001f)]
    [InlineData(new[] { float.MaxValue, float.MaxValue }, float.MaxValue)]
    public void MedianIsExact(float[] values, float expected) => Assert.Equal(expected, Median(values));

    [Fact]
    public void MedianOfRandomNumbers()
    {
        Random random = new(2);
        for (int count = 1; count < 60; count++)
        {
            float[] values = [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 3))))];
            float[] sorted = [.. values.Order()];
            Assert.Equal((float)(((double)sorted[(count - 1) / 2] + sorted[count / 2]) / 2), Median(values));
        }
    }

    /// <summary>Millions of values, whose sums in float lose digits with each one added.</summary>
    [Fact]
    public void LongColumnsAreSummedInDouble()
    {
        const int count = 3_000_000;
        Moments moments = default;
        for (int i = 0; i < count; i++)
        {
            moments.Add(10_000 + (i % 2));
        }

        Assert.Equal(10_000.5, moments.Mean, 1e-6);
        Assert.Equal(0.5, moments.Deviation, 1e-6);
        Moments[] columns = Moments.OfColumns([.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? 0.1f : 1e6f)], 2);
        Assert.Equal(0.1f, columns[0].Mean, 1e-12);
        Assert.Equal(1e6, columns[1].Mean, 1e-6);
    }

    private static Moments Of(float[] values)
    {
        Moments moments = default;
        Array.ForEach(values, value => moments.Add(value));
        return moments;
    }

    private static float Median(float[] values)
    {
        MedianSearch search = new(values.Min(), values.Max());
        for (int pass = 0; pass < 10; pass++)
        {
            Array.ForEach(values, value => search.Add(value));
            if (search.EndPass())
            {
                return (float)search.Median;
            }
        }

        throw new InvalidOperationException("The median was not found.");
    }
}
