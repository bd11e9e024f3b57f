using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>theta &lt;- theta - eta g.</summary>
internal sealed unsafe class SgdState(Sgd sgd, LayerStack stack, UpdateLimits limits) : OptimizerState(sgd, stack, limits, Rule.States)
{
    /// <summary>The L2 coefficient on weights.</summary>
    public float WeightDecay => sgd.WeightDecay;

    /// <summary>The weights of one layer from their gradient; false if a new one is not finite, which then keeps its old value.</summary>
    public bool StepWeights(DenseLayer layer, float* parameters, float* gradients, float learningRate) =>
        Update.Apply(new Decayed(WeightDecay), new Rule(learningRate), Range(parameters, gradients, layer.WeightOffset, layer.BiasOffset), threads: 1);

    /// <summary>The rest of a step whose weights were updated in the store of their gradient.</summary>
    public int StepBesideWeights(float* parameters, float* gradients, float learningRate)
    {
        StepCount++;
        return ApplyBeside(new Rule(learningRate), parameters, gradients);
    }

    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) =>
        Apply(new Rule(learningRate), parameters, gradients, threads);

    private readonly struct Rule(float learningRate) : IUpdateRule
    {
        public const int States = 0;

        public bool Apply<TSimd, TVec, TShape>(TShape shape, UpdateRange range)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TShape : unmanaged, IGradientShape<TVec> =>
            Update.Loop<TSimd, TVec, TShape, Formula<TSimd, TVec>>(shape, new(learningRate), range);

        private readonly struct Formula<TSimd, TVec>(float learningRate) : IUpdateFormula<TVec>
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            private readonly TVec descent = TSimd.Broadcast(-learningRate);

            public static int States => Rule.States;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public TVec Apply(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            {
                return TSimd.MultiplyAdd(descent, g, theta);
            }
        }
    }
}
