using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Sums and tests over many elements, in an order that the shape and the instruction set fix.</summary>
internal static unsafe class Reductions
{
    /// <summary>destination[j] = sum over i of source[i,j], rows from first to last; so columns may be split over threads at will.</summary>
    public static void SumRows(float* source, int m, int n, nint ld, float* destination) =>
        Isa.Dispatch(new SumRowsKernel(source, m, n, ld, destination));

    /// <summary>The sum of count floats.</summary>
    public static float Sum(float* source, nint count)
    {
        float result;
        Isa.Dispatch(new SumKernel(source, count, &result));
        return result;
    }

    /// <summary>sum over i of x[i] y[i].</summary>
    public static float Dot(float* x, float* y, nint count)
    {
        float result;
        Isa.Dispatch(new DotKernel(x, y, count, &result));
        return result;
    }

    /// <summary>sum over i of x[i]^2.</summary>
    public static float SumOfSquares(float* x, nint count)
    {
        float result;
        Isa.Dispatch(new SquaresKernel(x, count, &result));
        return result;
    }

    /// <summary>Whether none of count floats is NaN or infinite.</summary>
    public static bool AllFinite(float* source, nint count, int threads = 1)
    {
        int notFinite = 0;
        Ranges.Share(new FiniteCheck(source, &notFinite), count, AlignedBuffer.AlignmentFloats, count, count < Routes.SumsWorthForking ? 1 : threads);
        return notFinite == 0;
    }

    /// <inheritdoc cref="SumRows(float*, int, int, nint, float*)"/>
    [MethodImpl(Compile.Loop)]
    internal static void SumRows<TSimd, TVec>(float* source, int m, int n, nint ld, float* destination)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        int width = TSimd.Width;
        int j = 0;

        // Four columns of vectors at once hide the latency of an addition and read whole cache lines.
        for (; j <= n - (4 * width); j += 4 * width)
        {
            TVec sum0 = TSimd.Zero, sum1 = TSimd.Zero, sum2 = TSimd.Zero, sum3 = TSimd.Zero;
            float* row = source + j;
            for (int i = 0; i < m; i++, row += ld)
            {
                sum0 = TSimd.Add(sum0, TSimd.Load(row));
                sum1 = TSimd.Add(sum1, TSimd.Load(row + width));
                sum2 = TSimd.Add(sum2, TSimd.Load(row + (2 * width)));
                sum3 = TSimd.Add(sum3, TSimd.Load(row + (3 * width)));
            }

            TSimd.Store(destination + j, sum0);
            TSimd.Store(destination + j + width, sum1);
            TSimd.Store(destination + j + (2 * width), sum2);
            TSimd.Store(destination + j + (3 * width), sum3);
        }

        for (; j < n; j += width)
        {
            TVec sum = TSimd.Zero;
            float* row = source + j;
            for (int i = 0; i < m; i++, row += ld)
            {
                sum = TSimd.Add(sum, Tail.Load<TSimd, TVec>(row, n - j));
            }

            Tail.Store<TSimd, TVec>(destination + j, sum, n - j);
        }
    }

    /// <summary>The sum over all i of term(i), in four interleaved chains of vectors, so that additions do not wait for each other.</summary>
    [MethodImpl(Compile.Loop)]
    internal static float Sum<TSimd, TVec, TTerm>(TTerm term, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TTerm : struct, ITerm
    {
        int width = TSimd.Width;
        TVec sum0 = TSimd.Zero, sum1 = TSimd.Zero, sum2 = TSimd.Zero, sum3 = TSimd.Zero;
        nint i = 0;
        for (; i <= count - (4 * width); i += 4 * width)
        {
            sum0 = term.AddTo<TSimd, TVec>(sum0, i, width);
            sum1 = term.AddTo<TSimd, TVec>(sum1, i + width, width);
            sum2 = term.AddTo<TSimd, TVec>(sum2, i + (2 * width), width);
            sum3 = term.AddTo<TSimd, TVec>(sum3, i + (3 * width), width);
        }

        for (; i < count; i += width)
        {
            sum0 = term.AddTo<TSimd, TVec>(sum0, i, (int)(count - i));
        }

        return TSimd.Sum(TSimd.Add(TSimd.Add(sum0, sum1), TSimd.Add(sum2, sum3)));
    }

    /// <summary>What is added up.</summary>
    internal interface ITerm
    {
        /// <summary>sum + the terms from <paramref name="i"/> on, of which <paramref name="remaining"/> are left.</summary>
        TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged;
    }

    internal readonly struct Element(float* x) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => TSimd.Add(sum, Tail.Load<TSimd, TVec>(x + i, remaining));
    }

    internal readonly struct Product(float* x, float* y) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged =>
            TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(x + i, remaining), Tail.Load<TSimd, TVec>(y + i, remaining), sum);
    }

    internal readonly struct Square(float* x) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec value = Tail.Load<TSimd, TVec>(x + i, remaining);
            return TSimd.MultiplyAdd(value, value, sum);
        }
    }

    /// <summary>0 x: 0 for every finite x, NaN for the others.</summary>
    internal readonly struct ZeroTimes(float* x) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec AddTo<TSimd, TVec>(TVec sum, nint i, int remaining)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(x + i, remaining), TSimd.Zero, sum);
    }

    private readonly struct SumRowsKernel(float* source, int m, int n, nint ld, float* destination) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => SumRows<TSimd, TVec>(source, m, n, ld, destination);
    }

    private readonly struct SumKernel(float* source, nint count, float* result) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => *result = Sum<TSimd, TVec, Element>(new Element(source), count);
    }

    private readonly struct DotKernel(float* x, float* y, nint count, float* result) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => *result = Sum<TSimd, TVec, Product>(new Product(x, y), count);
    }

    private readonly struct SquaresKernel(float* x, nint count, float* result) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => *result = Sum<TSimd, TVec, Square>(new Square(x), count);
    }

    private readonly struct FiniteCheck(float* source, int* notFinite) : IRangeWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            if (Sum<TSimd, TVec, ZeroTimes>(new ZeroTimes(source + begin), end - begin) != 0f)
            {
                *notFinite = 1;
            }
        }
    }
}
