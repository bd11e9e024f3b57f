using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastMlp.Simd;

/// <summary>
/// Eight lanes: AVX2 with FMA. Every operation names its instruction: a binary of NativeAOT for processors with AVX asks for AVX2 when it runs, and
/// then holds these instructions, but treats the operators of <see cref="Vector256{T}"/> as halves and calls. A copy of a number into all lanes, of which the JIT makes a constant in
/// memory, and the minimum and maximum have a form for each.
/// </summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => 8;

    public static int Registers => 16;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static string Name => "AVX2";

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) =>
        Vector256.IsHardwareAccelerated ? Vector256.Create(value) : Avx2.BroadcastScalarToVector256(Vector128.CreateScalarUnsafe(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Avx.LoadVector256(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector256<float> value) => Avx.Store(destination, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadPartial(float* source, int count) =>
        count >= 4
            ? Join(Vector128.Load(source), count == 4 ? Vector128<float>.Zero : Simd128.LoadPartial(source + 4, count - 4))
            : Join(Simd128.LoadPartial(source, count), Vector128<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* destination, Vector256<float> value, int count)
    {
        Vector128<float> rest = value.GetLower();
        if (count >= 4)
        {
            rest.Store(destination);
            rest = Avx.ExtractVector128(value, 1);
            destination += 4;
            count -= 4;
        }

        Simd128.StorePartial(destination, rest, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => CacheLine.Prefetch(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => Avx.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => Avx.Subtract(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => Avx.Multiply(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => Avx.Divide(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sqrt(Vector256<float> a) => Avx.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> a) => Avx.AndNot(Bits(int.MinValue), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Negate(Vector256<float> a) => Avx.Xor(a, Bits(int.MinValue));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.IsHardwareAccelerated
        ? Vector256.Min(a, b)
        : Avx.Or(Avx.Min(a, b), Avx.Min(b, a)); // each gives its second operand of a NaN and of zeros: together a NaN, and -0 before 0

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.IsHardwareAccelerated
        ? Vector256.Max(a, b)
        : Avx.Or(Avx.And(Avx.Max(a, b), Avx.Max(b, a)), Avx.CompareUnordered(a, b)); // 0 before -0; all ones are a NaN

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AtMost(Vector256<float> limit, Vector256<float> x) => Avx.Min(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AtLeast(Vector256<float> limit, Vector256<float> x) => Avx.Max(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> a) => Avx.RoundToNearestInteger(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GreaterThan(Vector256<float> a, Vector256<float> b) => Avx.CompareGreaterThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GreaterThanOrEqual(Vector256<float> a, Vector256<float> b) => Avx.CompareGreaterThanOrEqual(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Equal(Vector256<float> a, Vector256<float> b) => Avx.CompareEqual(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Select(Vector256<float> mask, Vector256<float> whenTrue, Vector256<float> whenFalse) => Avx.BlendVariable(whenFalse, whenTrue, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllTrue(Vector256<float> mask) => Avx.MoveMask(mask) == 0xFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> And(Vector256<float> a, Vector256<float> b) => Avx.And(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Or(Vector256<float> a, Vector256<float> b) => Avx.Or(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FirstLanes(int count) => Avx2.CompareGreaterThan(Integers(count), Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ShiftToExponent(Vector256<float> a) => Avx2.ShiftLeftLogical(a.AsInt32(), FloatBits.MantissaBits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> n) =>
        Avx2.ShiftLeftLogical(Avx2.Add(Avx.ConvertToVector256Int32WithTruncation(n), Integers(FloatBits.ExponentBias)), FloatBits.MantissaBits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LowerHalves(Vector256<float> words) => Avx2.ShiftLeftLogical(words.AsInt32(), FloatBits.HalfBits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> UpperHalves(Vector256<float> words) => Avx.And(words, Bits(FloatBits.UpperHalf));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SplitExponent(Vector256<float> x, out Vector256<float> mantissa)
    {
        Vector256<int> shifted = Avx2.Subtract(x.AsInt32(), Integers(FloatBits.SqrtHalf));
        mantissa = Avx2.Add(Avx2.And(shifted, Integers(FloatBits.MantissaMask)), Integers(FloatBits.SqrtHalf)).AsSingle();
        return Avx.ConvertToVector256Single(Avx2.ShiftRightArithmetic(shifted, FloatBits.MantissaBits));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Simd128.Sum(a.GetLower() + Avx.ExtractVector128(a, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(Vector256<float> a) => Simd128.MaxAcross(Vector128.Max(a.GetLower(), Avx.ExtractVector128(a, 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(Vector128<float> lower, Vector128<float> upper) => Avx.InsertVector128(lower.ToVector256Unsafe(), upper, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Integers(int value) =>
        Vector256.IsHardwareAccelerated ? Vector256.Create(value) : Avx2.BroadcastScalarToVector256(Vector128.CreateScalarUnsafe(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Bits(int value) => Integers(value).AsSingle();
}
