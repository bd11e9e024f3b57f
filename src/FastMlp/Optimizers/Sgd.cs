using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Gradient descent: theta &lt;- theta - eta g. With momentum mu: v &lt;- mu v + g, theta &lt;- theta - eta v, or with
/// Nesterov's look-ahead theta &lt;- theta - eta (g + mu v). Weight decay adds alpha W to the gradient of the weights, not of the biases.
/// </summary>
public sealed record Sgd : Optimizer
{
    /// <param name="lr">eta, the learning rate.</param>
    /// <param name="momentum">mu, from 0 to below 1.</param>
    /// <param name="nesterov">Whether momentum looks ahead; needs a momentum above 0.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights.</param>
    public Sgd(float lr, float momentum = 0, bool nesterov = false, float weightDecay = 0)
        : base(lr, weightDecay)
    {
        if (nesterov && momentum == 0)
        {
            throw new ArgumentException("Nesterov's form needs a momentum above 0.", nameof(nesterov));
        }

        Momentum = Fraction(momentum, nameof(momentum));
        Nesterov = nesterov;
    }

    /// <summary>mu.</summary>
    public float Momentum { get; }

    /// <summary>Whether momentum looks ahead.</summary>
    public bool Nesterov { get; }

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) =>
        Momentum == 0 ? new SgdState(this, stack, limits)
        : Nesterov ? new NesterovState(this, stack, limits)
        : new MomentumState(this, stack, limits);
}
