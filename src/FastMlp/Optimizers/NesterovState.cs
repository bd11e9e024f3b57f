using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>v &lt;- mu v + g; theta &lt;- theta - eta (g + mu v).</summary>
internal sealed unsafe class NesterovState(Sgd sgd, LayerStack stack, UpdateLimits limits) : OptimizerState(sgd, stack, limits, Rule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) =>
        Apply(new Rule(learningRate, sgd.Momentum), parameters, gradients, threads);

    private readonly struct Rule(float learningRate, float momentum) : IUpdateRule
    {
        public const int States = 1;

        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(learningRate, momentum), range);

        private readonly struct Formula<TSimd, TVec>(float learningRate, float momentum) : IUpdateFormula<TVec>
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            private readonly TVec momentum = TSimd.Broadcast(momentum);
            private readonly TVec descent = TSimd.Broadcast(-learningRate);

            public static int States => Rule.States;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            {
                first = TSimd.MultiplyAdd(momentum, first, g);
                return TSimd.MultiplyAdd(descent, TSimd.MultiplyAdd(momentum, first, g), theta);
            }
        }
    }
}
