using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;

namespace FastMlp.Training.Optimizers;

/// <summary>v &lt;- mu v + g; theta &lt;- theta - eta (g + mu v).</summary>
internal sealed unsafe class NesterovState(Sgd sgd, LayerStack stack, UpdateLimits limits) : OptimizerState(sgd, stack, limits, Rule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) =>
        Apply(new Rule(learningRate, sgd.Momentum), parameters, gradients, threads);

    private readonly struct Rule(float learningRate, float momentum) : IUpdateRule
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            TVec mu = TSimd.Broadcast(momentum);
            first = TSimd.MultiplyAdd(mu, first, g);
            return TSimd.MultiplyAdd(TSimd.Broadcast(-learningRate), TSimd.MultiplyAdd(mu, first, g), theta);
        }
    }
}
