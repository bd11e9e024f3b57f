using System.Runtime.CompilerServices;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>Work over a range that can be cut anywhere: what it does to an element depends on no cut.</summary>
internal interface IRangeWork
{
    void Do<TSimd, TVec>(nint begin, nint end)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>Shares a range out among threads, a piece at a time.</summary>
internal static unsafe class Ranges
{
    /// <summary>Runs the work over [0, total).</summary>
    /// <param name="work">The work.</param>
    /// <param name="total">The length of the range.</param>
    /// <param name="unit">Pieces are cut at multiples of this.</param>
    /// <param name="elements">The elements that all of it touches.</param>
    /// <param name="threads">The most threads to use.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Share<TWork>(TWork work, nint total, nint unit, nint elements, int threads)
        where TWork : unmanaged, IRangeWork
    {
        if (threads <= 1 || elements < Routes.ElementsWorthForking)
        {
            Isa.Dispatch(new Kernel<TWork>(work, 0, total));
        }
        else
        {
            Fork(work, total, unit, threads);
        }
    }

    private static void Fork<TWork>(TWork work, nint total, nint unit, int threads)
        where TWork : unmanaged, IRangeWork
    {
        nint units = (total + unit - 1) / unit;
        threads = Math.Min(threads, Shares.MostParts);
        long* memory = stackalloc long[Shares.Length(threads)];
        Whole<TWork> whole = new() { Work = work, Total = total, Unit = unit, Shares = new Shares(memory, threads, units, units / (Routes.SharesOfThread * threads)) };
        WorkerPool.Shared.ForkJoin(threads, &Part<TWork>, &whole);
    }

    private static void Part<TWork>(void* context, int part, int parts)
        where TWork : unmanaged, IRangeWork
    {
        Whole<TWork>* whole = (Whole<TWork>*)context;
        while (whole->Shares.Take(part, out nint begin, out nint end))
        {
            Isa.Dispatch(new Kernel<TWork>(whole->Work, begin * whole->Unit, Math.Min(end * whole->Unit, whole->Total)));
        }
    }

    private struct Whole<TWork>
        where TWork : unmanaged
    {
        public TWork Work;
        public nint Total;
        public nint Unit;
        public Shares Shares;
    }

    private readonly struct Kernel<TWork>(TWork work, nint begin, nint end) : IVectorKernel
        where TWork : struct, IRangeWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => work.Do<TSimd, TVec>(begin, end);
    }
}
