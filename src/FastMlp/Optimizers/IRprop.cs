using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// iRPROP- (Igel and Huesken, 2003), for full batches: every parameter has a step size d of its own, which only the signs of its
/// gradient move. d &lt;- min(d growth, largest) where the sign stays, d &lt;- max(d shrink, smallest) and g &lt;- 0 where it turns;
/// theta &lt;- theta - sign(g) d.
/// </summary>
/// <remarks>
/// The learning rate is the first d, and after the first step it plays no part; neither do schedules. On mini-batches the noise
/// turns signs and the steps die out.
/// </remarks>
public sealed record IRprop : Optimizer
{
    /// <param name="lr">The first step size of every parameter.</param>
    /// <param name="shrink">The factor of d where the sign turned, above 0 and below 1.</param>
    /// <param name="growth">The factor of d where the sign stayed, above 1.</param>
    /// <param name="smallestStep">The least d.</param>
    /// <param name="largestStep">The greatest d.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights.</param>
    public IRprop(float lr = 1e-2f, float shrink = 0.5f, float growth = 1.2f, float smallestStep = 1e-6f, float largestStep = 50, float weightDecay = 0)
        : base(lr, weightDecay)
    {
        Shrink = Positive(Fraction(shrink, nameof(shrink)), nameof(shrink));
        Growth = growth > 1 && float.IsFinite(growth)
            ? growth
            : throw new ArgumentOutOfRangeException(nameof(growth), growth, "growth is a finite number above 1.");
        SmallestStep = Positive(smallestStep, nameof(smallestStep));
        LargestStep = largestStep >= smallestStep && float.IsFinite(largestStep)
            ? largestStep
            : throw new ArgumentOutOfRangeException(nameof(largestStep), largestStep, $"largestStep is a finite number of at least the smallest step, {smallestStep}.");
    }

    /// <summary>The factor of d where the sign turned.</summary>
    public float Shrink { get; }

    /// <summary>The factor of d where the sign stayed.</summary>
    public float Growth { get; }

    /// <summary>The least d.</summary>
    public float SmallestStep { get; }

    /// <summary>The greatest d.</summary>
    public float LargestStep { get; }

    internal override OptimizerState CreateState(LayerStack stack, UpdateLimits limits) => new IRpropState(this, stack, limits);
}
