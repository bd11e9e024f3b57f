using FastMlp.Layers;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>
/// m &lt;- b1 m + (1 - b1) g; v &lt;- b2 v + (1 - b2) g^2;
/// theta &lt;- theta - eta (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).
/// </summary>
internal sealed unsafe class AdamState(Adam adam, LayerStack stack, UpdateLimits limits)
    : OptimizerState(adam, stack, limits, adam.AmsGrad ? AmsGradRule.States : AdamRule.States)
{
    protected override int Step(float* parameters, float* gradients, float learningRate, long step, int threads)
    {
        AdamConstants constants = new(adam.Beta1, adam.Beta2, adam.Epsilon, learningRate, step);
        return adam.AmsGrad
            ? Apply(new AmsGradRule(constants), parameters, gradients, threads)
            : Apply(new AdamRule(constants), parameters, gradients, threads);
    }
}
