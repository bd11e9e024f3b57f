using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>What an update rule keeps between steps: its state vectors, laid out like the parameters, and its step count.</summary>
internal abstract unsafe class OptimizerState : IDisposable
{
    private readonly Optimizer optimizer;
    private readonly UpdateLimits limits;
    private readonly ParameterSpace space;
    private readonly AlignedBuffer states;

    protected OptimizerState(Optimizer optimizer, LayerStack stack, UpdateLimits limits, int states)
    {
        this.optimizer = optimizer;
        this.limits = limits;
        Stack = stack;
        space = new ParameterSpace(stack);
        this.states = new AlignedBuffer(states * stack.ParameterLength);
    }

    /// <summary>Updates done so far.</summary>
    public long StepCount { get; protected set; }

    /// <summary>All that a step leaves behind for the next one beside <see cref="StepCount"/>: the state vectors, one behind the other.</summary>
    public Span<float> States => states.Span;

    /// <summary>Goes on after so many updates; <see cref="States"/> are for the caller to set.</summary>
    public void GoOnAfter(long steps) => StepCount = steps;

    protected LayerStack Stack { get; }

    /// <summary>Whether biases and constants are treated like weights: then a layer is one range.</summary>
    private bool IsUniform => optimizer.DecayBiases || (optimizer.WeightDecay == 0 && limits.L1 == 0);

    /// <summary>
    /// One step over all parameters; -1, or the first layer with a new value that is not finite (such parameters keep their old value).
    /// </summary>
    public int Step(float* parameters, float* gradients, float learningRate, int threads)
    {
        StepCount++;
        return Step(parameters, gradients, learningRate, StepCount, threads);
    }

    public void Dispose() => states.Dispose();

    protected abstract int Step(float* parameters, float* gradients, float learningRate, long step, int threads);

    /// <summary>The first value of a state where that is not 0.</summary>
    protected void Fill(int state, float value) =>
        new Span<float>(states.Pointer + (state * Stack.ParameterLength), checked((int)Stack.ParameterLength)).Fill(value);

    /// <summary>The rule over all parameters, with coupled decay where there is some.</summary>
    protected int Apply<TRule>(TRule rule, float* parameters, float* gradients, int threads)
        where TRule : unmanaged, IUpdateRule =>
        ApplyEach(rule, rule, IsUniform, optimizer.WeightDecay, parameters, gradients, threads);

    /// <summary>The rule over all parameters, around it decoupled decay.</summary>
    protected int ApplyDecoupled<TRule>(TRule rule, float* parameters, float* gradients, float learningRate, int threads)
        where TRule : unmanaged, IUpdateRule
    {
        // In double: 1 - eta alpha loses digits in float where the product is small.
        float keep = (float)(1 - ((double)learningRate * optimizer.WeightDecay));
        Decoupled<TRule> weights = new(rule, keep);
        Decoupled<TRule> others = optimizer.DecayBiases ? weights : new(rule, keep: 1);
        return ApplyEach(weights, others, IsUniform, coupledDecay: 0, parameters, gradients, threads);
    }

    /// <summary>The rule over biases and activation constants alone.</summary>
    protected int ApplyBeside<TRule>(TRule rule, float* parameters, float* gradients)
        where TRule : unmanaged, IUpdateRule
    {
        Decayed shape = new(optimizer.DecayBiases ? optimizer.WeightDecay : 0);
        int failed = -1;
        for (int i = Stack.Trained.Length - 1; i >= 0; i--)
        {
            Layer layer = Stack.Trained[i];
            failed = Update.Apply(shape, rule, Range(parameters, gradients, layer.BiasOffset, layer.End), threads: 1) ? failed : layer.Number;
        }

        return failed;
    }

    /// <summary>Layer by layer from the last: one rule and penalty for weights, another for the rest, unless they are the same.</summary>
    private int ApplyEach<TRule>(TRule weights, TRule others, bool isUniform, float coupledDecay, float* parameters, float* gradients, int threads)
        where TRule : unmanaged, IUpdateRule
    {
        float scale = limits.ClipNorm > 0 ? ClipFactor(gradients) : 1;
        float otherDecay = optimizer.DecayBiases ? coupledDecay : 0;
        float otherL1 = optimizer.DecayBiases ? limits.L1 : 0;
        int failed = -1;
        for (int i = Stack.Trained.Length - 1; i >= 0; i--)
        {
            Layer layer = Stack.Trained[i];
            nint end = isUniform ? layer.End : layer.BiasOffset;
            bool finite = ApplyTo(weights, Range(parameters, gradients, layer.WeightOffset, end), scale, limits.L1, coupledDecay, threads);
            if (!isUniform)
            {
                finite &= ApplyTo(others, Range(parameters, gradients, layer.BiasOffset, layer.End), scale, otherL1, otherDecay, threads);
            }

            failed = finite ? failed : layer.Number;
        }

        return failed;
    }

    private bool ApplyTo<TRule>(TRule rule, UpdateRange range, float scale, float l1, float decay, int threads)
        where TRule : unmanaged, IUpdateRule => limits.ShapeGradients
        ? Update.Apply(new Shaped(scale, limits.ClipValue > 0 ? limits.ClipValue : float.PositiveInfinity, l1, decay), rule, range, threads)
        : Update.Apply(new Decayed(decay), rule, range, threads);

    /// <summary>limit / |g| where the whole gradient g is longer than the limit, else 1.</summary>
    private float ClipFactor(float* gradients)
    {
        double norm = Math.Sqrt(space.Dot(gradients, gradients));

        // A length that overflowed must not pass for a step of 0: NaN makes the update fail, and that is reported.
        return double.IsPositiveInfinity(norm) ? float.NaN : norm > limits.ClipNorm ? (float)(limits.ClipNorm / norm) : 1;
    }

    protected UpdateRange Range(float* parameters, float* gradients, nint begin, nint end) =>
        new(parameters + begin, gradients + begin, states.Pointer + begin, Stack.ParameterLength, end - begin);
}
