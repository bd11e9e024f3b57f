using System.Runtime.CompilerServices;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>The products of a layer of one unit, whose W is a row of k weights: a panel would hold one column and padding.</summary>
/// <remarks>
/// Taken for layers of one unit (<see cref="Routes.IsDot"/>).
/// <code>
///  x[0,:]   x0 x1 ... | x8 ...        forward: two vectors of each of four rows times the same two of w,
///  w        w0 w1 ... | w8 ...        even and odd sums; then across the lanes
/// </code>
/// Register budget: 4 rows x 2 sums, two vectors of w, one of x.
/// Forward: lanes run over k, in two chains (even and odd vectors), then across the lanes. The order is the same for every row, alone
/// or in a batch. W is padded with zeros to whole vectors; of x nothing past k is read.
/// </remarks>
internal static unsafe class Dot
{
    /// <summary>Rows whose chains run side by side: with two chains each they fill two units of latency 4.</summary>
    private const int Rows = 4;

    /// <summary>a[i] &lt;- g(x[i,:] . w + bias) for m rows; results are <paramref name="lda"/> floats apart.</summary>
    public static void Forward<TActivation>(TActivation g, float* x, float* w, float bias, float* a, nint m, nint k, nint ldx, nint lda)
        where TActivation : struct, IActivation => Isa.Dispatch(new ForwardKernel<TActivation>(g, x, w, bias, a, m, k, ldx, lda));

    /// <summary>c[k] &lt;- epilogue(sum over i of delta[i] x[i,:]): the gradient of w, or its descent.</summary>
    public static void Gradient<TEpilogue>(TEpilogue epilogue, float* x, float* delta, float* c, nint m, nint k, nint ldx, nint ldDelta)
        where TEpilogue : unmanaged, IEpilogue => Isa.Dispatch(new GradientKernel<TEpilogue>(epilogue, x, delta, c, m, k, ldx, ldDelta));

    /// <inheritdoc cref="Forward{TActivation}(TActivation, float*, float*, float, float*, nint, nint, nint, nint)"/>
    [MethodImpl(Compile.Loop)]
    [SkipLocalsInit]
    internal static void Forward<TSimd, TVec, TActivation>(TActivation g, float* x, float* w, float bias, float* a, nint m, nint k, nint ldx, nint lda)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : struct, IActivation
    {
        float* z = stackalloc float[TSimd.Width];
        while (m > 0)
        {
            // A vector's worth of rows, so that g is taken once for all of them.
            int count = (int)Math.Min(m, TSimd.Width);
            int row = 0;
            for (; row <= count - Rows; row += Rows, x += Rows * ldx)
            {
                Products<TSimd, TVec, N4>(x, w, k, ldx, z + row);
            }

            for (; row < count; row++, x += ldx)
            {
                Products<TSimd, TVec, N1>(x, w, k, ldx, z + row);
            }

            for (; row < TSimd.Width; row++)
            {
                z[row] = 0;
            }

            TSimd.Store(z, g.Value<TSimd, TVec>(TSimd.Add(TSimd.Load(z), TSimd.Broadcast(bias))));
            for (int i = 0; i < count; i++, a += lda)
            {
                *a = z[i];
            }

            m -= count;
        }
    }

