using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Linear algebra on flat vectors, for searches that work on all parameters at once.</summary>
internal static unsafe class Vectors
{
    /// <summary>z[i] = a x[i] + b y[i]; z may be x or y.</summary>
    public static void Combine(float a, float* x, float b, float* y, float* z, nint count) =>
        Isa.Dispatch(new CombineKernel(a, x, b, y, z, count));

    /// <summary>The largest |x[i]|, 0 of none; NaN if an element is.</summary>
    public static float LargestMagnitude(float* x, nint count)
    {
        float result;
        Isa.Dispatch(new LargestKernel(x, count, &result));
        return result;
    }

    /// <summary>The sum of |x[i]|.</summary>
    public static float SumOfMagnitudes(float* x, nint count)
    {
        float result;
        Isa.Dispatch(new SumKernel(x, count, &result));
        return result;
    }

    /// <inheritdoc cref="Combine(float, float*, float, float*, float*, nint)"/>
    [MethodImpl(Compile.Loop)]
    internal static void Combine<TSimd, TVec>(float a, float* x, float b, float* y, float* z, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec left = TSimd.Broadcast(a);
        TVec right = TSimd.Broadcast(b);
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            int remaining = (int)Math.Min(TSimd.Width, count - i);
            TVec term = TSimd.Multiply(right, Tail.Load<TSimd, TVec>(y + i, remaining));
            Tail.Store<TSimd, TVec>(z + i, TSimd.MultiplyAdd(left, Tail.Load<TSimd, TVec>(x + i, remaining), term), remaining);
        }
    }

    /// <inheritdoc cref="LargestMagnitude(float*, nint)"/>
    [MethodImpl(Compile.Loop)]
    internal static float LargestMagnitude<TSimd, TVec>(float* x, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec largest = TSimd.Zero;
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            largest = TSimd.Max(largest, TSimd.Abs(Tail.Load<TSimd, TVec>(x + i, (int)Math.Min(TSimd.Width, count - i))));
        }

        return TSimd.MaxAcross(largest);
    }

    private readonly struct Magnitude(float* x) : Reductions.ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => TSimd.Add(sum, TSimd.Abs(Tail.Load<TSimd, TVec>(x + i, remaining)));
    }

    private readonly struct CombineKernel(float a, float* x, float b, float* y, float* z, nint count) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Combine<TSimd, TVec>(a, x, b, y, z, count);
    }

    private readonly struct LargestKernel(float* x, nint count, float* result) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => *result = LargestMagnitude<TSimd, TVec>(x, count);
    }

    private readonly struct SumKernel(float* x, nint count, float* result) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => *result = Reductions.Sum<TSimd, TVec, Magnitude>(new Magnitude(x), count);
    }
}
