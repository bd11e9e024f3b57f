using System.Runtime.CompilerServices;
using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Simd;

namespace FastMlp.Training.Optimizers;

/// <summary>
/// m &lt;- b1 m + (1 - b1) g; v &lt;- b2 v + (1 - b2) g^2;
/// theta &lt;- theta - eta (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).
/// </summary>
internal sealed unsafe class AdamState(Adam adam, LayerStack stack) : OptimizerState(stack, Rule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads)
    {
        // Both corrections as factors of the step, in double: 1 - b^t loses digits in float for b near 1.
        double firstCorrection = 1 - Math.Pow(adam.Beta1, step);
        double secondCorrection = 1 - Math.Pow(adam.Beta2, step);
        Rule rule = new(
            adam.Beta1,
            adam.Beta2,
            (float)(learningRate / firstCorrection),
            (float)(1 / Math.Sqrt(secondCorrection)),
            adam.Epsilon);
        return Apply(rule, adam.WeightDecay, parameters, gradients, threads);
    }

    private readonly struct Rule(float beta1, float beta2, float rate, float rootFactor, float epsilon) : IUpdateRule
    {
        public static int States => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Apply<TSimd, TVec>(TVec theta, TVec g, ref TVec first, ref TVec second)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            first = TSimd.MultiplyAdd(TSimd.Broadcast(beta1), first, TSimd.Multiply(TSimd.Broadcast(1 - beta1), g));
            second = TSimd.MultiplyAdd(TSimd.Broadcast(beta2), second, TSimd.Multiply(TSimd.Multiply(TSimd.Broadcast(1 - beta2), g), g));
            TVec root = TSimd.MultiplyAdd(TSimd.Sqrt(second), TSimd.Broadcast(rootFactor), TSimd.Broadcast(epsilon));
            return TSimd.Subtract(theta, TSimd.Divide(TSimd.Multiply(TSimd.Broadcast(rate), first), root));
        }
    }
}
