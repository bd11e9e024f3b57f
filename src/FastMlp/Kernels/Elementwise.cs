using System.Runtime.CompilerServices;
using FastMlp.Kernels.Activations;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Loops over single elements: a = g(z) and delta = delta * g'(z).</summary>
/// <remarks>
/// Whole vectors, then one partial vector through the same formula: the bits of an element depend on its
/// value and the instruction set, never on where it lies. Nothing past <c>count</c> is read or written.
/// </remarks>
internal static unsafe class Elementwise
{
    /// <summary>a[i] = g(z[i]); a may be z.</summary>
    public static void Apply<TActivation>(TActivation g, float* z, float* a, nint count)
        where TActivation : struct, IActivation => Isa.Dispatch(new ApplyKernel<TActivation>(g, z, a, count));

    /// <summary>The same on up to <paramref name="threads"/> threads.</summary>
    public static void Apply<TActivation>(TActivation g, float* z, float* a, nint count, int threads)
        where TActivation : unmanaged, IActivation =>
        Ranges.Share(new ApplyWork<TActivation>(g, z, a), count, AlignedBuffer.AlignmentFloats, count, count < Routes.ActivationsWorthForking ? 1 : threads);

    /// <summary>a &lt;- g(z), over whole rows with their padding where both have the same.</summary>
    public static void Apply<TActivation>(TActivation g, MatrixView z, MatrixView a, int threads)
        where TActivation : unmanaged, IActivation
    {
        if (z.Stride != a.Stride || (!z.IsPadded && z.Stride != z.Columns))
        {
            for (nint row = 0; row < z.Rows; row++)
            {
                Apply(g, z.Pointer + (row * z.Stride), a.Pointer + (row * a.Stride), z.Columns);
            }

            return;
        }

        Apply(g, z.Pointer, a.Pointer, z.Rows * z.Stride, threads);
    }

    /// <summary>a &lt;- x + y, row by row; nothing is read or written past the columns.</summary>
    public static void Add(MatrixView x, MatrixView y, MatrixView a, int threads) =>
        Ranges.Share(new Sums(x, y, a), x.Rows, unit: 1, x.Rows * x.Columns, threads);

    /// <summary>result &lt;- delta g'(z), from a = g(z), by rows: delta and result are padded, and result's padding becomes 0 where delta's is.</summary>
    public static void MultiplyByDerivative<TActivation>(TActivation g, MatrixView z, MatrixView a, MatrixView delta, MatrixView result, int threads)
        where TActivation : unmanaged, IActivation =>
        Ranges.Share(new DerivativeRows<TActivation>(g, z, a, delta, result), z.Rows, unit: 1, z.Rows * z.Columns, threads);

    /// <summary>delta[i] = delta[i] g'(z[i]), from a[i] = g(z[i]); z may be null unless the derivative needs it.</summary>
    public static void MultiplyByDerivative<TActivation>(TActivation g, float* z, float* a, float* delta, nint count)
        where TActivation : struct, IActivation => Isa.Dispatch(new DerivativeKernel<TActivation>(g, z, a, delta, count));

    /// <summary>a[i] = g(z[i]) on a given instruction set.</summary>
    [MethodImpl(Compile.Loop)]
    internal static void Apply<TSimd, TVec, TActivation>(TActivation g, float* z, float* a, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : struct, IActivation
    {
        nint i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TSimd.Store(a + i, g.Value<TSimd, TVec>(TSimd.Load(z + i)));
        }

        int rest = (int)(count - i);
        if (rest > 0)
        {
            TSimd.StorePartial(a + i, g.Value<TSimd, TVec>(TSimd.LoadPartial(z + i, rest)), rest);
        }
    }

    /// <inheritdoc cref="MultiplyByDerivative{TActivation}(TActivation, float*, float*, float*, nint)"/>
    [MethodImpl(Compile.Loop)]
    internal static void MultiplyByDerivative<TSimd, TVec, TActivation>(TActivation g, float* z, float* a, float* delta, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : struct, IActivation
    {
        nint i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TVec derivative = g.Derivative<TSimd, TVec>(
                TActivation.DerivativeNeedsZ ? TSimd.Load(z + i) : TSimd.Zero,
                TSimd.Load(a + i));
            TSimd.Store(delta + i, TSimd.Multiply(TSimd.Load(delta + i), derivative));
        }

        int rest = (int)(count - i);
        if (rest > 0)
        {
            TVec derivative = g.Derivative<TSimd, TVec>(
                TActivation.DerivativeNeedsZ ? TSimd.LoadPartial(z + i, rest) : TSimd.Zero,
                TSimd.LoadPartial(a + i, rest));
            TSimd.StorePartial(delta + i, TSimd.Multiply(TSimd.LoadPartial(delta + i, rest), derivative), rest);
        }
    }

    private readonly struct Sums(MatrixView x, MatrixView y, MatrixView a) : IRangeWork
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint row = begin; row < end; row++)
            {
                for (nint j = 0; j < x.Columns; j += TSimd.Width)
                {
                    int remaining = (int)Math.Min(TSimd.Width, x.Columns - j);
                    TVec left = Tail.Load<TSimd, TVec>(x.Pointer + (row * x.Stride) + j, remaining);
                    TVec right = Tail.Load<TSimd, TVec>(y.Pointer + (row * y.Stride) + j, remaining);
                    Tail.Store<TSimd, TVec>(a.Pointer + (row * a.Stride) + j, TSimd.Add(left, right), remaining);
                }
            }
        }
    }

    private readonly struct DerivativeRows<TActivation>(TActivation g, MatrixView z, MatrixView a, MatrixView delta, MatrixView result) : IRangeWork
        where TActivation : unmanaged, IActivation
    {
        [MethodImpl(Compile.Loop)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (nint row = begin; row < end; row++)
            {
                for (nint j = 0; j < z.Columns; j += TSimd.Width)
                {
                    int remaining = (int)Math.Min(TSimd.Width, z.Columns - j);
                    TVec derivative = g.Derivative<TSimd, TVec>(
                        Tail.Load<TSimd, TVec>(z.Pointer + (row * z.Stride) + j, remaining),
                        Tail.Load<TSimd, TVec>(a.Pointer + (row * a.Stride) + j, remaining));
                    TVec d = TSimd.Load(delta.Pointer + (row * delta.Stride) + j);
                    TSimd.Store(result.Pointer + (row * result.Stride) + j, TSimd.Multiply(d, derivative));
                }
            }
        }
    }

    private readonly struct ApplyWork<TActivation>(TActivation g, float* z, float* a) : IRangeWork
        where TActivation : unmanaged, IActivation
    {
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Apply<TSimd, TVec, TActivation>(g, z + begin, a + begin, end - begin);
    }

    private readonly struct ApplyKernel<TActivation>(TActivation g, float* z, float* a, nint count) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Apply<TSimd, TVec, TActivation>(g, z, a, count);
    }

    private readonly struct DerivativeKernel<TActivation>(TActivation g, float* z, float* a, float* delta, nint count) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => MultiplyByDerivative<TSimd, TVec, TActivation>(g, z, a, delta, count);
    }
}
