using System.Runtime.CompilerServices;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// A layer over rows turned on their side, a row in each lane: A[o, r] &lt;- g(sum over p of W[o, p] X[p, r] + bias[o]), and on the way
/// back D[p, r] &lt;- epilogue(sum over o of W[o, p] delta[o, r]). The gradient of W is <see cref="SidewaysGradient"/>'s.
/// </summary>
/// <remarks>
/// <code>
///                x0    x1    x2         one step of p: load Vectors vectors of rows, broadcast Units weights,
///  w[o,p]       c0x0  c0x1  c0x2        Units * Vectors multiply-adds
///  w[o+1,p]     c1x0  c1x1  c1x2
///   ...
/// </code>
/// Taken where padding costs more than turning (<see cref="Routes.FewestSidewaysRows"/>): narrow layers. A unit fills no lane but its own, where a panel pads three units to eight columns, and an activation goes over
/// rows, all of which count. W is read from the panels as they lie (see <see cref="Packing"/>).
/// Preconditions: X and A hold whole vectors of rows, [k, stride] and [n, stride]; lanes without a row may hold anything.
/// Register budget: 16 registers hold 4 x 3 sums, three vectors of X and a weight.
/// Every sum is one chain of multiply-adds over p from 0, to which the bias is added: the order of <see cref="Microkernel"/> and
/// <see cref="RowProduct"/> for k up to one block, so the bits of a row are the same on each of these ways.
/// Edges: fewer units or vectors are other values of <c>TUnits</c> and <c>TVectors</c>, the same body.
/// </remarks>
internal static unsafe class Sideways
{
    /// <summary>Units of the largest tile.</summary>
    private const int MaxUnits = 4;

    /// <summary>Vectors of rows in the largest tile.</summary>
    private const int MaxVectors = 3;

    /// <summary>Floats from column to column of a block of so many rows: whole vectors.</summary>
    public static nint Stride(nint rows) => PanelLayout.Vectors(Math.Min(rows, Routes.SidewaysRows)) * Isa.Width;

    /// <summary>x [k, stride], columns of rows, &lt;- source [rows, k]. See <see cref="Columns"/>.</summary>
    public static void Load(float* source, nint ld, nint rows, nint k, float* x, nint stride, nint readable) =>
        Isa.Dispatch(new LoadKernel(source, ld, rows, k, x, stride, readable));

    /// <summary>destination [rows, n] &lt;- a [n, stride]. See <see cref="Columns"/>.</summary>
    public static void Store(float* a, nint stride, nint rows, nint n, float* destination, nint ld, nint following) =>
        Isa.Dispatch(new StoreKernel(a, stride, rows, n, destination, ld, following));

