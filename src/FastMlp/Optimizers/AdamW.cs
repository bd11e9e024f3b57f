using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Adam with decoupled decay (Loshchilov and Hutter, 2019): W &lt;- (1 - eta alpha) W, then the step of <see cref="Adam"/> from a
/// gradient that knows nothing of the decay, so that all weights shrink at one rate.
/// </summary>
public sealed record AdamW : Optimizer
{
    /// <param name="lr">eta, the learning rate.</param>
    /// <param name="beta1">b1, the decay of the first moment.</param>
    /// <param name="beta2">b2, the decay of the second moment.</param>
    /// <param name="epsilon">epsilon, added to the root.</param>
    /// <param name="weightDecay">alpha: each step takes eta alpha of every weight.</param>
    /// <param name="amsGrad">Whether the largest v so far stands in the root.</param>
    public AdamW(float lr = 1e-3f, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 1e-2f, bool amsGrad = false)
        : base(lr, weightDecay)
    {
        Beta1 = Fraction(beta1, nameof(beta1));
        Beta2 = Fraction(beta2, nameof(beta2));
        Epsilon = Positive(epsilon, nameof(epsilon));
        AmsGrad = amsGrad;
    }

    /// <summary>b1.</summary>
    public float Beta1 { get; }

    /// <summary>b2.</summary>
    public float Beta2 { get; }

    /// <summary>epsilon.</summary>
    public float Epsilon { get; }

    /// <summary>Whether the largest v so far stands in the root.</summary>
    public bool AmsGrad { get; }

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) => new AdamWState(this, stack, limits);
}
