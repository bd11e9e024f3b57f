namespace FastMlp.Tests.Kernels;

/// <summary>Equality of bits, signs of zeros included, where a NaN is as good as another: which one a sum keeps is the processor's choice.</summary>
internal static class Same
{
    public static void Bits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i])
                || (float.IsNaN(expected[i]) && float.IsNaN(actual[i]));
            Assert.True(same, $"{what}: element {i} is {actual[i]:R}, not {expected[i]:R}");
        }
    }
}