    /// <summary>dX [k, stride] &lt;- epilogue(W^T delta), delta [n, stride]; the epilogue's column is a row of dX.</summary>
    public static void InputProduct<TEpilogue>(float* delta, float* panels, nint panelWidth, float* dX, nint k, nint n, nint stride, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue =>
        Isa.Dispatch(new InputKernel<TEpilogue>(delta, panels, panelWidth, dX, k, n, stride, epilogue));

    /// <summary>The layer for <paramref name="stride"/> lanes, whole vectors.</summary>
    public static void Forward<TActivation>(TActivation g, float* x, float* panels, nint panelWidth, float* bias, float* a, nint k, nint n, nint stride)
        where TActivation : unmanaged, IActivation =>
        Isa.Dispatch(new ForwardKernel<TActivation>(g, x, panels, panelWidth, bias, a, k, n, stride));

    /// <summary>The same on a given instruction set.</summary>
    internal static void Forward<TSimd, TVec, TActivation>(
        TActivation g, float* x, float* panels, nint panelWidth, float* bias, float* a, nint k, nint n, nint stride)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TActivation : unmanaged, IActivation
    {
        Weights w = new(panels, panelWidth, k, k, panelWidth, 0);
        if (TActivation.IsCheap)
        {
            Product<TSimd, TVec, BiasActivateUnit<TActivation>>(x, in w, a, k, n, stride, new(g, bias));
        }
        else
        {
            // A second pass over what is still in L1: see IEpilogue.
            Product<TSimd, TVec, BiasActivateUnit<IdentityActivation>>(x, in w, a, k, n, stride, new(default, bias));
            Elementwise.Apply<TSimd, TVec, TActivation>(g, a, a, n * stride);
        }
    }

    /// <inheritdoc cref="InputProduct{TEpilogue}(float*, float*, nint, float*, nint, nint, nint, TEpilogue)"/>
    internal static void InputProduct<TSimd, TVec, TEpilogue>(
        float* delta, float* panels, nint panelWidth, float* dX, nint k, nint n, nint stride, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        // Column p of W is a row of each panel; from panel to panel its pieces are k rows apart.
        Weights w = new(panels, 1, panelWidth, panelWidth, 1, (k - 1) * panelWidth);
        Product<TSimd, TVec, TEpilogue>(delta, in w, dX, n, k, stride, epilogue);
    }

    /// <summary>All tiles: heights of vectors as even as can be, four vectors go as 2 + 2.</summary>
    private static void Product<TSimd, TVec, TEpilogue>(float* x, in Weights w, float* a, nint k, nint n, nint stride, TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        nint vectors = stride / TSimd.Width;
        nint tiles = (vectors + MaxVectors - 1) / MaxVectors;
        nint length = vectors / tiles;
        nint longer = vectors % tiles;
        nint rest = longer * (length + 1) * TSimd.Width;
        for (nint o = 0; o < n; o += MaxUnits)
        {
            TileOfUnits t = new()
            {
                X = x,
                Stride = stride,
                Unit = o,
                A = a + (o * stride),
                K = k,
                RunLength = w.RunLength,
                WeightStep = w.Step,
                WeightJump = w.Jump,
                W0 = w.Of(o),
                W1 = w.Of(o + 1),
                W2 = w.Of(o + 2),
                W3 = w.Of(o + 3),
            };
            int units = (int)Math.Min(MaxUnits, n - o);
            if (longer > 0)
            {
                MultiplyTiles<TSimd, TVec, TEpilogue>(units, (int)length + 1, longer, in t, in epilogue);
                t.X += rest;
                t.A += rest;
            }

            MultiplyTiles<TSimd, TVec, TEpilogue>(units, (int)length, tiles - longer, in t, in epilogue);
        }
    }

    private static void MultiplyTiles<TSimd, TVec, TEpilogue>(int units, int vectors, nint tiles, in TileOfUnits t, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        switch (units)
        {
            case 1:
                MultiplyTiles<TSimd, TVec, N1, TEpilogue>(vectors, tiles, in t, in epilogue);
                break;
            case 2:
                MultiplyTiles<TSimd, TVec, N2, TEpilogue>(vectors, tiles, in t, in epilogue);
                break;
            case 3:
                MultiplyTiles<TSimd, TVec, N3, TEpilogue>(vectors, tiles, in t, in epilogue);
                break;
            case 4:
                MultiplyTiles<TSimd, TVec, N4, TEpilogue>(vectors, tiles, in t, in epilogue);
                break;
        }
    }

    private static void MultiplyTiles<TSimd, TVec, TUnits, TEpilogue>(int vectors, nint tiles, in TileOfUnits t, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TUnits : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        switch (vectors)
        {
            case 1:
                MultiplyTiles<TSimd, TVec, TUnits, N1, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 2:
                MultiplyTiles<TSimd, TVec, TUnits, N2, TEpilogue>(tiles, in t, in epilogue);
                break;
            case 3:
                MultiplyTiles<TSimd, TVec, TUnits, N3, TEpilogue>(tiles, in t, in epilogue);
                break;
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void MultiplyTiles<TSimd, TVec, TUnits, TVectors, TEpilogue>(nint tiles, in TileOfUnits t, in TEpilogue epilogue)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TUnits : unmanaged, ICount
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        nint stride = t.Stride, step = t.WeightStep, k = t.K, unit = t.Unit;
        float* w0 = t.W0, w1 = t.W1, w2 = t.W2, w3 = t.W3;
        float* columns = t.X, a = t.A;
        for (; tiles > 0; tiles--)
        {
            TVec c0x0 = TSimd.Zero, c0x1 = TSimd.Zero, c0x2 = TSimd.Zero;
            TVec c1x0 = TSimd.Zero, c1x1 = TSimd.Zero, c1x2 = TSimd.Zero;
            TVec c2x0 = TSimd.Zero, c2x1 = TSimd.Zero, c2x2 = TSimd.Zero;
            TVec c3x0 = TSimd.Zero, c3x1 = TSimd.Zero, c3x2 = TSimd.Zero;
            float* x = columns;
            nint at = 0;
            nint left = k, run = Math.Min(k, t.RunLength);
            do
            {
                left -= run;
                for (; run > 0; run--)
                {
                    TVec x0 = TSimd.Load(x);
                    TVec x1 = sizeof(TVectors) > 1 ? TSimd.Load(x + TSimd.Width) : x0;
                    TVec x2 = sizeof(TVectors) > 2 ? TSimd.Load(x + (2 * TSimd.Width)) : x0;
                    Unit<TSimd, TVec, TVectors>(w0 + at, x0, x1, x2, ref c0x0, ref c0x1, ref c0x2);
                    if (sizeof(TUnits) > 1) Unit<TSimd, TVec, TVectors>(w1 + at, x0, x1, x2, ref c1x0, ref c1x1, ref c1x2);
                    if (sizeof(TUnits) > 2) Unit<TSimd, TVec, TVectors>(w2 + at, x0, x1, x2, ref c2x0, ref c2x1, ref c2x2);
                    if (sizeof(TUnits) > 3) Unit<TSimd, TVec, TVectors>(w3 + at, x0, x1, x2, ref c3x0, ref c3x1, ref c3x2);
                    x += stride;
                    at += step;
                }

                run = Math.Min(left, t.RunLength);
                at += t.WeightJump;
            }
            while (left > 0);
            float* a2 = a + (2 * stride);
            Finish<TSimd, TVec, TVectors, TEpilogue>(in epilogue, unit, a, c0x0, c0x1, c0x2);
            if (sizeof(TUnits) > 1) Finish<TSimd, TVec, TVectors, TEpilogue>(in epilogue, unit + 1, a + stride, c1x0, c1x1, c1x2);
            if (sizeof(TUnits) > 2) Finish<TSimd, TVec, TVectors, TEpilogue>(in epilogue, unit + 2, a2, c2x0, c2x1, c2x2);
            if (sizeof(TUnits) > 3) Finish<TSimd, TVec, TVectors, TEpilogue>(in epilogue, unit + 3, a2 + stride, c3x0, c3x1, c3x2);
            columns += sizeof(TVectors) * TSimd.Width;
            a += sizeof(TVectors) * TSimd.Width;
        }
    }

    /// <summary>One unit's step of p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unit<TSimd, TVec, TVectors>(float* weight, TVec x0, TVec x1, TVec x2, ref TVec c0, ref TVec c1, ref TVec c2)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
    {
        TVec w = TSimd.Broadcast(*weight);
        c0 = TSimd.MultiplyAdd(x0, w, c0);
        if (sizeof(TVectors) > 1) c1 = TSimd.MultiplyAdd(x1, w, c1);
        if (sizeof(TVectors) > 2) c2 = TSimd.MultiplyAdd(x2, w, c2);
    }

    /// <summary>One unit's epilogue and store: all of the first before the second, which may overlap what the epilogue reads, as far as the JIT can tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TSimd, TVec, TVectors, TEpilogue>(in TEpilogue epilogue, nint unit, float* a, TVec c0, TVec c1, TVec c2)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TVectors : unmanaged, ICount
        where TEpilogue : unmanaged, IEpilogue
    {
        c0 = epilogue.Apply<TSimd, TVec>(c0, a, unit);
        if (sizeof(TVectors) > 1) c1 = epilogue.Apply<TSimd, TVec>(c1, a + TSimd.Width, unit);
        if (sizeof(TVectors) > 2) c2 = epilogue.Apply<TSimd, TVec>(c2, a + (2 * TSimd.Width), unit);
        TSimd.Store(a, c0);
        if (sizeof(TVectors) > 1) TSimd.Store(a + TSimd.Width, c1);
        if (sizeof(TVectors) > 2) TSimd.Store(a + (2 * TSimd.Width), c2);
    }

    /// <summary>
    /// How the weights of a unit lie: <paramref name="runLength"/> of them <paramref name="step"/> floats apart, then the next run
    /// <paramref name="jump"/> floats behind where a further step would be. Units lie side by side in groups of <paramref name="width"/>,
    /// groups of <paramref name="depth"/> rows.
    /// </summary>
    private readonly struct Weights(float* panels, nint width, nint depth, nint runLength, nint step, nint jump)
    {
        public nint RunLength => runLength;

        public nint Step => step;

        public nint Jump => jump;

        /// <summary>Where those of unit o start. Past the last unit the address is never read.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float* Of(nint o)
        {
            nint column = o % width;
            return panels + ((o - column) * depth) + column;
        }
    }

    /// <summary>Where the tiles of up to four units read and write.</summary>
    private struct TileOfUnits
    {
        /// <summary>X[0, r] of the first tile's first row.</summary>
        public float* X;

        /// <summary>A[o, r], the same row of the first unit.</summary>
        public float* A;

        /// <summary>Floats from column to column of X and A.</summary>
        public nint Stride;

        /// <summary>o.</summary>
        public nint Unit;

        /// <summary>Steps of p.</summary>
        public nint K;

        /// <summary>The first weight of each unit, as many as there are units.</summary>
        public float* W0;

        public float* W1;

        public float* W2;

        public float* W3;

        /// <inheritdoc cref="Weights"/>
        public nint WeightStep;

        /// <inheritdoc cref="Weights"/>
        public nint RunLength;

        /// <inheritdoc cref="Weights"/>
        public nint WeightJump;
    }

    private readonly struct ForwardKernel<TActivation>(TActivation g, float* x, float* panels, nint panelWidth, float* bias, float* a, nint k, nint n, nint stride) : IVectorKernel
        where TActivation : unmanaged, IActivation
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Forward<TSimd, TVec, TActivation>(g, x, panels, panelWidth, bias, a, k, n, stride);
    }

    private readonly struct InputKernel<TEpilogue>(float* delta, float* panels, nint panelWidth, float* dX, nint k, nint n, nint stride, TEpilogue epilogue) : IVectorKernel
        where TEpilogue : unmanaged, IEpilogue
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => InputProduct<TSimd, TVec, TEpilogue>(delta, panels, panelWidth, dX, k, n, stride, epilogue);
    }

    private readonly struct LoadKernel(float* source, nint ld, nint rows, nint k, float* x, nint stride, nint readable) : IVectorKernel
    {
        [MethodImpl(Compile.Loop)]
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Columns.Load<TSimd, TVec>(source, ld, rows, k, x, stride, readable);
    }

    private readonly struct StoreKernel(float* a, nint stride, nint rows, nint n, float* destination, nint ld, nint following) : IVectorKernel
    {
        [MethodImpl(Compile.Loop)]
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Columns.Store<TSimd, TVec>(a, stride, rows, n, destination, ld, following);
    }
}
