using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>The end of every tile: add what earlier blocks of k left in C, apply the epilogue after the last block, store.</summary>
internal static unsafe class TileStore
{
    /// <summary>One whole vector of sums at (row, column) of the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Whole<TSimd, TVec, TEpilogue>(in TileArguments t, float* tile, ref TEpilogue epilogue, TVec sum, int row, int column)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        float* c = tile + (row * t.CRowStride) + column;
        if (!t.IsFirst)
        {
            sum = TSimd.Add(TSimd.Load(c), sum);
        }

        if (t.IsLast)
        {
            sum = epilogue.Apply<TSimd, TVec>(sum, c, t.Column + column);
            if (TEpilogue.KeepsFinite)
            {
                sum = Finite<TSimd, TVec, TEpilogue>(ref epilogue, sum, c);
            }
        }

        TSimd.Store(c, sum);
    }

    /// <summary>One vector of sums at column <paramref name="column"/> of C, of which <paramref name="lanes"/> lie in C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OneVector<TSimd, TVec, TEpilogue>(ref TEpilogue epilogue, TVec sum, float* c, nint column, int lanes, bool isFirst, bool isLast)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        if (!isFirst)
        {
            sum = TSimd.Add(Tail.Load<TSimd, TVec>(c, lanes), sum);
        }

        if (isLast)
        {
            sum = epilogue.Apply<TSimd, TVec>(sum, c, column);
            if (TEpilogue.KeepsFinite)
            {
                sum = Finite<TSimd, TVec, TEpilogue>(ref epilogue, sum, c);
            }
        }

        Tail.Store<TSimd, TVec>(c, sum, lanes);
    }

    /// <summary>The new values where they are finite, else what C has.</summary>
    private static TVec Finite<TSimd, TVec, TEpilogue>(ref TEpilogue epilogue, TVec value, float* c)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        TVec finite = TSimd.GreaterThanOrEqual(TSimd.Broadcast(float.MaxValue), TSimd.Abs(value));
        if (!TSimd.AllTrue(finite))
        {
            epilogue.Refuse();
        }

        return TSimd.Select(finite, value, TSimd.Load(c));
    }

    /// <summary>Vectors of sums that lie in memory, [rows, vectors] with <paramref name="stride"/> vectors to a row; only the columns of C are touched.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Spilled<TSimd, TVec, TEpilogue>(in TileArguments t, float* tile, TEpilogue epilogue, TVec* sums, int rows, int vectors, int stride)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TEpilogue : unmanaged, IEpilogue
    {
        for (int row = 0; row < rows; row++)
        {
            for (int v = 0; v < vectors; v++)
            {
                int column = v * TSimd.Width;
                int lanes = Math.Min(TSimd.Width, t.Columns - column);
                TVec sum = sums[(row * stride) + v];
                if (lanes == TSimd.Width)
                {
                    Whole<TSimd, TVec, TEpilogue>(in t, tile, ref epilogue, sum, row, column);
                }
                else if (lanes > 0)
                {
                    float* c = tile + (row * t.CRowStride) + column;
                    if (!t.IsFirst)
                    {
                        sum = TSimd.Add(TSimd.LoadPartial(c, lanes), sum);
                    }

                    TSimd.StorePartial(c, t.IsLast ? epilogue.Apply<TSimd, TVec>(sum, c, t.Column + column) : sum, lanes);
                }
            }
        }
    }
}
