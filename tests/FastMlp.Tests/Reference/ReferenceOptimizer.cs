namespace FastMlp.Tests.Reference;

/// <summary>An update rule with its state. L2 adds alpha W to the gradient of weights, not of biases or of the activation's constants.</summary>
internal abstract class ReferenceOptimizer(double learningRate, double weightDecay)
{
    private readonly Dictionary<double[], double[]> state = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<double[], double[]> secondState = new(ReferenceEqualityComparer.Instance);

    public double LearningRate { get; set; } = learningRate;

    protected int StepCount { get; private set; }

    /// <summary>Updates every parameter of the network from the gradients that it holds.</summary>
    public void Step(ReferenceNetwork network)
    {
        StepCount++;
        foreach (ReferenceLayer layer in network.Layers)
        {
            foreach ((double[] values, double[] gradient) in layer.Parameters())
            {
                double decay = ReferenceEquals(values, layer.Weight) ? weightDecay : 0;
                double[] first = StateOf(state, values);
                double[] second = StateOf(secondState, values);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] -= LearningRate * Direction(gradient[i] + (decay * values[i]), ref first[i], ref second[i]);
                }
            }
        }
    }

    /// <summary>What the learning rate multiplies, for one number with gradient g.</summary>
    protected abstract double Direction(double g, ref double first, ref double second);

    private static double[] StateOf(Dictionary<double[], double[]> states, double[] values)
    {
        if (!states.TryGetValue(values, out double[]? found))
        {
            states[values] = found = new double[values.Length];
        }

        return found;
    }
}

/// <summary>v &lt;- mu v + g; theta &lt;- theta - eta v, or theta - eta (g + mu v) with Nesterov's look-ahead.</summary>
internal sealed class ReferenceSgd(double learningRate, double momentum = 0, bool nesterov = false, double weightDecay = 0)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override double Direction(double g, ref double first, ref double second)
    {
        first = (momentum * first) + g;
        return nesterov ? g + (momentum * first) : first;
    }
}

/// <summary>theta &lt;- theta - eta m^ / (sqrt(v^) + epsilon), with m^ and v^ corrected for their start at 0.</summary>
internal sealed class ReferenceAdam(double learningRate, double beta1, double beta2, double epsilon, double weightDecay = 0)
    : ReferenceOptimizer(learningRate, weightDecay)
{
    protected override double Direction(double g, ref double first, ref double second)
    {
        first = (beta1 * first) + ((1 - beta1) * g);
        second = (beta2 * second) + ((1 - beta2) * g * g);
        double corrected = first / (1 - Math.Pow(beta1, StepCount));
        double correctedSquare = second / (1 - Math.Pow(beta2, StepCount));
        return corrected / (Math.Sqrt(correctedSquare) + epsilon);
    }
}
