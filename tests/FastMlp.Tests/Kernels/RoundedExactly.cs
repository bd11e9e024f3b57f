namespace FastMlp.Tests.Kernels;

/// <summary>Rounding to bfloat16 by comparing distances in double, in which every float and every difference here is exact.</summary>
internal static class RoundedExactly
{
    public const int HalfBits = 16;

    /// <summary>The nearest bfloat16 of a finite value, of two equally near the even one; never an infinity.</summary>
    public static float ToBFloat16(float value)
    {
        uint toZero = BitConverter.SingleToUInt32Bits(value) >> HalfBits;
        float near = Widened(toZero);
        float far = Widened(toZero + 1);
        if (float.IsInfinity(far))
        {
            return near;
        }

        double toNear = Math.Abs((double)value - near);
        double toFar = Math.Abs((double)far - value);
        return toNear < toFar || (toNear == toFar && toZero % 2 == 0) ? near : far;
    }

    public static float Widened(uint half) => BitConverter.UInt32BitsToSingle(half << HalfBits);
}
