using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// AdaGrad (Duchi, Hazan and Singer, 2011): v &lt;- v + g^2, theta &lt;- theta - eta g / (sqrt(v) + epsilon). Weight decay adds
/// alpha W to the gradient of the weights.
/// </summary>
public sealed record AdaGrad : Optimizer
{
    /// <param name="lr">eta, the learning rate.</param>
    /// <param name="epsilon">epsilon, added to the root.</param>
    /// <param name="initialAccumulator">v before the first step.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights.</param>
    public AdaGrad(float lr = 1e-2f, float epsilon = 1e-10f, float initialAccumulator = 0, float weightDecay = 0)
        : base(lr, weightDecay)
    {
        Epsilon = Positive(epsilon, nameof(epsilon));
        InitialAccumulator = NotNegative(initialAccumulator, nameof(initialAccumulator));
    }

    /// <summary>epsilon.</summary>
    public float Epsilon { get; }

    /// <summary>v before the first step.</summary>
    public float InitialAccumulator { get; }

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) => new AdaGradState(this, stack, limits);
}
