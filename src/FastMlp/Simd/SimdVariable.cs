using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastMlp.Simd;

/// <summary>As many lanes as <see cref="Vector{T}"/> has: for widths that the other policies do not name (Arm SVE for one).</summary>
internal readonly unsafe struct SimdVariable : ISimd<Vector<float>>
{
    public static int Width => Vector<float>.Count;

    public static int Registers => 16;

    public static bool IsSupported => Vector.IsHardwareAccelerated;

    public static string Name => "Vector<T>";

    public static Vector<float> Zero => Vector<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(float* source) => Vector.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector<float> value) => Vector.Store(value, destination);

    public static Vector<float> LoadPartial(float* source, int count)
    {
        Span<float> lanes = stackalloc float[Vector<float>.Count];
        lanes.Clear();
        new ReadOnlySpan<float>(source, count).CopyTo(lanes);
        return new Vector<float>(lanes);
    }

    public static void StorePartial(float* destination, Vector<float> value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            destination[i] = value[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => CacheLine.Prefetch(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Add(Vector<float> a, Vector<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Subtract(Vector<float> a, Vector<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Multiply(Vector<float> a, Vector<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Divide(Vector<float> a, Vector<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> MultiplyAdd(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sqrt(Vector<float> a) => Vector.SquareRoot(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Abs(Vector<float> a) => Vector.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Negate(Vector<float> a) => -a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Min(Vector<float> a, Vector<float> b) => Vector.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Max(Vector<float> a, Vector<float> b) => Vector.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> AtMost(Vector<float> limit, Vector<float> x) => Vector.MinNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> AtLeast(Vector<float> limit, Vector<float> x) => Vector.MaxNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Round(Vector<float> a) => Vector.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> GreaterThan(Vector<float> a, Vector<float> b) => Vector.GreaterThan(a, b).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> GreaterThanOrEqual(Vector<float> a, Vector<float> b) => Vector.GreaterThanOrEqual(a, b).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Equal(Vector<float> a, Vector<float> b) => Vector.Equals(a, b).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Select(Vector<float> mask, Vector<float> whenTrue, Vector<float> whenFalse) => Vector.ConditionalSelect(mask.As<float, int>(), whenTrue, whenFalse);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllTrue(Vector<float> mask) => Vector.EqualsAll(mask.As<float, int>(), Vector<int>.AllBitsSet);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> And(Vector<float> a, Vector<float> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Or(Vector<float> a, Vector<float> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> FirstLanes(int count) => Vector.LessThan(Vector<int>.Indices, new Vector<int>(count)).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> ShiftToExponent(Vector<float> a) => (a.As<float, int>() << FloatBits.MantissaBits).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> PowerOfTwo(Vector<float> n) =>
        ((Vector.ConvertToInt32(n) + new Vector<int>(FloatBits.ExponentBias)) << FloatBits.MantissaBits).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> LowerHalves(Vector<float> words) => (words.As<float, int>() << FloatBits.HalfBits).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> UpperHalves(Vector<float> words) => (words.As<float, int>() & new Vector<int>(FloatBits.UpperHalf)).As<int, float>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> SplitExponent(Vector<float> x, out Vector<float> mantissa)
    {
        Vector<int> shifted = x.As<float, int>() - new Vector<int>(FloatBits.SqrtHalf);
        Vector<int> exponent = shifted >> FloatBits.MantissaBits;
        mantissa = ((shifted & new Vector<int>(FloatBits.MantissaMask)) + new Vector<int>(FloatBits.SqrtHalf)).As<int, float>();
        return Vector.ConvertToSingle(exponent);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector<float> a)
    {
        float sum = a[0];
        for (int i = 1; i < Vector<float>.Count; i++)
        {
            sum += a[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(Vector<float> a)
    {
        float max = a[0];
        for (int i = 1; i < Vector<float>.Count; i++)
        {
            max = MathF.Max(max, a[i]);
        }

        return max;
    }
}
