using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;

namespace FastMlp.Training.Optimizers;

/// <summary>theta &lt;- theta - eta g.</summary>
internal sealed unsafe class SgdState(Sgd sgd, LayerStack stack) : OptimizerState(stack, Rule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) =>
        Apply(new Rule(learningRate), sgd.WeightDecay, parameters, gradients, threads);

    private readonly struct Rule(float learningRate) : IUpdateRule
    {
        public static int States => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => TSimd.MultiplyAdd(TSimd.Broadcast(-learningRate), g, theta);
    }
}
