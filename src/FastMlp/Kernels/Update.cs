using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>One optimizer's formula for one vector of parameters; its fields are the constants of the step.</summary>
internal interface IUpdateRule
{
    /// <summary>State vectors that the rule keeps for each parameter, 0 to <see cref="Update.MostStates"/>.</summary>
    static abstract int States { get; }

    /// <summary>The new theta from theta, the gradient g and the states, which it updates.</summary>
    TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>What becomes of a gradient on its way from memory to the rule.</summary>
internal interface IGradientShape
{
    /// <summary>The gradient that the rule sees, from the parameters theta and dL/dtheta.</summary>
    TVec Apply<TSimd, TVec>(TVec theta, TVec g)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>g + decay theta: coupled L2.</summary>
internal readonly struct Decayed(float decay) : IGradientShape
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec theta, TVec g)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged => TSimd.MultiplyAdd(TSimd.Broadcast(decay), theta, g);
}

/// <summary>clip(scale g, -limit, limit) + l1 sign(theta) + decay theta.</summary>
/// <param name="scale">What clipping by norm multiplies the whole gradient by; 1 where it is short enough.</param>
/// <param name="limit">The greatest |component|; infinity where there is no such limit.</param>
/// <param name="l1">The L1 coefficient.</param>
/// <param name="decay">The coupled L2 coefficient.</param>
internal readonly struct Shaped(float scale, float limit, float l1, float decay) : IGradientShape
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVec Apply<TSimd, TVec>(TVec theta, TVec g)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec clipped = TSimd.AtMost(TSimd.Broadcast(limit), TSimd.AtLeast(TSimd.Broadcast(-limit), TSimd.Multiply(TSimd.Broadcast(scale), g)));
        TVec up = TSimd.And(TSimd.GreaterThan(theta, TSimd.Zero), TSimd.Broadcast(l1));
        TVec down = TSimd.And(TSimd.GreaterThan(TSimd.Zero, theta), TSimd.Broadcast(l1));
        return TSimd.MultiplyAdd(TSimd.Broadcast(decay), theta, TSimd.Add(clipped, TSimd.Subtract(up, down)));
    }
}

/// <summary>
/// theta &lt;- rule(theta, shape(g), states) over a flat range, in one pass: parameters, gradients and states are each
/// read and written once.
/// </summary>
internal static unsafe class Update
{
    /// <summary>The most state vectors that a rule may keep: centred RMSProp with momentum needs three.</summary>
    public const int MostStates = 3;

    /// <summary>Parameters below which a fork costs more than it gains: some 10 us of work for one core.</summary>
    private const nint ForkThreshold = 32 * 1024;

    /// <summary>
    /// Updates a range. A parameter whose new value is not finite keeps its old one, and the result is false.
    /// </summary>
    public static bool Run<TShape, TRule>(TShape shape, TRule rule, UpdateRange range, int threads)
        where TShape : unmanaged, IGradientShape
        where TRule : unmanaged, IUpdateRule
    {
        int notFinite = 0;
        Kernel<TShape, TRule> whole = new(shape, rule, range, &notFinite);
        if (threads <= 1 || range.Count < ForkThreshold)
        {
            Isa.Run(whole);
        }
        else
        {
            WorkerPool.Shared.Run(threads, &Part<TShape, TRule>, &whole);
        }

        return notFinite == 0;
    }

    private static void Part<TShape, TRule>(void* whole, int part, int parts)
        where TShape : unmanaged, IGradientShape
        where TRule : unmanaged, IUpdateRule => ((Kernel<TShape, TRule>*)whole)->RunPart(part, parts);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Loop<TSimd, TVec, TShape, TRule>(TShape shape, TRule rule, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape
        where TRule : unmanaged, IUpdateRule
    {
        float* theta = range.Theta;
        float* gradient = range.Gradient;
        float* first = range.State(0);
        float* second = range.State(1);
        float* third = range.State(2);
        nint count = range.Count;
        TVec largest = TSimd.Broadcast(float.MaxValue);
        TVec allFinite = TSimd.Equal(largest, largest);
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            TVec old = TSimd.Load(theta + i);
            TVec g = shape.Apply<TSimd, TVec>(old, TSimd.Load(gradient + i));
            TVec one = TRule.States > 0 ? TSimd.Load(first + i) : TSimd.Zero;
            TVec two = TRule.States > 1 ? TSimd.Load(second + i) : TSimd.Zero;
            TVec three = TRule.States > 2 ? TSimd.Load(third + i) : TSimd.Zero;
            TVec updated = rule.Apply<TSimd, TVec>(old, g, ref one, ref two, ref three);
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

            if (TRule.States > 2)
            {
                TSimd.Store(third + i, three);
            }
        }

        return TSimd.AllTrue(allFinite);
    }

    private readonly struct Kernel<TShape, TRule>(TShape shape, TRule rule, UpdateRange range, int* notFinite) : IVectorKernel
        where TShape : unmanaged, IGradientShape
        where TRule : unmanaged, IUpdateRule
    {
        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            if (!Loop<TSimd, TVec, TShape, TRule>(shape, rule, range))
            {
                *notFinite = 1;
            }
        }

        public void RunPart(int part, int parts)
        {
            (nint begin, nint end) = Partition.Range(range.Count, parts, part, AlignedBuffer.AlignmentFloats);
            Isa.Run(new Kernel<TShape, TRule>(shape, rule, range.Slice(begin, end - begin), notFinite));
        }
    }
}
