using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>
/// Limited-memory BFGS (Nocedal, 1980) with a line search for the strong Wolfe conditions, for full batches: theta &lt;- theta - t H g,
/// H built from the last pairs of steps and changes of the gradient, t such that the loss falls enough and its slope flattens.
/// </summary>
/// <remarks>
/// A step evaluates loss and gradient once or more on the same batch, so it takes a trainer's <c>Step</c>, not <c>ApplyGradients</c>, and
/// <see cref="FitOptions.FullBatch"/>. Weight decay is part of the loss that the search follows: alpha / 2 sum of W^2.
/// </remarks>
public sealed record Lbfgs : Optimizer
{
    /// <param name="lr">The step t that each search tries first; 1 is Newton's.</param>
    /// <param name="history">Pairs that H is built from; each takes twice the memory of the parameters.</param>
    /// <param name="gradientTolerance">Where no component of the gradient is larger, the search is over.</param>
    /// <param name="maxEvaluations">The most trials of one line search.</param>
    /// <param name="weightDecay">alpha, the L2 coefficient on weights.</param>
    public Lbfgs(float lr = 1, int history = 10, float gradientTolerance = 1e-5f, int maxEvaluations = 25, float weightDecay = 0)
        : base(lr, weightDecay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(history, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvaluations, 1);
        History = history;
        GradientTolerance = NotNegative(gradientTolerance, nameof(gradientTolerance));
        MaxEvaluations = maxEvaluations;
    }

    /// <summary>Pairs that H is built from.</summary>
    public int History { get; }

    /// <summary>The largest component of the gradient at which the search is over.</summary>
    public float GradientTolerance { get; }

    /// <summary>The most trials of one line search.</summary>
    public int MaxEvaluations { get; }

    /// <summary>Null: its steps take part in the pass (<see cref="LbfgsState"/>).</summary>
    internal override OptimizerState? CreateState(LayerStack stack, UpdateLimits limits) => null;
}
