using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>
/// d &lt;- clamp(d growth) where g keeps its sign, clamp(d shrink) and g &lt;- 0 where it turns; theta &lt;- theta - sign(g) d.
/// </summary>
internal sealed unsafe class IRpropState(IRprop rprop, LayerStack stack, UpdateLimits limits)
    : OptimizerState(rprop, stack, limits, Rule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads)
    {
        if (step == 1)
        {
            Fill(1, learningRate);
        }

        return Apply(new Rule(rprop.Shrink, rprop.Growth, rprop.SmallestStep, rprop.LargestStep), parameters, gradients, threads);
    }

    /// <summary>The states are the last g and d.</summary>
    private readonly struct Rule(float shrink, float growth, float smallest, float largest) : IUpdateRule
    {
        public const int States = 2;

        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(shrink, growth, smallest, largest), range);

        private readonly struct Formula<TSimd, TVec>(float shrink, float growth, float smallest, float largest) : IUpdateFormula<TVec>
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            private readonly TVec shrink = TSimd.Broadcast(shrink);
            private readonly TVec growth = TSimd.Broadcast(growth);
            private readonly TVec smallest = TSimd.Broadcast(smallest);
            private readonly TVec largest = TSimd.Broadcast(largest);

            public static int States => Rule.States;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            {
                // Signs are compared, not multiplied: a product of two small gradients would round to 0.
                TVec up = TSimd.GreaterThan(g, TSimd.Zero);
                TVec down = TSimd.GreaterThan(TSimd.Zero, g);
                TVec wasUp = TSimd.GreaterThan(first, TSimd.Zero);
                TVec wasDown = TSimd.GreaterThan(TSimd.Zero, first);
                TVec stays = TSimd.Or(TSimd.And(up, wasUp), TSimd.And(down, wasDown));
                TVec turns = TSimd.Or(TSimd.And(up, wasDown), TSimd.And(down, wasUp));
                TVec grown = TSimd.AtMost(largest, TSimd.Multiply(second, growth));
                TVec shrunk = TSimd.AtLeast(smallest, TSimd.Multiply(second, shrink));
                second = TSimd.Select(turns, shrunk, TSimd.Select(stays, grown, second));
                first = TSimd.Select(turns, TSimd.Zero, g);

                // theta + (g - g) keeps a NaN of g, which has no sign, on its way to the check for finite values.
                TVec step = TSimd.Select(turns, TSimd.Zero, TSimd.Subtract(TSimd.And(up, second), TSimd.And(down, second)));
                return TSimd.Subtract(TSimd.Add(theta, TSimd.Subtract(g, g)), step);
            }
        }
    }
}
