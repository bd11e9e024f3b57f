using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;

namespace FastMlp.Training.Optimizers;

/// <summary>v &lt;- v + g^2; theta &lt;- theta - eta g / (sqrt(v) + epsilon).</summary>
internal sealed unsafe class AdaGradState : OptimizerState
{
    private readonly AdaGrad adaGrad;

    public AdaGradState(AdaGrad adaGrad, LayerStack stack, UpdateLimits limits)
        : base(adaGrad, stack, limits, Rule.States)
    {
        this.adaGrad = adaGrad;
        Fill(0, adaGrad.InitialAccumulator);
    }

    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads) =>
        Apply(new Rule(learningRate, adaGrad.Epsilon), parameters, gradients, threads);

    private readonly struct Rule(float learningRate, float epsilon) : IUpdateRule
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second, ref TVec third)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            first = TSimd.MultiplyAdd(g, g, first);
            TVec root = TSimd.Add(TSimd.Sqrt(first), TSimd.Broadcast(epsilon));
            return TSimd.Subtract(theta, TSimd.Divide(TSimd.Multiply(TSimd.Broadcast(learningRate), g), root));
        }
    }
}
