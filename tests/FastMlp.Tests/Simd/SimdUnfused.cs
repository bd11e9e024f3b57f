using FastMlp.Simd;

namespace FastMlp.Tests.Simd;

/// <summary>The scalar policy with products and sums rounded apart, as on hardware without fused multiply-add.</summary>
internal readonly unsafe struct SimdUnfused : ISimd<float>
{
    public static int Width => 1;

    public static int Registers => 16;

    public static bool IsSupported => true;

    public static string Name => "unfused";

    public static float Zero => 0f;

    public static float Broadcast(float value) => value;

    public static float Load(float* source) => *source;

    public static void Store(float* destination, float value) => *destination = value;

    public static float LoadPartial(float* source, int count) => SimdScalar.LoadPartial(source, count);

    public static void StorePartial(float* destination, float value, int count) => SimdScalar.StorePartial(destination, value, count);

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    public static float MultiplyAdd(float a, float b, float c) => (float)(a * b) + c;

    public static float Sqrt(float a) => SimdScalar.Sqrt(a);

    public static float Abs(float a) => SimdScalar.Abs(a);

    public static float Negate(float a) => -a;

    public static float Min(float a, float b) => SimdScalar.Min(a, b);

    public static float Max(float a, float b) => SimdScalar.Max(a, b);

    public static float AtMost(float limit, float x) => SimdScalar.AtMost(limit, x);

    public static float AtLeast(float limit, float x) => SimdScalar.AtLeast(limit, x);

    public static float Round(float a) => SimdScalar.Round(a);

    public static float GreaterThan(float a, float b) => SimdScalar.GreaterThan(a, b);

    public static float GreaterThanOrEqual(float a, float b) => SimdScalar.GreaterThanOrEqual(a, b);

    public static float Equal(float a, float b) => SimdScalar.Equal(a, b);

    public static float Select(float mask, float whenTrue, float whenFalse) => SimdScalar.Select(mask, whenTrue, whenFalse);

    public static bool AllTrue(float mask) => SimdScalar.AllTrue(mask);

    public static unsafe void Prefetch(float* address) => SimdScalar.Prefetch(address);

    public static float And(float a, float b) => SimdScalar.And(a, b);

    public static float Or(float a, float b) => SimdScalar.Or(a, b);

    public static float FirstLanes(int count) => SimdScalar.FirstLanes(count);

    public static float ShiftToExponent(float a) => SimdScalar.ShiftToExponent(a);

    public static float PowerOfTwo(float n) => SimdScalar.PowerOfTwo(n);

    public static float LowerHalves(float words) => SimdScalar.LowerHalves(words);

    public static float UpperHalves(float words) => SimdScalar.UpperHalves(words);

    public static float SplitExponent(float x, out float mantissa) => SimdScalar.SplitExponent(x, out mantissa);

    public static float Sum(float a) => a;

    public static float MaxAcross(float a) => a;
}
