using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>Work over a range that can be cut anywhere: what it does to an element depends on no cut.</summary>
internal interface IRangeWork
{
    void Run<TSimd, TVec>(nint begin, nint end)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>Cuts a range into one part for each thread.</summary>
internal static unsafe class Ranges
{
    /// <summary>Elements below which a fork costs more than it gains: some 10 us of work for one core.</summary>
    private const nint ForkThreshold = 16 * 1024;

    /// <summary>Runs the work over [0, total).</summary>
    /// <param name="work">The work.</param>
    /// <param name="total">The length of the range.</param>
    /// <param name="unit">Parts are cut at multiples of this.</param>
    /// <param name="elements">The elements that all of it touches.</param>
    /// <param name="threads">The most threads to use.</param>
    public static void Run<TWork>(TWork work, nint total, nint unit, nint elements, int threads)
        where TWork : unmanaged, IRangeWork
    {
        Whole<TWork> whole = new() { Work = work, Total = total, Unit = unit };
        if (threads <= 1 || elements < ForkThreshold)
        {
            Isa.Run(new Kernel<TWork>(work, 0, total));
        }
        else
        {
            WorkerPool.Shared.Run(threads, &Part<TWork>, &whole);
        }
    }

    private static void Part<TWork>(void* context, int part, int parts)
        where TWork : unmanaged, IRangeWork
    {
        Whole<TWork>* whole = (Whole<TWork>*)context;
        (nint begin, nint end) = Partition.Range(whole->Total, parts, part, whole->Unit);
        if (begin < end)
        {
            Isa.Run(new Kernel<TWork>(whole->Work, begin, end));
        }
    }

    private struct Whole<TWork>
        where TWork : unmanaged
    {
        public TWork Work;
        public nint Total;
        public nint Unit;
    }

    private readonly struct Kernel<TWork>(TWork work, nint begin, nint end) : IVectorKernel
        where TWork : struct, IRangeWork
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => work.Run<TSimd, TVec>(begin, end);
    }
}
