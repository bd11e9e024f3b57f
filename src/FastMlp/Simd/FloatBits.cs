namespace FastMlp.Simd;

/// <summary>The layout of an IEEE binary32, for the policies that build or split one.</summary>
internal static class FloatBits
{
    public const int MantissaBits = 23;
    public const int MantissaMask = (1 << MantissaBits) - 1;
    public const int ExponentBias = 127;

    /// <summary>Half the bits of a float: those of a bfloat16.</summary>
    public const int HalfBits = 16;
    public const int UpperHalf = unchecked((int)0xFFFF0000);

    /// <summary>The bits of sqrt(1/2): subtracting them before the exponent is taken centres the mantissa on 1.</summary>
    public const int SqrtHalf = 0x3F3504F3;
}
