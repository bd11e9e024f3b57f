using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp.Training.Optimizers;

/// <summary>What an update rule keeps between steps: its state vectors, laid out like the parameters, and its step count.</summary>
internal abstract unsafe class OptimizerState : IDisposable
{
    private readonly LayerStack stack;

    protected OptimizerState(LayerStack stack, int states)
    {
        this.stack = stack;
        First = new AlignedBuffer(states > 0 ? stack.ParameterLength : 0);
        Second = new AlignedBuffer(states > 1 ? stack.ParameterLength : 0);
    }

    /// <summary>Updates done so far.</summary>
    public long StepCount { get; private set; }

    protected AlignedBuffer First { get; }

    protected AlignedBuffer Second { get; }

    public static OptimizerState Create(Optimizer optimizer, LayerStack stack) => optimizer switch
    {
        Sgd { Momentum: 0 } sgd => new SgdState(sgd, stack),
        Sgd { Nesterov: true } sgd => new NesterovState(sgd, stack),
        Sgd sgd => new MomentumState(sgd, stack),
        Adam adam => new AdamState(adam, stack),
        _ => throw new ArgumentException($"There is no update rule for {optimizer.GetType().Name}.", nameof(optimizer)),
    };

    /// <summary>One step over all parameters; false if a new value was not finite (such parameters keep their old value).</summary>
    public bool Step(float* parameters, float* gradients, float learningRate, int threads)
    {
        StepCount++;
        return Step(parameters, gradients, learningRate, StepCount, threads);
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }

    protected abstract bool Step(float* parameters, float* gradients, float learningRate, long step, int threads);

    /// <summary>The rule over all parameters: weights with decay, biases and activation constants without.</summary>
    protected bool Apply<TRule>(TRule rule, float weightDecay, float* parameters, float* gradients, int threads)
        where TRule : unmanaged, IUpdateRule
    {
        if (weightDecay == 0)
        {
            return Range(rule, 0, parameters, gradients, 0, stack.ParameterLength, threads);
        }

        bool finite = true;
        foreach (DenseLayer layer in stack.Layers)
        {
            finite &= Range(rule, weightDecay, parameters, gradients, layer.WeightOffset, layer.BiasOffset, threads);
            finite &= Range(rule, 0, parameters, gradients, layer.BiasOffset, layer.End, threads);
        }

        return finite;
    }

    private bool Range<TRule>(TRule rule, float decay, float* parameters, float* gradients, nint begin, nint end, int threads)
        where TRule : unmanaged, IUpdateRule =>
        Update.Run(rule, decay, parameters + begin, gradients + begin, First.Pointer + begin, Second.Pointer + begin, end - begin, threads);
}
