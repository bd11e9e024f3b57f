using System.Runtime.InteropServices;

namespace FastMlp.Tests.Support;

/// <summary>Bitwise comparisons: -0 differs from 0, and a NaN equals itself.</summary>
internal static class Bits
{
    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: {actual.Length} values, not {expected.Length}.");
        ReadOnlySpan<int> left = MemoryMarshal.Cast<float, int>(expected);
        ReadOnlySpan<int> right = MemoryMarshal.Cast<float, int>(actual);
        int same = left.CommonPrefixLength(right);
        if (same < left.Length)
        {
            Assert.Fail($"{what}: element {same} is {actual[same]:R} (bits {right[same]:X8}), not {expected[same]:R} (bits {left[same]:X8}).");
        }
    }

    public static bool AreEqual(ReadOnlySpan<float> left, ReadOnlySpan<float> right) =>
        MemoryMarshal.Cast<float, int>(left).SequenceEqual(MemoryMarshal.Cast<float, int>(right));
}
