using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// The gradient of a layer over rows on their side: dW[o, p] = sum over r of delta[o, r] X[p, r], db[o] = sum over r of delta[o, r].
/// </summary>
/// <remarks>
/// <code>
///               x[p]   x[p+1]  x[p+2]      one step of r: a vector of rows, up to Units + Columns loads,
///  delta[o]     s0x0   s0x1    s0x2        Units * Columns multiply-adds, a lane for each row of the vector
///  delta[o+1]   s1x0   s1x1    s1x2
/// </code>
/// Sums stay as vectors, a lane adding every Width-th row, over all blocks of rows of a batch; only <see cref="Finish"/> adds across
/// lanes. Layout: [n, k + 1] vectors, the last column for db. Zero deltas in lanes without a row leave no trace.
/// Edges: fewer units or columns are other values of <c>TUnits</c> and <c>TColumns</c>, the same body.
/// </remarks>
internal static unsafe class SidewaysGradient
{
    /// <summary>Units of the largest tile, and columns: 12 sums, 3 vectors of X and one of delta are 16 registers.</summary>
    private const int MaxUnits = 4;

    private const int MaxColumns = 3;

    /// <summary>Floats that the sums of a layer of n units and k inputs take.</summary>
    public static nint Length(nint k, nint n) => n * (k + 1) * Isa.Width;

    /// <summary>sums &lt;- sums + the gradients of <paramref name="stride"/> lanes, whole vectors.</summary>
    public static void Add(float* delta, float* x, float* sums, nint k, nint n, nint stride) => Isa.Dispatch(new AddKernel(delta, x, sums, k, n, stride));

    /// <summary>dW, laid out like the panels of W, and db &lt;- the sums.</summary>
    public static void Finish(float* sums, nint k, nint n, float* dW, nint panelWidth, float* db) => Isa.Dispatch(new FinishKernel(sums, k, n, dW, panelWidth, db));

