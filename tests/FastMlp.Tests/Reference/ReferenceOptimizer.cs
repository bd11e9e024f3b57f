namespace FastMlp.Tests.Reference;

/// <summary>
/// An update rule with its state, one number after the other. L2 adds alpha W to the gradient of weights, not of biases or of the
/// activation's constants, unless asked.
/// </summary>
internal abstract class ReferenceOptimizer(double learningRate, double weightDecay)
{
    /// <summary>Every rule with every constant of its own somewhere other than its default.</summary>
    public static IReadOnlyDictionary<string, Optimizer> Cases { get; } = new Dictionary<string, Optimizer>
    {
        ["Sgd"] = new Sgd(0.1f),
        ["SgdDecay"] = new Sgd(0.1f, weightDecay: 0.02f),
        ["Momentum"] = new Sgd(0.05f, momentum: 0.9f),
        ["MomentumDecay"] = new Sgd(0.05f, momentum: 0.8f, weightDecay: 0.02f),
        ["Nesterov"] = new Sgd(0.05f, momentum: 0.9f, nesterov: true),
        ["NesterovDecay"] = new Sgd(0.05f, momentum: 0.8f, nesterov: true, weightDecay: 0.02f),
        ["Adam"] = new Adam(0.01f),
        ["AdamDecay"] = new Adam(0.01f, beta1: 0.8f, beta2: 0.99f, weightDecay: 0.02f),
        ["AdamLargeEpsilon"] = new Adam(0.01f, epsilon: 0.01f),
        ["AdamAmsGrad"] = new Adam(0.01f, beta2: 0.9f, weightDecay: 0.02f, amsGrad: true),
        ["AdamW"] = new AdamW(0.01f, weightDecay: 0.3f),
        ["AdamWAmsGradAll"] = new AdamW(0.01f, beta2: 0.9f, weightDecay: 0.3f, amsGrad: true) { DecayBiases = true },
        ["NAdam"] = new NAdam(0.01f),
        ["NAdamDecay"] = new NAdam(0.01f, beta1: 0.8f, beta2: 0.99f, epsilon: 1e-4f, weightDecay: 0.02f, momentumDecay: 0.5f),
        ["AdaGrad"] = new AdaGrad(0.01f),
        ["AdaGradDecay"] = new AdaGrad(0.05f, initialAccumulator: 0.1f, weightDecay: 0.02f),
        ["RmsProp"] = new RmsProp(0.001f),
        ["RmsPropDecay"] = new RmsProp(0.001f, rho: 0.9f, weightDecay: 0.02f) { DecayBiases = true },
        ["RmsPropMomentum"] = new RmsProp(0.001f, rho: 0.9f, momentum: 0.8f),
        ["RmsPropCentered"] = new RmsProp(0.001f, rho: 0.9f, epsilon: 1e-3f, centered: true),
        ["RmsPropCenteredMomentum"] = new RmsProp(0.001f, rho: 0.9f, epsilon: 1e-3f, momentum: 0.8f, centered: true),
        ["IRprop"] = new IRprop(0.001f),
        ["IRpropDecay"] = new IRprop(0.001f, shrink: 0.4f, growth: 1.1f, largestStep: 0.0012f, weightDecay: 0.02f),
    };

    /// <summary>The rule of a description.</summary>
    public static ReferenceOptimizer Of(Optimizer optimizer) => optimizer switch
    {
        Sgd o => new ReferenceSgd(o.LearningRate, o.Momentum, o.Nesterov, o.WeightDecay),
        Adam o => new ReferenceAdam(o.LearningRate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay, o.AmsGrad),
        AdamW o => new ReferenceAdam(o.LearningRate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay, o.AmsGrad, decoupled: true),
        NAdam o => new ReferenceNAdam(o.LearningRate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay, o.MomentumDecay),
        AdaGrad o => new ReferenceAdaGrad(o.LearningRate, o.Epsilon, o.InitialAccumulator, o.WeightDecay),
        RmsProp o => new ReferenceRmsProp(o.LearningRate, o.Rho, o.Epsilon, o.Momentum, o.Centered, o.WeightDecay),
        IRprop o => new ReferenceIRprop(o.LearningRate, o.Shrink, o.Growth, o.SmallestStep, o.LargestStep, o.WeightDecay),
        _ => throw new ArgumentException($"The oracle has no {optimizer}.", nameof(optimizer)),
    };

