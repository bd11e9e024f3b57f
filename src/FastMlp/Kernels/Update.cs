using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>One optimizer's formula for one vector of parameters; its fields are the constants of the step.</summary>
internal interface IUpdateRule
{
    /// <summary>State vectors that the rule keeps for each parameter, 0 to 2.</summary>
    static abstract int States { get; }

    /// <summary>The new theta from theta, the gradient g and the states, which it updates.</summary>
    TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>
/// theta &lt;- rule(theta, g + decay theta, states) over a flat range, in one pass: parameters, gradients and states are each
/// read and written once.
/// </summary>
internal static unsafe class Update
{
    /// <summary>Parameters below which a fork costs more than it gains: some 10 us of work for one core.</summary>
    private const nint ForkThreshold = 32 * 1024;

    /// <summary>
    /// Updates <paramref name="count"/> parameters. A parameter whose new value is not finite keeps its old one, and the result is false.
    /// </summary>
    public static bool Run<TRule>(TRule rule, float decay, float* theta, float* gradient, float* first, float* second, nint count, int threads)
        where TRule : unmanaged, IUpdateRule
    {
        int notFinite = 0;
        Kernel<TRule> whole = new(rule, decay, theta, gradient, first, second, count, &notFinite);
        if (threads <= 1 || count < ForkThreshold)
        {
            Isa.Run(whole);
        }
        else
        {
            WorkerPool.Shared.Run(threads, &Part<TRule>, &whole);
        }

        return notFinite == 0;
    }

    private static void Part<TRule>(void* whole, int part, int parts)
        where TRule : unmanaged, IUpdateRule => ((Kernel<TRule>*)whole)->RunPart(part, parts);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Loop<TSimd, TVec, TRule>(TRule rule, float decay, float* theta, float* gradient, float* first, float* second, nint count)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TRule : unmanaged, IUpdateRule
    {
        TVec alpha = TSimd.Broadcast(decay);
        TVec largest = TSimd.Broadcast(float.MaxValue);
        TVec allFinite = TSimd.Equal(alpha, alpha);
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            TVec old = TSimd.Load(theta + i);
            TVec g = TSimd.MultiplyAdd(alpha, old, TSimd.Load(gradient + i));
            TVec one = TRule.States > 0 ? TSimd.Load(first + i) : TSimd.Zero;
            TVec two = TRule.States > 1 ? TSimd.Load(second + i) : TSimd.Zero;
            TVec updated = rule.Apply<TSimd, TVec>(old, g, ref one, ref two);
            TVec finite = TSimd.GreaterThanOrEqual(largest, TSimd.Abs(updated));
            allFinite = TSimd.And(allFinite, finite);
            TSimd.Store(theta + i, TSimd.Select(finite, updated, old));
            if (TRule.States > 0)
            {
                TSimd.Store(first + i, one);
            }

            if (TRule.States > 1)
            {
                TSimd.Store(second + i, two);
            }
        }

        return TSimd.AllTrue(allFinite);
    }

    private readonly struct Kernel<TRule>(
        TRule rule, float decay, float* theta, float* gradient, float* first, float* second, nint count, int* notFinite) : IVectorKernel
        where TRule : unmanaged, IUpdateRule
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            if (!Loop<TSimd, TVec, TRule>(rule, decay, theta, gradient, first, second, count))
            {
                *notFinite = 1;
            }
        }

        public void RunPart(int part, int parts)
        {
            (nint begin, nint end) = Partition.Range(count, parts, part, AlignedBuffer.AlignmentFloats);
            Isa.Run(new Kernel<TRule>(rule, decay, theta + begin, gradient + begin, first + begin, second + begin, end - begin, notFinite));
        }
    }
}
