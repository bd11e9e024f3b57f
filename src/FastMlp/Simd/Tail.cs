using System.Runtime.CompilerServices;

namespace FastMlp.Simd;

/// <summary>Vectors at the end of a row: whole while <c>remaining</c> reaches a vector's width, partial for the last.</summary>
internal static unsafe class Tail
{
    /// <summary>The next lanes; those past the end are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Load<TSimd, TVec>(float* source, int remaining)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        remaining >= TSimd.Width ? TSimd.Load(source) : TSimd.LoadPartial(source, remaining);

    /// <summary>The next lanes; those past the end are <paramref name="fill"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVec Load<TSimd, TVec>(float* source, int remaining, TVec fill)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged =>
        remaining >= TSimd.Width
            ? TSimd.Load(source)
            : TSimd.Select(TSimd.FirstLanes(remaining), TSimd.LoadPartial(source, remaining), fill);

    /// <summary>Stores the lanes that lie before the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TSimd, TVec>(float* destination, TVec value, int remaining)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        if (remaining >= TSimd.Width)
        {
            TSimd.Store(destination, value);
        }
        else
        {
            TSimd.StorePartial(destination, value, remaining);
        }
    }
}