    private readonly Dictionary<double[], double[][]> states = new(ReferenceEqualityComparer.Instance);

    public double LearningRate { get; set; } = learningRate;

    /// <summary>Whether decay and L1 act on everything.</summary>
    public bool DecayBiases { get; set; }

    /// <summary>The greatest |component| of a gradient.</summary>
    public double ClipValue { get; set; } = double.PositiveInfinity;

    /// <summary>The greatest length of the whole gradient.</summary>
    public double ClipNorm { get; set; } = double.PositiveInfinity;

    /// <summary>lambda of lambda sum |w|.</summary>
    public double L1 { get; set; }

    /// <summary>The greatest length of the weights into a unit.</summary>
    public double MaxNorm { get; set; } = double.PositiveInfinity;

    /// <summary>alpha as the rule's own business, where it is decoupled.</summary>
    protected virtual bool IsDecoupled => false;

    /// <summary>State numbers before the first step.</summary>
    protected virtual double[] InitialState => [0, 0, 0];

    protected int StepCount { get; private set; }

    /// <summary>Updates every parameter of the network from the gradients that it holds.</summary>
    public void Step(ReferenceNetwork network)
    {
        StepCount++;
        double square = network.Layers.SelectMany(layer => layer.Parameters()).Sum(parameters => parameters.Gradient.Sum(g => g * g));
        double scale = Math.Min(1, ClipNorm / Math.Sqrt(square));
        foreach (ReferenceLayer layer in network.Layers)
        {
            foreach ((double[] values, double[] gradient) in layer.Parameters())
            {
                bool decays = DecayBiases || ReferenceEquals(values, layer.Weight);
                double alpha = decays ? weightDecay : 0;
                double lambda = decays ? L1 : 0;
                if (!states.TryGetValue(values, out double[][]? state))
                {
                    states[values] = state = [.. values.Select(_ => InitialState)];
                }

                for (int i = 0; i < values.Length; i++)
                {
                    double g = Math.Clamp(gradient[i] * scale, -ClipValue, ClipValue) + (lambda * Math.Sign(values[i]));
                    if (IsDecoupled)
                    {
                        values[i] -= LearningRate * alpha * values[i];
                    }
                    else
                    {
                        g += alpha * values[i];
                    }

                    values[i] -= Move(g, state[i]);
                }
            }

            LimitUnits(layer);
        }
    }

    /// <summary>What theta loses, for one number with gradient g.</summary>
    protected abstract double Move(double g, double[] state);

    private void LimitUnits(ReferenceLayer layer)
    {
        for (int unit = 0; unit < layer.OutputSize; unit++)
        {
            Span<double> weights = layer.Weight.AsSpan(unit * layer.InputSize, layer.InputSize);
            double square = 0;
            foreach (double w in weights)
            {
                square += w * w;
            }

            double factor = Math.Min(1, MaxNorm / Math.Sqrt(square));
            for (int i = 0; i < weights.Length && factor < 1; i++)
            {
                weights[i] *= factor;
            }
        }
    }
}

/// <summary>v &lt;- mu v + g; theta &lt;- theta - eta v, or theta - eta (g + mu v) with Nesterov's look-ahead.</summary>
internal sealed class ReferenceSgd(double learningRate, double momentum = 0, bool nesterov = false, double weightDecay = 0)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override double Move(double g, double[] state)
    {
        state[0] = (momentum * state[0]) + g;
        return LearningRate * (nesterov ? g + (momentum * state[0]) : state[0]);
    }
}

