using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// RMSProp (Tieleman and Hinton, 2012): v &lt;- rho v + (1 - rho) g^2, u = g / (sqrt(v) + epsilon), theta &lt;- theta - eta u. Centred
/// (Graves, 2013): m &lt;- rho m + (1 - rho) g, and v - m^2, the variance, stands in the root. With momentum mu: b &lt;- mu b + u,
/// theta &lt;- theta - eta b. Weight decay adds alpha W to the gradient of the weights.
/// </summary>
public sealed record RmsProp : Optimizer
{
    /// <param name="lr">eta, the learning rate.</param>
    /// <param name="rho">rho, the decay of the averages (PyTorch calls it alpha).</param>
    /// <param name="epsilon">epsilon, added to the root.</param>
    /// <param name="momentum">mu, from 0 to below 1.</param>
    /// <param name="centered">Whether the variance stands in the root.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights.</param>
    public RmsProp(float lr = 1e-2f, float rho = 0.99f, float epsilon = 1e-8f, float momentum = 0, bool centered = false, float weightDecay = 0)
        : base(lr, weightDecay)
    {
        Rho = Fraction(rho, nameof(rho));
        Epsilon = Positive(epsilon, nameof(epsilon));
        Momentum = Fraction(momentum, nameof(momentum));
        Centered = centered;
    }

    /// <summary>rho.</summary>
    public float Rho { get; }

    /// <summary>epsilon.</summary>
    public float Epsilon { get; }

    /// <summary>mu.</summary>
    public float Momentum { get; }

    /// <summary>Whether the variance stands in the root.</summary>
    public bool Centered { get; }

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) => new RmsPropState(this, stack, limits);
}