    /// <summary>The same on a given instruction set.</summary>
    internal static void Add<TSimd, TVec>(float* delta, float* x, float* sums, nint k, nint n, nint stride)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        nint row = (k + 1) * TSimd.Width;
        for (nint o = 0; o < n; o += MaxUnits)
        {
            int units = (int)Math.Min(MaxUnits, n - o);
            float* d = delta + (o * stride);
            float* s = sums + (o * row);
            switch (units)
            {
                case 1:
                    Columns<TSimd, TVec, N1>(d, x, s, k, row, stride);
                    break;
                case 2:
                    Columns<TSimd, TVec, N2>(d, x, s, k, row, stride);
                    break;
                case 3:
                    Columns<TSimd, TVec, N3>(d, x, s, k, row, stride);
                    break;
                default:
                    Columns<TSimd, TVec, N4>(d, x, s, k, row, stride);
                    break;
            }
        }
    }

    /// <inheritdoc cref="Finish(float*, nint, nint, float*, nint, float*)"/>
    [MethodImpl(Compile.Loop)]
    internal static void Finish<TSimd, TVec>(float* sums, nint k, nint n, float* dW, nint panelWidth, float* db)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (nint o = 0; o < n; o++)
        {
            nint column = o % panelWidth;
            float* w = dW + ((o - column) * k) + column;
            for (nint p = 0; p < k; p++)
            {
                *w = TSimd.Sum(TSimd.Load(sums));
                w += panelWidth;
                sums += TSimd.Width;
            }

            db[o] = TSimd.Sum(TSimd.Load(sums));
            sums += TSimd.Width;
        }
    }

    /// <summary>All columns of up to four units, in tiles as even as can be: four go as 2 + 2; then the sums of delta alone.</summary>
    private static void Columns<TSimd, TVec, TUnits>(float* delta, float* x, float* sums, nint k, nint row, nint stride)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TUnits : unmanaged, ICount
    {
        nint tiles = (k + MaxColumns - 1) / MaxColumns;
        nint length = k / tiles;
        nint longer = k % tiles;
        nint vectors = stride / TSimd.Width;
        AddTiles(length + 1, longer);
        x += longer * (length + 1) * stride;
        sums += longer * (length + 1) * TSimd.Width;
        AddTiles(length, tiles - longer);
        sums += (tiles - longer) * length * TSimd.Width;
        Alone<TSimd, TVec, TUnits>(delta, sums, row, stride, vectors);

        void AddTiles(nint columns, nint count)
        {
            switch (columns)
            {
                case 1:
                    Tiles<TSimd, TVec, TUnits, N1>(delta, x, sums, row, stride, vectors, count);
                    break;
                case 2:
                    Tiles<TSimd, TVec, TUnits, N2>(delta, x, sums, row, stride, vectors, count);
                    break;
                case 3:
                    Tiles<TSimd, TVec, TUnits, N3>(delta, x, sums, row, stride, vectors, count);
                    break;
            }
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void Tiles<TSimd, TVec, TUnits, TColumns>(float* delta, float* x, float* sums, nint row, nint stride, nint vectors, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TUnits : unmanaged, ICount
        where TColumns : unmanaged, ICount
    {
        for (; count > 0; count--)
        {
            float* s0 = sums, s1 = s0 + row, s2 = s1 + row, s3 = s2 + row;
            TVec s0x0 = TSimd.Load(s0);
            TVec s0x1 = sizeof(TColumns) > 1 ? TSimd.Load(s0 + TSimd.Width) : TSimd.Zero;
            TVec s0x2 = sizeof(TColumns) > 2 ? TSimd.Load(s0 + (2 * TSimd.Width)) : TSimd.Zero;
            TVec s1x0 = sizeof(TUnits) > 1 ? TSimd.Load(s1) : TSimd.Zero;
            TVec s1x1 = sizeof(TUnits) > 1 && sizeof(TColumns) > 1 ? TSimd.Load(s1 + TSimd.Width) : TSimd.Zero;
            TVec s1x2 = sizeof(TUnits) > 1 && sizeof(TColumns) > 2 ? TSimd.Load(s1 + (2 * TSimd.Width)) : TSimd.Zero;
            TVec s2x0 = sizeof(TUnits) > 2 ? TSimd.Load(s2) : TSimd.Zero;
            TVec s2x1 = sizeof(TUnits) > 2 && sizeof(TColumns) > 1 ? TSimd.Load(s2 + TSimd.Width) : TSimd.Zero;
            TVec s2x2 = sizeof(TUnits) > 2 && sizeof(TColumns) > 2 ? TSimd.Load(s2 + (2 * TSimd.Width)) : TSimd.Zero;
            TVec s3x0 = sizeof(TUnits) > 3 ? TSimd.Load(s3) : TSimd.Zero;
            TVec s3x1 = sizeof(TUnits) > 3 && sizeof(TColumns) > 1 ? TSimd.Load(s3 + TSimd.Width) : TSimd.Zero;
            TVec s3x2 = sizeof(TUnits) > 3 && sizeof(TColumns) > 2 ? TSimd.Load(s3 + (2 * TSimd.Width)) : TSimd.Zero;
            float* d0 = delta, d2 = d0 + (2 * stride), at0 = x, at2 = x + (2 * stride);
            for (nint v = vectors; v > 0; v--)
            {
                TVec x0 = TSimd.Load(at0);
                TVec x1 = sizeof(TColumns) > 1 ? TSimd.Load(at0 + stride) : x0;
                TVec x2 = sizeof(TColumns) > 2 ? TSimd.Load(at2) : x0;
                Unit<TSimd, TVec, TColumns>(d0, x0, x1, x2, ref s0x0, ref s0x1, ref s0x2);
                if (sizeof(TUnits) > 1) Unit<TSimd, TVec, TColumns>(d0 + stride, x0, x1, x2, ref s1x0, ref s1x1, ref s1x2);
                if (sizeof(TUnits) > 2) Unit<TSimd, TVec, TColumns>(d2, x0, x1, x2, ref s2x0, ref s2x1, ref s2x2);
                if (sizeof(TUnits) > 3) Unit<TSimd, TVec, TColumns>(d2 + stride, x0, x1, x2, ref s3x0, ref s3x1, ref s3x2);
                at0 += TSimd.Width;
                at2 += TSimd.Width;
                d0 += TSimd.Width;
                d2 += TSimd.Width;
            }

            Store<TSimd, TVec, TColumns>(s0, s0x0, s0x1, s0x2);
            if (sizeof(TUnits) > 1) Store<TSimd, TVec, TColumns>(s1, s1x0, s1x1, s1x2);
            if (sizeof(TUnits) > 2) Store<TSimd, TVec, TColumns>(s2, s2x0, s2x1, s2x2);
            if (sizeof(TUnits) > 3) Store<TSimd, TVec, TColumns>(s3, s3x0, s3x1, s3x2);
            x += sizeof(TColumns) * stride;
            sums += sizeof(TColumns) * TSimd.Width;
        }
    }

    /// <summary>The sums of delta's columns, for db.</summary>
    [MethodImpl(Compile.Loop)]
    private static void Alone<TSimd, TVec, TUnits>(float* delta, float* sums, nint row, nint stride, nint vectors)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TUnits : unmanaged, ICount
    {
        float* s0 = sums, s1 = s0 + row, s2 = s1 + row, s3 = s2 + row;
        TVec sum0 = TSimd.Load(s0);
        TVec sum1 = sizeof(TUnits) > 1 ? TSimd.Load(s1) : sum0;
        TVec sum2 = sizeof(TUnits) > 2 ? TSimd.Load(s2) : sum0;
        TVec sum3 = sizeof(TUnits) > 3 ? TSimd.Load(s3) : sum0;
        float* d0 = delta, d2 = d0 + (2 * stride);
        for (nint v = vectors; v > 0; v--)
        {
            sum0 = TSimd.Add(sum0, TSimd.Load(d0));
            if (sizeof(TUnits) > 1) sum1 = TSimd.Add(sum1, TSimd.Load(d0 + stride));
            if (sizeof(TUnits) > 2) sum2 = TSimd.Add(sum2, TSimd.Load(d2));
            if (sizeof(TUnits) > 3) sum3 = TSimd.Add(sum3, TSimd.Load(d2 + stride));
            d0 += TSimd.Width;
            d2 += TSimd.Width;
        }

        TSimd.Store(s0, sum0);
        if (sizeof(TUnits) > 1) TSimd.Store(s1, sum1);
        if (sizeof(TUnits) > 2) TSimd.Store(s2, sum2);
        if (sizeof(TUnits) > 3) TSimd.Store(s3, sum3);
    }

    /// <summary>One unit's step of r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unit<TSimd, TVec, TColumns>(float* delta, TVec x0, TVec x1, TVec x2, ref TVec s0, ref TVec s1, ref TVec s2)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TColumns : unmanaged, ICount
    {
        TVec d = TSimd.Load(delta);
        s0 = TSimd.MultiplyAdd(x0, d, s0);
        if (sizeof(TColumns) > 1) s1 = TSimd.MultiplyAdd(x1, d, s1);
        if (sizeof(TColumns) > 2) s2 = TSimd.MultiplyAdd(x2, d, s2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TSimd, TVec, TColumns>(float* sums, TVec s0, TVec s1, TVec s2)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TColumns : unmanaged, ICount
    {
        TSimd.Store(sums, s0);
        if (sizeof(TColumns) > 1) TSimd.Store(sums + TSimd.Width, s1);
        if (sizeof(TColumns) > 2) TSimd.Store(sums + (2 * TSimd.Width), s2);
    }

    private readonly struct AddKernel(float* delta, float* x, float* sums, nint k, nint n, nint stride) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Add<TSimd, TVec>(delta, x, sums, k, n, stride);
    }

    private readonly struct FinishKernel(float* sums, nint k, nint n, float* dW, nint panelWidth, float* db) : IVectorKernel
    {
        [MethodImpl(Compile.Loop)]
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Finish<TSimd, TVec>(sums, k, n, dW, panelWidth, db);
    }
}