/// <summary>theta &lt;- theta - eta m^ / (sqrt(v^) + epsilon), with m^ and v^ corrected for their start at 0; v^ from the largest v with AMSGrad.</summary>
internal sealed class ReferenceAdam(
    double learningRate, double beta1, double beta2, double epsilon, double weightDecay = 0, bool amsGrad = false, bool decoupled = false)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override bool IsDecoupled => decoupled;

    protected override double Move(double g, double[] state)
    {
        state[0] = (beta1 * state[0]) + ((1 - beta1) * g);
        state[1] = (beta2 * state[1]) + ((1 - beta2) * g * g);
        state[2] = Math.Max(state[2], state[1]);
        double corrected = state[0] / (1 - Math.Pow(beta1, StepCount));
        double correctedSquare = (amsGrad ? state[2] : state[1]) / (1 - Math.Pow(beta2, StepCount));
        return LearningRate * corrected / (Math.Sqrt(correctedSquare) + epsilon);
    }
}

/// <summary>Adam with the momentum of the next step on m and the rest on g, both corrected by the product of all momenta (algorithm 2 of Dozat, 2016).</summary>
internal sealed class ReferenceNAdam(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, double momentumDecay)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override double Move(double g, double[] state)
    {
        state[0] = (beta1 * state[0]) + ((1 - beta1) * g);
        state[1] = (beta2 * state[1]) + ((1 - beta2) * g * g);
        double product = Enumerable.Range(1, StepCount).Aggregate(1.0, (all, t) => all * Momentum(t));
        double ofMoment = Momentum(StepCount + 1) * state[0] / (1 - (product * Momentum(StepCount + 1)));
        double ofGradient = (1 - Momentum(StepCount)) * g / (1 - product);
        return LearningRate * (ofMoment + ofGradient) / (Math.Sqrt(state[1] / (1 - Math.Pow(beta2, StepCount))) + epsilon);
    }

    private double Momentum(int step) => beta1 * (1 - (0.5 * Math.Pow(0.96, step * momentumDecay)));
}

/// <summary>theta &lt;- theta - eta g / (sqrt of the sum of all g^2 + epsilon).</summary>
internal sealed class ReferenceAdaGrad(double learningRate, double epsilon, double initial, double weightDecay)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override double[] InitialState => [initial];

    protected override double Move(double g, double[] state)
    {
        state[0] += g * g;
        return LearningRate * g / (Math.Sqrt(state[0]) + epsilon);
    }
}

/// <summary>theta &lt;- theta - eta times the running sum of g / (root mean square of g + epsilon), or of g / (standard deviation of g + epsilon).</summary>
internal sealed class ReferenceRmsProp(double learningRate, double rho, double epsilon, double momentum, bool centered, double weightDecay)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override double Move(double g, double[] state)
    {
        state[0] = (rho * state[0]) + ((1 - rho) * g * g);
        state[1] = (rho * state[1]) + ((1 - rho) * g);
        double variance = centered ? state[0] - (state[1] * state[1]) : state[0];
        state[2] = (momentum * state[2]) + (g / (Math.Sqrt(variance) + epsilon));
        return LearningRate * state[2];
    }
}

/// <summary>iRPROP- as in table 1 of Igel and Huesken (2003): the state is the gradient of the step before, and the step size.</summary>
internal sealed class ReferenceIRprop(double first, double shrink, double growth, double smallest, double largest, double weightDecay)
    : ReferenceOptimizer(first, weightDecay)
{
    protected override double[] InitialState => [0, LearningRate];

    protected override double Move(double g, double[] state)
    {
        if (state[0] * g > 0)
        {
            state[1] = Math.Min(state[1] * growth, largest);
        }
        else if (state[0] * g < 0)
        {
            state[1] = Math.Max(state[1] * shrink, smallest);
            g = 0;
        }

        state[0] = g;
        return Math.Sign(g) * state[1];
    }
}
