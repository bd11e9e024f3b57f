using FastMlp.Layers;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>theta &lt;- (1 - eta alpha) theta, then the step of <see cref="AdamState"/>.</summary>
internal sealed unsafe class AdamWState(AdamW adam, LayerStack stack, UpdateLimits limits)
    : OptimizerState(adam, stack, limits, adam.AmsGrad ? AmsGradRule.States : AdamRule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads)
    {
        AdamConstants constants = new(adam.Beta1, adam.Beta2, adam.Epsilon, learningRate, step);
        return adam.AmsGrad
            ? ApplyDecoupled(new AmsGradRule(constants), parameters, gradients, learningRate, threads)
            : ApplyDecoupled(new AdamRule(constants), parameters, gradients, learningRate, threads);
    }
}
