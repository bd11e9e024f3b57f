using FastMlp.Layers;
using FastMlp.Optimizers;
using FastMlp.Training;

namespace FastMlp;

/// <summary>An immutable description of an update rule; its state lives in the <see cref="Trainer"/>.</summary>
public abstract record Optimizer
{
    private protected Optimizer(float learningRate, float weightDecay = 0)
    {
        LearningRate = learningRate;
        WeightDecay = NotNegative(weightDecay, nameof(weightDecay));
    }

    /// <summary>eta, the step size: positive and finite.</summary>
    public float LearningRate
    {
        get;
        init => field = value > 0 && float.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A learning rate is a positive, finite number.");
    }

    /// <summary>alpha, the decay of weights: coupled (alpha W is added to their gradient) but for <see cref="AdamW"/>, which decouples it.</summary>
    public float WeightDecay { get; }

    /// <summary>Whether decay and L1 act on every parameter, biases and constants of activations too; by default on weights alone.</summary>
    public bool DecayBiases { get; init; }

    private protected static float Fraction(float value, string name) => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is at least 0 and below 1.");

    private protected static float NotNegative(float value, string name) => value >= 0 && float.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a finite number of at least 0.");

    private protected static float Positive(float value, string name) => value > 0 && float.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a finite number above 0.");

    /// <summary>What the rule keeps between steps; null of a rule that evaluates the batch itself.</summary>
    internal abstract OptimizerState? CreateState(LayerStack stack, UpdateLimits limits);
}