    /// <summary>One row or four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products<TSimd, TVec, TRows>(float* x0, float* w, nint k, nint ldx, float* z)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRows : unmanaged, ICount
    {
        TVec even0 = TSimd.Zero, even1 = TSimd.Zero, even2 = TSimd.Zero, even3 = TSimd.Zero;
        TVec odd0 = TSimd.Zero, odd1 = TSimd.Zero, odd2 = TSimd.Zero, odd3 = TSimd.Zero;
        float* x1 = x0 + ldx, x2 = x1 + ldx, x3 = x2 + ldx;
        nint p = 0;
        for (; p <= k - (2 * TSimd.Width); p += 2 * TSimd.Width)
        {
            TVec w0 = TSimd.Load(w + p), w1 = TSimd.Load(w + p + TSimd.Width);
            even0 = TSimd.MultiplyAdd(TSimd.Load(x0 + p), w0, even0);
            odd0 = TSimd.MultiplyAdd(TSimd.Load(x0 + p + TSimd.Width), w1, odd0);
            if (sizeof(TRows) > 1)
            {
                even1 = TSimd.MultiplyAdd(TSimd.Load(x1 + p), w0, even1);
                odd1 = TSimd.MultiplyAdd(TSimd.Load(x1 + p + TSimd.Width), w1, odd1);
                even2 = TSimd.MultiplyAdd(TSimd.Load(x2 + p), w0, even2);
                odd2 = TSimd.MultiplyAdd(TSimd.Load(x2 + p + TSimd.Width), w1, odd2);
                even3 = TSimd.MultiplyAdd(TSimd.Load(x3 + p), w0, even3);
                odd3 = TSimd.MultiplyAdd(TSimd.Load(x3 + p + TSimd.Width), w1, odd3);
            }
        }

        for (; p < k; p += TSimd.Width)
        {
            int left = (int)Math.Min(k - p, TSimd.Width);
            TVec rest = TSimd.Load(w + p);
            even0 = TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(x0 + p, left), rest, even0);
            if (sizeof(TRows) > 1)
            {
                even1 = TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(x1 + p, left), rest, even1);
                even2 = TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(x2 + p, left), rest, even2);
                even3 = TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(x3 + p, left), rest, even3);
            }
        }

        z[0] = TSimd.Sum(TSimd.Add(even0, odd0));
        if (sizeof(TRows) > 1)
        {
            z[1] = TSimd.Sum(TSimd.Add(even1, odd1));
            z[2] = TSimd.Sum(TSimd.Add(even2, odd2));
            z[3] = TSimd.Sum(TSimd.Add(even3, odd3));
        }
    }

    /// <inheritdoc cref="Gradient{TEpilogue}(TEpilogue, float*, float*, float*, nint, nint, nint, nint)"/>
    [MethodImpl(Compile.Loop)]
    internal static void Gradient<TSimd, TVec, TEpilogue>(TEpilogue epilogue, float* x, float* delta, float* c, nint m, nint k, nint ldx, nint ldDelta)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        nint p = 0;
        for (; p <= k - (4 * TSimd.Width); p += 4 * TSimd.Width)
        {
            TVec c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
            float* row = x + p, d = delta;
            for (nint i = 0; i < m; i++, row += ldx, d += ldDelta)
            {
                TVec factor = TSimd.Broadcast(*d);
                c0 = TSimd.MultiplyAdd(factor, TSimd.Load(row), c0);
                c1 = TSimd.MultiplyAdd(factor, TSimd.Load(row + TSimd.Width), c1);
                c2 = TSimd.MultiplyAdd(factor, TSimd.Load(row + (2 * TSimd.Width)), c2);
                c3 = TSimd.MultiplyAdd(factor, TSimd.Load(row + (3 * TSimd.Width)), c3);
            }

            TSimd.Store(c + p, epilogue.Apply<TSimd, TVec>(c0, c + p, p));
            TSimd.Store(c + p + TSimd.Width, epilogue.Apply<TSimd, TVec>(c1, c + p + TSimd.Width, p));
            TSimd.Store(c + p + (2 * TSimd.Width), epilogue.Apply<TSimd, TVec>(c2, c + p + (2 * TSimd.Width), p));
            TSimd.Store(c + p + (3 * TSimd.Width), epilogue.Apply<TSimd, TVec>(c3, c + p + (3 * TSimd.Width), p));
        }

        for (; p < k; p += TSimd.Width)
        {
            TVec sum = TSimd.Zero;
            int left = (int)Math.Min(k - p, TSimd.Width);
            for (nint i = 0; i < m; i++)
            {
                sum = TSimd.MultiplyAdd(TSimd.Broadcast(delta[i * ldDelta]), Tail.Load<TSimd, TVec>(x + p + (i * ldx), left), sum);
            }

            // The padding of w takes the zeros of the lanes past the end.
            TSimd.Store(c + p, epilogue.Apply<TSimd, TVec>(sum, c + p, p));
        }
    }

    private readonly struct ForwardKernel<TActivation>(TActivation g, float* x, float* w, float bias, float* a, nint m, nint k, nint ldx, nint lda) : IVectorKernel
        where TActivation : struct, IActivation
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Forward<TSimd, TVec, TActivation>(g, x, w, bias, a, m, k, ldx, lda);
    }

    private readonly struct GradientKernel<TEpilogue>(TEpilogue epilogue, float* x, float* delta, float* c, nint m, nint k, nint ldx, nint ldDelta) : IVectorKernel
        where TEpilogue : unmanaged, IEpilogue
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Gradient<TSimd, TVec, TEpilogue>(epilogue, x, delta, c, m, k, ldx, ldDelta);
    }
}
