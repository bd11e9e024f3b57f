using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Adam (Kingma and Ba, 2015): m &lt;- b1 m + (1 - b1) g, v &lt;- b2 v + (1 - b2) g^2,
/// theta &lt;- theta - eta (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon). Weight decay adds alpha W to the gradient of the weights.
/// </summary>
public sealed record Adam : Optimizer
{
    /// <param name="lr">eta, the learning rate.</param>
    /// <param name="beta1">b1, the decay of the first moment.</param>
    /// <param name="beta2">b2, the decay of the second moment.</param>
    /// <param name="epsilon">epsilon, added to the root.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights (coupled, as in the paper's L2 form).</param>
    /// <param name="amsGrad">Whether the largest v so far stands in the root (Reddi, Kale and Kumar, 2018), so that steps never grow on their own.</param>
    public Adam(float lr = 1e-3f, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0, bool amsGrad = false)
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

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) => new AdamState(this, stack, limits);
}
