namespace FastMlp.Simd;

/// <summary>The instruction set that dispatch chooses on this machine, under its switches.</summary>
internal static class Isa
{
    public static string Name =>
        Simd512.IsSupported ? Simd512.Name
        : Simd256.IsSupported ? Simd256.Name
        : Simd128.IsSupported ? Simd128.Name
        : SimdVariable.IsSupported ? SimdVariable.Name
        : SimdScalar.Name;

    public static int Width =>
        Simd512.IsSupported ? Simd512.Width
        : Simd256.IsSupported ? Simd256.Width
        : Simd128.IsSupported ? Simd128.Width
        : SimdVariable.IsSupported ? SimdVariable.Width
        : SimdScalar.Width;
}
